/* Flat float32 tensors in place: optimizers, the gradient scaler, gradient clipping, moving averages. Nothing is read by the host. */
#ifndef KERNELS_CUDA_OPTIMIZER_KERNEL_H
#define KERNELS_CUDA_OPTIMIZER_KERNEL_H

#include "kernels/cuda/grid.h"
#include "kernels/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Inputs and outputs of equal length; outputs may be the inputs' memory. `found_inf` (NULL = 0): nonzero hands the old values
 * on. vectors: all pointers are aligned to 16 bytes.
 */
struct sgd_args {
    const float *parameter, *gradient, *buffer; /* buffer NULL: no momentum */
    float *parameter_out, *buffer_out;
    const float *learning_rate, *first_step, *found_inf;
    int64_t count;
    bool vectors, momentum_used; /* a buffer without momentum is handed on */
    float momentum, dampening, weight_decay;
    bool nesterov;
};
struct adamw_args {
    const float *parameter, *gradient, *average, *square;
    float *parameter_out, *average_out, *square_out, *step_out;
    const float *learning_rate, *step, *found_inf;
    int64_t count;
    bool vectors;
    double beta1, beta2;
    float eps, weight_decay;
};
/* found_inf becomes 1 when an element is not finite; it must be 0 before. */
struct unscale_args {
    const float *gradient, *scale;
    float *gradient_out, *found_inf;
    int64_t count;
    bool vectors;
};
struct update_scale_args {
    const float *scale, *tracker, *found_inf;
    float *scale_out, *tracker_out;
    double growth_factor, backoff_factor;
    float growth_interval;
};
/* norm: the square root of the sum of squares, by way of a partial sum of each of NORM2_BLOCKS blocks. */
#define NORM2_BLOCKS 256
struct norm2_args {
    const float *values;
    double *part;
    float *result;
    int64_t count;
    bool vectors;
};
/* value *= min(1, max_norm / (norm + 1e-6)) */
struct clip_args {
    const float *values, *norm;
    float *values_out;
    double max_norm;
    int64_t count;
    bool vectors;
};
struct lerp_args {
    const float *average, *value;
    float *average_out;
    float weight;
    int64_t count;
    bool vectors;
};

cudaError_t cuda_launch_sgd(const struct launch_on *on, const struct sgd_args *args);
cudaError_t cuda_launch_adamw(const struct launch_on *on, const struct adamw_args *args);
cudaError_t cuda_launch_unscale(const struct launch_on *on, const struct unscale_args *args);
cudaError_t cuda_launch_update_scale(const struct launch_on *on, const struct update_scale_args *args);
cudaError_t cuda_launch_norm2(const struct launch_on *on, const struct norm2_args *args);
cudaError_t cuda_launch_clip(const struct launch_on *on, const struct clip_args *args);
cudaError_t cuda_launch_lerp(const struct launch_on *on, const struct lerp_args *args);

#ifdef __cplusplus
}
#endif

#endif
