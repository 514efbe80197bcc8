/*
 * Runs the blocks of a grid, one after the other, on the calling host thread. A block's threads run in turn until each ends or
 * waits; a kernel without barriers never leaves its one stack.
 */
#ifndef SIMGPU_SIMT_RUN_H
#define SIMGPU_SIMT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/simgpu/simt_abi.h"

struct simt_launch {
    const struct simt_kernel *kernel;
    struct simt_index grid, block;
    void *const *arguments; /* one pointer for each of the kernel's parameters */
    uint64_t seed;          /* 0: blocks and threads in their order; else in an order made from it */
};

enum simt_end {
    SIMT_DONE,
    SIMT_DIVERGED, /* a barrier or a warp's instruction that not all arrive at */
    SIMT_TRAPPED,
    SIMT_FAULT,    /* stopped from outside (simt_stop) */
    SIMT_NO_MEMORY
};

/* What went wrong, in words: which kernel, block and thread. "" when nothing did. */
enum simt_end simt_run(const struct simt_launch *launch, char *reason, size_t reason_bytes);

/* True while simt_run runs. */
bool simt_running(void);

/* From a signal handler while simt_run runs: ends the kernel, does not return. */
void simt_stop(const char *reason) __attribute__((noreturn));

/* "stack overflow" when the address is in the guard page of the running thread's stack, else NULL. */
const char *simt_explain_address(const void *address);

/* The kernel of that mangled name, NULL when none was registered. */
const struct simt_kernel *simt_find(const char *name);

#endif
