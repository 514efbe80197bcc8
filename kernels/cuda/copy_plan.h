/* A copy between two tensors, planned before memory is: which kernel, and its walk. Every operator that moves data uses it. */
#ifndef KERNELS_CUDA_COPY_PLAN_H
#define KERNELS_CUDA_COPY_PLAN_H

#include "kernels/cuda/copy_kernel.h"

struct copy_plan {
    bool turns;              /* by tiles */
    struct copy_walk whole;  /* element by element */
    struct copy_walk rows;   /* width > 1: by vectors, where pointers are aligned */
    struct copy_tiles tiles; /* turns */
};

/* float32, bfloat16 or float16 on both sides, of one shape; strides of `from` may be 0. Data pointers are not looked at. */
void copy_plan_init(struct copy_plan *plan, const struct tensor *from, const struct tensor *to);

cudaError_t copy_plan_launch(const struct copy_plan *plan, const struct launch_on *on, const void *from, void *to);

#endif
