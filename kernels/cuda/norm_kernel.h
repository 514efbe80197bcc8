/*
 * Batch and group normalisation: arguments of their kernels. Both are the same three passes with other groups of elements: sums
 * of parts of each channel, what follows from them for each channel, and one walk that writes the result.
 *
 *   batch norm   one statistic for each channel, over all images
 *   group norm   one for each image and group of channels
 *
 * Images are dense, all contiguous ("planes") or all channels_last ("rows").
 */
#ifndef KERNELS_CUDA_NORM_KERNEL_H
#define KERNELS_CUDA_NORM_KERNEL_H

#include "kernels/cuda/grid.h"
#include "kernels/cuda/iteration.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NORM_BLOCK 256

/*
 * How blocks share the images. Part number `outer * splits + split` of every channel is one block's work: places
 * [split * chunk, min((split + 1) * chunk, size)) of that outer; its channels are blockIdx.x's, its part blockIdx.y.
 * Planes: a block has one channel, a place is a vector of `width` pixels. Rows: a block has `lanes` vectors of `width`
 * channels, a place is a pixel.
 */
struct norm_walk {
    bool rows;
    int width, lanes;              /* lanes: a power of 2 up to 32 */
    int64_t channels, pixels;      /* of one image: C, H * W */
    int64_t outers;                /* batch norm 1, group norm N */
    int64_t splits, chunk, size;
    struct fast_divisor plane;     /* planes: places of one image */
    int64_t across;                /* blocks that the channels take */
};

struct norm_walk norm_walk_make(int64_t images, int64_t channels, int64_t pixels, bool rows, bool by_image, int width,
                                int multiprocessors);

/* Floats that the parts' sums take. */
#define NORM_PART_FLOATS 3

struct norm_args {
    struct norm_walk walk;
    int dtype;
    const void *input, *other; /* other: residual (or NULL) forward, grad_output backward */
    void *result;
    const float *weight, *bias;          /* by channel; bias: NULL in group norm's backward */
    float *mean, *invstd;                /* the statistics; by channel, or (N, groups) */
    float *running_mean, *running_var;   /* batch norm */
    float *grad_weight, *grad_bias;
    float *part;                         /* [outers * splits][channels][3] count, mean, squares; or sum, dot, - */
    float *coefficient;                  /* [4][outers * channels] mean, scale; and two more backward */
    int64_t groups;                      /* of one image; batch norm: channels */
    float eps, momentum;
    bool training, relu;
};

typedef cudaError_t norm_launch(const struct launch_on *on, const struct norm_args *args);
norm_launch cuda_launch_norm_moments;         /* input -> part */
norm_launch cuda_launch_batch_norm_finish;    /* part -> mean, invstd, running_*, coefficient */
norm_launch cuda_launch_group_norm_finish;
norm_launch cuda_launch_norm_apply;           /* input, other, coefficient -> result */
norm_launch cuda_launch_norm_gradients;       /* input, other, mean, invstd -> part */
norm_launch cuda_launch_batch_norm_backward_finish; /* part -> grad_weight, grad_bias, coefficient */
norm_launch cuda_launch_group_norm_backward_finish; /* likewise: two kernels */
norm_launch cuda_launch_norm_backward_apply;

#ifdef __cplusplus
}
#endif

#endif
