/*
 * Who knows that whose work is done: a vector clock for the host and for each stream. Work of two streams that touches the same
 * memory, one of them writing, must be ordered by events or by a host that waited; work that isn't is told as a race, whichever
 * of the two runs first here. What is looked at are whole allocations, since a kernel's reach is not known.
 */
#ifndef SIMGPU_ORDER_H
#define SIMGPU_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/simgpu/driver/driver.h"

#define ORDER_ACTORS 64 /* the host, the default stream, and streams as they are made; later ones are not looked at */
#define ORDER_HOST 0
#define ORDER_DEFAULT 1

/* How much of each actor's work is known to be done. */
struct order {
    uint32_t done[ORDER_ACTORS];
};

/* What was last done with an allocation: the actors' counts at that time, by kind of access, and by what. */
struct history {
    uint32_t at[SIMGPU_ACCESS_KINDS][ORDER_ACTORS];
    const char *name[SIMGPU_ACCESS_KINDS];
};

/* The number of the stream that is made next; ORDER_ACTORS or more: not looked at. */
int order_new_actor(void);

/* `to` knows what `from` knows. */
void order_learn(struct order *to, const struct order *from);

/* The host has waited for what `from` knows; the other way round, what is called for now comes behind what the host knows. */
void order_host_learns(const struct order *from);
void order_learn_host(struct order *to);

/* Work of stream number `stream` is put behind what its actor knows: told (and the device lost) where it races. */
void order_work(struct order *of, int actor, unsigned stream, const struct simgpu_work *work);

/* May the host read and write pinned memory with this history: nothing that it doesn't know to be done writes (reads) it. */
bool order_host_may_read(const struct history *history);
bool order_host_may_write(const struct history *history);

#endif
