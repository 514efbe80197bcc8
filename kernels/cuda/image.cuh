/* Places of an image and windows over it, for the kernels that make pixels from pixels (image_kernel.h). */
#ifndef KERNELS_CUDA_IMAGE_CUH
#define KERNELS_CUDA_IMAGE_CUH

#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/image_kernel.h"

struct image_place {
    int n, c, d, h, w;
};

__device__ inline int64_t divide(const struct fast_divisor &by, int64_t n, int *rest)
{
    int64_t wide, quotient = divide(by, n, &wide);
    *rest = static_cast<int>(wide);
    return quotient;
}

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
    if (!walk.rows)
        index = divide(walk.c, index, &at.c);
    at.n = static_cast<int>(index);
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
    int first, last;
};

/* a * b / c, and rounded up; the product may be beyond 32 bits. */
__device__ inline int share(int a, int b, int c)
{
    return static_cast<int>(static_cast<int64_t>(a) * b / c);
}
__device__ inline int share_up(int a, int b, int c)
{
    return static_cast<int>((static_cast<int64_t>(a) * b + c - 1) / c);
}

/* Adaptive: what small position `at` covers of the large side; and which small positions cover large position `at`. */
__device__ inline struct image_range adaptive_range(const struct image_window &axis, int at)
{
    struct image_range range = {share(at, axis.large, axis.small), share_up(at + 1, axis.large, axis.small)};
    return range;
}
__device__ inline struct image_range adaptive_covers(const struct image_window &axis, int at)
{
    struct image_range range = {share(at, axis.small, axis.large), share_up(at + 1, axis.small, axis.large)};
    return range;
}

/* Windows: the small positions whose windows, holes included, cover large position `at`. */
__device__ inline struct image_range window_covers(const struct image_window &axis, int at)
{
    int end = at + axis.padding, before = end - (axis.kernel - 1) * axis.dilation - 1; /* a window that starts there ends before `at` */
    struct image_range range = {before < 0 ? 0 : before / axis.stride + 1, end / axis.stride + 1};
    range.last = range.last > axis.small ? axis.small : range.last;
    return range;
}

/* The tap of small position o that is large position `at`, which its window covers; -1 = a hole. */
__device__ inline int tap_of(const struct image_window &axis, int o, int at)
{
    int distance = at + axis.padding - o * axis.stride;
    if (axis.dilation == 1)
        return distance;
    return distance % axis.dilation == 0 ? distance / axis.dilation : -1;
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
