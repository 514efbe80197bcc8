/* Arguments of conv_bias.cu's kernels: a convolution's bias, and its gradient. */
#ifndef KERNELS_CUDA_CONV_BIAS_H
#define KERNELS_CUDA_CONV_BIAS_H

#include "kernels/cuda/grid.h"
#include "kernels/cuda/iteration.h"

#ifdef __cplusplus
extern "C" {
#endif

/* output (N,C,H,W), dense, += bias (C), rounded to the output's dtype. */
struct conv_bias_add {
    void *output;
    const void *bias;
    int dtype, bias_dtype;
    int vector;                  /* elements that one thread takes; divides `inner` and, where inner is 1, C */
    int64_t count;               /* of vectors */
    struct fast_divisor inner;   /* vectors of one channel that lie one behind the other: of H*W in contiguous, 1 in channels_last */
    struct fast_divisor channels; /* contiguous: C; channels_last: vectors of C */
};

/*
 * grad_bias (C) = sum over N, H, W of grad_output, in float32 and always in the same order: `splits` partial sums for each channel,
 * then their sum.
 */
struct conv_bias_sum {
    const void *grad_output;
    float *partial;    /* (splits, C) */
    void *grad_bias;
    int dtype, bias_dtype;
    int64_t channels, inner, rows; /* C, H*W, N*H*W */
    struct fast_divisor plane;     /* H*W */
    int splits;
    bool channels_last;
};

/* How many splits fill the device, and the bytes of `partial`. */
int conv_bias_splits(const struct launch_on *on, int64_t channels, int64_t rows, bool channels_last);

cudaError_t cuda_launch_conv_bias_add(const struct launch_on *on, const struct conv_bias_add *args);
/* Both kernels. */
cudaError_t cuda_launch_conv_bias_sum(const struct launch_on *on, const struct conv_bias_sum *args);

#ifdef __cplusplus
}
#endif

#endif
