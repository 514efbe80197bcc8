/* A copy between two tensors, planned before memory is: which kernel, and its walk. Every operator that moves data uses it. */
#ifndef KERNELS_CUDA_COPY_PLAN_H
#define KERNELS_CUDA_COPY_PLAN_H

#include "kernels/cuda/copy_kernel.h"

enum copy_way {
    COPY_WALKS,  /* whole and rows */
    COPY_TURNS,  /* tiles */
    COPY_GATHERS /* pixels */
};

struct copy_plan {
    enum copy_way way;
    struct copy_walk whole;  /* element by element */
    struct copy_walk rows;   /* width > 1: by vectors, where pointers are aligned */
    struct copy_tiles tiles;
    struct copy_pixels pixels;
};

/*
 * float32, bfloat16 or float16 on both sides; strides of `from` may be 0. Data pointers are not looked at. One shape, but 4-D tensors
 * may differ in channels: `to` gets the first ones of `from`. Where it has more than `from`, they become 0, and `to` must be dense with
 * its channels side by side (channels_last).
 */
void copy_plan_init(struct copy_plan *plan, const struct tensor *from, const struct tensor *to);

cudaError_t copy_plan_launch(const struct copy_plan *plan, const struct launch_on *on, const void *from, void *to);

#endif
