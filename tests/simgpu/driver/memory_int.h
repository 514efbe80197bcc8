/* What the signal handler and the order of work ask memory.c. */
#ifndef SIMGPU_MEMORY_INT_H
#define SIMGPU_MEMORY_INT_H

#include <stdbool.h>
#include <stddef.h>

/* What touching an address that may not be touched means. */
void simgpu_memory_explain(const void *at, char *text, size_t text_bytes);

/* Opens the allocation that holds `at` to the work that touches it. False: there is none, it is open, or no work is running. */
bool simgpu_memory_admit(const void *at);

/* Where the allocation that holds `at` begins; NULL when none does. */
const void *simgpu_memory_base(const void *at);

/* What was done with the allocation that holds `at`, and its size; NULL when it is no allocation. */
struct history *simgpu_memory_history(const void *at, size_t *bytes);

/* Pinned memory that a copy which the host has not waited for reads (writes) may not be written (touched) by the host. */
void simgpu_memory_guard_pinned(void);

#endif
