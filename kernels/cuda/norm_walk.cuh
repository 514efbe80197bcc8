/* A block's part of the images in kernels of normalisation (norm_kernel.h). */
#ifndef KERNELS_CUDA_NORM_WALK_CUH
#define KERNELS_CUDA_NORM_WALK_CUH

#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/norm_kernel.h"

/* What a thread works at: places begin + its own, every `step`-th, until end; the channels from `channel` on, if `active`. */
struct norm_part {
    int64_t outer, begin, end, step;
    int64_t channel;
    bool active;
};

__device__ inline struct norm_part part_of(const struct norm_walk &walk)
{
    struct norm_part part;
    int64_t split = blockIdx.y % walk.splits;
    part.outer = blockIdx.y / walk.splits;
    part.end = (split + 1) * walk.chunk < walk.size ? (split + 1) * walk.chunk : walk.size;
    part.begin = split * walk.chunk + threadIdx.x / walk.lanes;
    part.step = NORM_BLOCK / walk.lanes;
    int64_t vector = static_cast<int64_t>(blockIdx.x) * walk.lanes + threadIdx.x % walk.lanes;
    part.channel = walk.rows ? vector * walk.width : vector;
    part.active = part.channel < walk.channels;
    return part;
}

/* Where a thread's place lies. Batch norm's outer is 0: its places run over all images. */
__device__ inline int64_t place_offset(const struct norm_walk &walk, const struct norm_part &part, int64_t place)
{
    if (walk.rows)
        return (part.outer * walk.size + place) * walk.channels + part.channel;
    int64_t pixel, image = part.outer + divide(walk.plane, place, &pixel);
    return (image * walk.channels + part.channel) * walk.pixels + pixel * walk.width;
}

/* Instance norm may have neither. */
__device__ inline float weight_of(const struct norm_args &a, int64_t channel)
{
    return a.weight ? a.weight[channel] : 1;
}
__device__ inline float bias_of(const struct norm_args &a, int64_t channel)
{
    return a.bias ? a.bias[channel] : 0;
}

/* Channels that one thread looks at: rows have a vector of them, planes one. */
template <bool ROWS, int N> struct own_channels {
    static const int count = ROWS ? N : 1;
};

/* Vectors of half the width: planes of 14 x 14 half-precision elements. */
template <typename T> struct half_lanes {
    static const int count = lanes<T>::count / 2;
};

/* Runs `statement` for the call's dtype T, format ROWS and width N. */
#define WITH_NORM_CASE(condition, rows_, width_, ROWS, N, statement) \
    if (condition) {                                                 \
        const bool ROWS = rows_;                                     \
        const int N = width_;                                        \
        statement;                                                   \
    }
#define WITH_NORM(args, T, ROWS, N, statement)                                                                           \
    WITH_DTYPE((args)->dtype, T,                                                                                         \
               WITH_NORM_CASE((args)->walk.rows && (args)->walk.width > 1, true, lanes<T>::count, ROWS, N, statement)    \
               WITH_NORM_CASE((args)->walk.rows, true, 1, ROWS, N, statement)                                            \
               WITH_NORM_CASE((args)->walk.width == lanes<T>::count, false, lanes<T>::count, ROWS, N, statement)         \
               WITH_NORM_CASE((args)->walk.width > 1, false, half_lanes<T>::count, ROWS, N, statement)                   \
               WITH_NORM_CASE(true, false, 1, ROWS, N, statement))

#define NORM_INSTANCES_OF(kernel, T)                                                         \
    template __global__ void kernel<T, true, lanes<T>::count>(const struct norm_args);       \
    template __global__ void kernel<T, false, lanes<T>::count>(const struct norm_args);      \
    template __global__ void kernel<T, false, half_lanes<T>::count>(const struct norm_args); \
    template __global__ void kernel<T, true, 1>(const struct norm_args);                     \
    template __global__ void kernel<T, false, 1>(const struct norm_args);
#define NORM_INSTANCES(kernel)            \
    NORM_INSTANCES_OF(kernel, float)      \
    NORM_INSTANCES_OF(kernel, __half)     \
    NORM_INSTANCES_OF(kernel, __nv_bfloat16)

static inline cudaError_t launch_parts(const struct launch_on *on, void (*kernel)(const struct norm_args), const struct norm_args *args)
{
    const struct norm_walk *walk = &args->walk;
    return launch_plane(on, kernel, walk->size ? walk->across : 0, walk->outers * walk->splits, dim3(NORM_BLOCK), *args);
}

/* One warp for each of `count`. */
static inline cudaError_t launch_warps(const struct launch_on *on, void (*kernel)(const struct norm_args), int64_t count,
                                       const struct norm_args *args)
{
    return launch_plane(on, kernel, (count + NORM_BLOCK / WARP - 1) / (NORM_BLOCK / WARP), 1, dim3(NORM_BLOCK), *args);
}
__device__ inline int64_t warp_number()
{
    return static_cast<int64_t>(blockIdx.x) * (NORM_BLOCK / WARP) + threadIdx.x / WARP;
}

#endif
