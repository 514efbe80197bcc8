/*
 * What kernels that were compiled for the host (simt.h) and the simulated driver (driver/) ask of each other. C and C++.
 */
#ifndef SIMGPU_SIMT_ABI_H
#define SIMGPU_SIMT_ABI_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIMT_WARP 32

struct simt_index {
    unsigned x, y, z;
};

/* Where the thread that runs now stands. The scheduler sets it before it resumes a thread. */
struct simt_place {
    struct simt_index thread, block, block_size, grid;
    unsigned lane, warp; /* of the thread in its warp; of the warp in its block */
};
extern struct simt_place simt_now;

/* A kernel: its mangled name, the host's function, how to call it with arguments as cudaLaunchKernel gets them. */
struct simt_kernel {
    const char *name;
    void (*function)(void);
    void (*call)(void (*function)(void), void *const *args);
    int parameters;
    const size_t *parameter_bytes;
};
/* From static constructors of the kernels' library; the kernel is borrowed for life. */
void simt_register(const struct simt_kernel *kernel);

/* __syncthreads(); returns the sum of `value` over the block's threads. */
int simt_barrier(int value);

enum simt_collective_kind { SIMT_SYNC, SIMT_SHUFFLE, SIMT_SHUFFLE_UP, SIMT_SHUFFLE_DOWN, SIMT_SHUFFLE_XOR, SIMT_BALLOT };
struct simt_collective {
    enum simt_collective_kind kind;
    unsigned mask;      /* lanes that take part; the caller is one of them */
    int operand, width; /* shuffles: lane, delta or lane mask; lanes of a sub-warp */
    const void *value;
    void *result;       /* bytes of both; ballot: int -> unsigned */
    size_t bytes;
};
/* One instruction of a warp, done when all lanes of the mask are there. */
void simt_warp(struct simt_collective *call);

/* Lanes of the warp that have not left the kernel. */
unsigned simt_active_lanes(void);

/* Ends the kernel with an error, as __trap() and a failed assert do. */
void simt_trap(const char *reason) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
