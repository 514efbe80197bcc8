/* Layer normalisation of the rows of contiguous tensors: arguments of its kernels. */
#ifndef KERNELS_CUDA_LAYER_NORM_KERNEL_H
#define KERNELS_CUDA_LAYER_NORM_KERNEL_H

#include <stdint.h>

#include "kernels/cuda/grid.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LAYER_NORM_BLOCK 256

/* A row is `lanes` threads' (32 or LAYER_NORM_BLOCK), `width` elements at a time. */
struct layer_norm_args {
    const void *input, *grad_output;
    void *result;
    const float *weight, *bias;
    float *mean, *rstd;             /* by row */
    float *grad_weight, *grad_bias; /* backward */
    float *part;                    /* backward: [splits][2][length] */
    int dtype, width, lanes;
    int64_t rows, length;
    int64_t splits, chunk; /* of the rows, for the sums over them */
    float eps;
};

cudaError_t cuda_launch_layer_norm(const struct launch_on *on, const struct layer_norm_args *args);
cudaError_t cuda_launch_layer_norm_backward(const struct launch_on *on, const struct layer_norm_args *args);
/* grad_weight, grad_bias: two kernels. */
cudaError_t cuda_launch_layer_norm_affine(const struct launch_on *on, const struct layer_norm_args *args);

#ifdef __cplusplus
}
#endif

#endif
