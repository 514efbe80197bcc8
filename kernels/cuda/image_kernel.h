/*
 * Operators that make each pixel of an image from pixels of another one near the same place: pooling, upsampling, edge pads, and
 * their gradients, which are gathered, too: every element is written once, by one thread.
 */
#ifndef KERNELS_CUDA_IMAGE_KERNEL_H
#define KERNELS_CUDA_IMAGE_KERNEL_H

#include "kernels/cuda/grid.h"
#include "kernels/cuda/iteration.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Strides of an (N,C,D,H,W) tensor; of a 4-D one D's is 0. */
struct image_strides {
    int64_t n, c, d, h, w;
};
struct image_strides image_strides_of(const struct tensor *tensor);

/* The threads over the tensor that is written: in its memory order, `width` channels each. */
struct image_walk {
    bool rows; /* channels are the fastest */
    int width;
    int64_t count;
    struct fast_divisor c, d, h, w; /* rows: c in vectors */
};

/* width > 1 where the target's and all other tensors' channels lie one by one and may be taken 16 bytes at a time. */
struct image_walk image_walk_make(const struct tensor *target, const struct tensor *const *others, int count);

/* The same without vectors: where a pointer is not aligned to 16 bytes. */
struct image_walk image_walk_narrow(const struct tensor *target);

/* One axis of a window: tap k of small position o is at large position o * stride - padding + k * dilation. */
struct image_window {
    int kernel, stride, padding, dilation;
    int large, small;
};

/* Max pooling: `large` is the input, `small` the output. Forward writes small and indices, backward large. */
struct max_pool_args {
    struct image_walk walk;
    int dtype;
    const void *source;
    void *target;
    const void *indices;       /* backward */
    void *indices_out;         /* forward: uint8; adaptive: int64 */
    struct image_strides source_strides, target_strides, indices_strides;
    struct image_window h, w;  /* adaptive: large and small only */
};

/* Average pooling, windows or adaptive (kernel 0). */
struct average_args {
    struct image_walk walk;
    int dtype;
    const void *source;
    void *target;
    struct image_strides source_strides, target_strides;
    struct image_window d, h, w;
    bool exclude_padding;
};

/* Positions along an axis as sparse rows: position p takes index[start[p] .. start[p + 1]) with those weights. */
struct image_taps {
    const int32_t *start, *index;
    const float *weight;
};
struct resample_args {
    struct image_walk walk;
    int dtype;
    const void *source;
    void *target;
    struct image_strides source_strides, target_strides;
    struct image_taps h, w;
};

cudaError_t cuda_launch_max_pool(const struct launch_on *on, const struct max_pool_args *args);
cudaError_t cuda_launch_max_pool_backward(const struct launch_on *on, const struct max_pool_args *args);
cudaError_t cuda_launch_adaptive_max_pool(const struct launch_on *on, const struct max_pool_args *args);
cudaError_t cuda_launch_adaptive_max_pool_backward(const struct launch_on *on, const struct max_pool_args *args);
cudaError_t cuda_launch_average_pool(const struct launch_on *on, const struct average_args *args);
cudaError_t cuda_launch_average_pool_backward(const struct launch_on *on, const struct average_args *args);
cudaError_t cuda_launch_resample(const struct launch_on *on, const struct resample_args *args);

#ifdef __cplusplus
}
#endif

#endif
