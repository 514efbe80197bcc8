/* Places of an image and windows over it, for the kernels that make pixels from pixels (image_kernel.h). */
#ifndef KERNELS_CUDA_IMAGE_CUH
#define KERNELS_CUDA_IMAGE_CUH

#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/image_kernel.h"

struct image_place {
    int64_t n, c, d, h, w;
};

__device__ inline struct image_place place_of(const struct image_walk &walk, int64_t index)
{
    struct image_place at;
    if (walk.rows) {
        index = divide(walk.c, index, &at.c);
        at.c *= walk.width;
    }
    index = divide(walk.w, index, &at.w);
    index = divide(walk.h, index, &at.h);
    index = divide(walk.d, index, &at.d);
    at.n = index;
    if (!walk.rows)
        at.n = divide(walk.c, index, &at.c);
    return at;
}

/* Where image n's channel c begins; and a place in it. */
__device__ inline int64_t plane_offset(const struct image_strides &stride, const struct image_place &at)
{
    return at.n * stride.n + at.c * stride.c;
}
__device__ inline int64_t place_offset(const struct image_strides &stride, const struct image_place &at)
{
    return plane_offset(stride, at) + at.d * stride.d + at.h * stride.h + at.w * stride.w;
}

/* [first, last) */
struct image_range {
    int64_t first, last;
};

/* Adaptive: what small position `at` covers of the large side; and which small positions cover large position `at`. */
__device__ inline struct image_range adaptive_range(const struct image_window &axis, int64_t at)
{
    struct image_range range = {at * axis.large / axis.small, ((at + 1) * axis.large + axis.small - 1) / axis.small};
    return range;
}
__device__ inline struct image_range adaptive_covers(const struct image_window &axis, int64_t at)
{
    struct image_range range = {at * axis.small / axis.large, ((at + 1) * axis.small + axis.large - 1) / axis.large};
    return range;
}

/* The small position whose tap k is large position `at`, or -1. */
__device__ inline int64_t window_of(const struct image_window &axis, int64_t at, int64_t k)
{
    int64_t start = at + axis.padding - k * axis.dilation;
    if (start < 0)
        return -1;
    int64_t small = start / axis.stride;
    return small * axis.stride == start && small < axis.small ? small : -1;
}

/* Launches kernel<T, N> by the call's dtype and width. */
#define LAUNCH_IMAGE(kernel, on, args)                                                                          \
    WITH_DTYPE((args)->dtype, T, if ((args)->walk.width > 1) return launch_grid(on, kernel<T COMMA lanes<T>::count>, \
                                                                           (args)->walk.count, *(args));        \
               else return launch_grid(on, kernel<T COMMA 1>, (args)->walk.count, *(args)))

#define IMAGE_INSTANCES(kernel, args_type)                                           \
    template __global__ void kernel<float, lanes<float>::count>(const args_type);    \
    template __global__ void kernel<__half, lanes<__half>::count>(const args_type);  \
    template __global__ void kernel<__nv_bfloat16, lanes<__nv_bfloat16>::count>(const args_type); \
    template __global__ void kernel<float, 1>(const args_type);                      \
    template __global__ void kernel<__half, 1>(const args_type);                     \
    template __global__ void kernel<__nv_bfloat16, 1>(const args_type);

#endif
