/* softmax, log_softmax, the negative log likelihood, and their gradients: arguments of their kernels. */
#ifndef KERNELS_CUDA_SOFTMAX_KERNEL_H
#define KERNELS_CUDA_SOFTMAX_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/cuda/grid.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Rows of `length` elements, `step` apart; row number r begins at r / inner * outer_step + r % inner * inner_step. The same for
 * all tensors of the call. A row is a warp's, or a thread's where rows lie side by side (step > 1).
 */
struct softmax_args {
    const void *input, *other; /* backward: grad_output, output; forward: input, NULL */
    void *result;
    int input_dtype, other_dtype, result_dtype;
    int64_t rows, length, inner, outer_step, inner_step, step;
    bool logarithm;
};

/* log_probabilities (batch, classes), contiguous. Class m's share in the loss of a sample: smoothing / classes, the target's 1 - smoothing more. */
struct nll_args {
    const void *log_probabilities;
    const int64_t *target;
    const float *grad_output; /* backward: scalar */
    void *result;             /* the loss, float32; or the gradient */
    int log_dtype, result_dtype;
    int64_t batch, classes;
    float smoothing;
};

cudaError_t cuda_launch_softmax(const struct launch_on *on, const struct softmax_args *args);
cudaError_t cuda_launch_softmax_backward(const struct launch_on *on, const struct softmax_args *args);
cudaError_t cuda_launch_nll(const struct launch_on *on, const struct nll_args *args);
cudaError_t cuda_launch_nll_backward(const struct launch_on *on, const struct nll_args *args);

#ifdef __cplusplus
}
#endif

#endif
