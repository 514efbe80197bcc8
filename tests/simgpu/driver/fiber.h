/* Stacks that take turns on one host thread: a device's thread is one while it waits at a barrier. */
#ifndef SIMGPU_FIBER_H
#define SIMGPU_FIBER_H

#include <stdbool.h>

struct fiber;

/* A stack that runs entry(argument) when it is entered first; entry must leave by fiber_switch and never return. NULL: no memory. */
struct fiber *fiber_create(void (*entry)(void *argument), void *argument);
void fiber_destroy(struct fiber *fiber);

/* Makes a used fiber fresh: the next switch to it starts entry(argument) again. */
void fiber_reset(struct fiber *fiber);

/* Leaves `from` (NULL: the caller's own stack, of which there is one) and goes on with `to` (NULL: that stack). */
void fiber_switch(struct fiber *from, struct fiber *to);

/* True when the address lies in the guard page below the fiber's stack. */
bool fiber_overflowed(const struct fiber *fiber, const void *address);

#endif
