/* Average pooling, over windows and adaptive: an output is the mean of a box of its plane, a gradient is spread over it. */
#include "kernels/cuda/image.cuh"

/* What small position `at` averages along an axis, and as how many it counts. */
struct average_range {
    struct image_range inside;
    float count;
};

__device__ inline struct average_range average_of(const struct image_window &axis, bool exclude_padding, int at)
{
    struct average_range made;
    if (axis.kernel == 0) {
        made.inside = adaptive_range(axis, at);
        made.count = static_cast<float>(made.inside.last - made.inside.first);
        return made;
    }
    int start = at * axis.stride - axis.padding, end = start + axis.kernel;
    end = end > axis.large + axis.padding ? axis.large + axis.padding : end;
    made.inside.first = start < 0 ? 0 : start;
    made.inside.last = end > axis.large ? axis.large : end;
    made.count = static_cast<float>(exclude_padding ? made.inside.last - made.inside.first : end - start);
    return made;
}

/* Which small positions average large position `at`. */
__device__ inline struct image_range averagers_of(const struct image_window &axis, int at)
{
    return axis.kernel == 0 ? adaptive_covers(axis, at) : window_covers(axis, at);
}

template <typename T, int N> __global__ void average_pool(const struct average_args a)
{
    FOR_GRID(i, a.walk.count) {
        struct image_place at = place_of(a.walk, i);
        const T *plane = static_cast<const T *>(a.source) + plane_offset(a.source_strides, at);
        struct average_range deep = average_of(a.d, a.exclude_padding, at.d), down = average_of(a.h, a.exclude_padding, at.h);
        struct average_range across = average_of(a.w, a.exclude_padding, at.w);
        float sum[N] = {};
        for (int d = deep.inside.first; d < deep.inside.last; d++)
            for (int h = down.inside.first; h < down.inside.last; h++)
                for (int w = across.inside.first; w < across.inside.last; w++) {
                    float values[N];
                    load<T, N>(values, plane + d * a.source_strides.d + h * a.source_strides.h + w * a.source_strides.w);
#pragma unroll
                    for (int k = 0; k < N; k++)
                        sum[k] += values[k];
                }
        float count = deep.count * down.count * across.count;
#pragma unroll
        for (int k = 0; k < N; k++)
            sum[k] /= count;
        store<T, N>(static_cast<T *>(a.target) + place_offset(a.target_strides, at), sum);
    }
}
IMAGE_INSTANCES(average_pool, struct average_args)

template <typename T, int N> __global__ void average_pool_backward(const struct average_args a)
{
    FOR_GRID(i, a.walk.count) {
        struct image_place at = place_of(a.walk, i);
        const T *plane = static_cast<const T *>(a.source) + plane_offset(a.source_strides, at);
        struct image_range deep = averagers_of(a.d, at.d), down = averagers_of(a.h, at.h), across = averagers_of(a.w, at.w);
        float sum[N] = {};
        for (int d = deep.first; d < deep.last; d++)
            for (int h = down.first; h < down.last; h++)
                for (int w = across.first; w < across.last; w++) {
                    float count = average_of(a.d, a.exclude_padding, d).count * average_of(a.h, a.exclude_padding, h).count *
                                  average_of(a.w, a.exclude_padding, w).count;
                    float values[N];
                    load<T, N>(values, plane + d * a.source_strides.d + h * a.source_strides.h + w * a.source_strides.w);
#pragma unroll
                    for (int k = 0; k < N; k++)
                        sum[k] += values[k] / count;
                }
        store<T, N>(static_cast<T *>(a.target) + place_offset(a.target_strides, at), sum);
    }
}
IMAGE_INSTANCES(average_pool_backward, struct average_args)

extern "C" cudaError_t cuda_launch_average_pool(const struct launch_on *on, const struct average_args *args)
{
    LAUNCH_IMAGE(average_pool, on, args);
}

extern "C" cudaError_t cuda_launch_average_pool_backward(const struct launch_on *on, const struct average_args *args)
{
    LAUNCH_IMAGE(average_pool_backward, on, args);
}
