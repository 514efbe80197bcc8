/*
 * Max pooling over windows (indices: the position inside the window, one byte) and adaptive (indices: the position in the plane,
 * 64 bits). The first of equal maxima wins; NaN counts as larger than anything; padding never wins.
 */
#include "kernels/cuda/image.cuh"

/* The maximum so far of N channels, and where it was; -1 = none yet. */
template <int N> struct maxima {
    float most[N];
    int at[N];
};

template <int N> __device__ inline void start_maxima(struct maxima<N> &own)
{
#pragma unroll
    for (int k = 0; k < N; k++) {
        own.most[k] = -INFINITY;
        own.at[k] = -1;
    }
}

template <typename T, int N> __device__ inline void take(struct maxima<N> &own, const T *from, int position)
{
    float values[N];
    load<T, N>(values, from);
#pragma unroll
    for (int k = 0; k < N; k++)
        if (own.at[k] < 0 || values[k] > own.most[k] || values[k] != values[k]) {
            own.most[k] = values[k];
            own.at[k] = position;
        }
}

template <typename T, int N> __global__ void max_pool(const struct max_pool_args a)
{
    FOR_GRID(i, a.walk.count) {
        struct image_place at = place_of(a.walk, i);
        const T *plane = static_cast<const T *>(a.source) + plane_offset(a.source_strides, at);
        struct maxima<N> own;
        start_maxima(own);
        int top = at.h * a.h.stride - a.h.padding, left = at.w * a.w.stride - a.w.padding;
        for (int kh = 0; kh < a.h.kernel; kh++) {
            int h = top + kh * a.h.dilation;
            for (int kw = 0; h >= 0 && h < a.h.large && kw < a.w.kernel; kw++) {
                int w = left + kw * a.w.dilation;
                if (w >= 0 && w < a.w.large)
                    take<T, N>(own, plane + h * a.source_strides.h + w * a.source_strides.w, kh * a.w.kernel + kw);
            }
        }
        store<T, N>(static_cast<T *>(a.target) + place_offset(a.target_strides, at), own.most);
        vector_of<unsigned char, N> positions;
#pragma unroll
        for (int k = 0; k < N; k++)
            positions.at[k] = static_cast<unsigned char>(own.at[k] < 0 ? 0 : own.at[k]);
        store_whole<unsigned char, N>(static_cast<unsigned char *>(a.indices_out) + place_offset(a.indices_strides, at), positions);
    }
}
IMAGE_INSTANCES(max_pool, struct max_pool_args)

/* The gradients of all windows whose maximum was this element. */
template <typename T, int N> __global__ void max_pool_backward(const struct max_pool_args a)
{
    FOR_GRID(i, a.walk.count) {
        struct image_place at = place_of(a.walk, i);
        const T *plane = static_cast<const T *>(a.source) + plane_offset(a.source_strides, at);
        const unsigned char *indices = static_cast<const unsigned char *>(a.indices) + plane_offset(a.indices_strides, at);
        struct image_range down = window_covers(a.h, at.h), across = window_covers(a.w, at.w);
        float sum[N] = {};
        for (int oh = down.first; oh < down.last; oh++) {
            int kh = tap_of(a.h, oh, at.h);
            for (int ow = across.first; kh >= 0 && ow < across.last; ow++) {
                int kw = tap_of(a.w, ow, at.w);
                if (kw < 0)
                    continue;
                vector_of<unsigned char, N> position =
                    load_whole<unsigned char, N>(indices + oh * a.indices_strides.h + ow * a.indices_strides.w);
                float gradient[N];
                load<T, N>(gradient, plane + oh * a.source_strides.h + ow * a.source_strides.w);
#pragma unroll
                for (int k = 0; k < N; k++)
                    sum[k] += position.at[k] == kh * a.w.kernel + kw ? gradient[k] : 0;
            }
        }
        store<T, N>(static_cast<T *>(a.target) + place_offset(a.target_strides, at), sum);
    }
}
IMAGE_INSTANCES(max_pool_backward, struct max_pool_args)

template <typename T, int N> __global__ void adaptive_max_pool(const struct max_pool_args a)
{
    FOR_GRID(i, a.walk.count) {
        struct image_place at = place_of(a.walk, i);
        const T *plane = static_cast<const T *>(a.source) + plane_offset(a.source_strides, at);
        struct image_range down = adaptive_range(a.h, at.h), across = adaptive_range(a.w, at.w);
        struct maxima<N> own;
        start_maxima(own);
        for (int h = down.first; h < down.last; h++)
            for (int w = across.first; w < across.last; w++)
                take<T, N>(own, plane + h * a.source_strides.h + w * a.source_strides.w, h * a.w.large + w);
        store<T, N>(static_cast<T *>(a.target) + place_offset(a.target_strides, at), own.most);
        int64_t *indices = static_cast<int64_t *>(a.indices_out) + place_offset(a.indices_strides, at);
#pragma unroll
        for (int k = 0; k < N; k++)
            indices[k] = own.at[k];
    }
}
IMAGE_INSTANCES(adaptive_max_pool, struct max_pool_args)

template <typename T, int N> __global__ void adaptive_max_pool_backward(const struct max_pool_args a)
{
    FOR_GRID(i, a.walk.count) {
        struct image_place at = place_of(a.walk, i);
        const T *plane = static_cast<const T *>(a.source) + plane_offset(a.source_strides, at);
        const int64_t *indices = static_cast<const int64_t *>(a.indices) + plane_offset(a.indices_strides, at);
        struct image_range down = adaptive_covers(a.h, at.h), across = adaptive_covers(a.w, at.w);
        float sum[N] = {};
        for (int oh = down.first; oh < down.last; oh++)
            for (int ow = across.first; ow < across.last; ow++) {
                float gradient[N];
                load<T, N>(gradient, plane + oh * a.source_strides.h + ow * a.source_strides.w);
                const int64_t *position = indices + oh * a.indices_strides.h + ow * a.indices_strides.w;
#pragma unroll
                for (int k = 0; k < N; k++)
                    sum[k] += position[k] == at.h * a.w.large + at.w ? gradient[k] : 0;
            }
        store<T, N>(static_cast<T *>(a.target) + place_offset(a.target_strides, at), sum);
    }
}
IMAGE_INSTANCES(adaptive_max_pool_backward, struct max_pool_args)

extern "C" cudaError_t cuda_launch_max_pool(const struct launch_on *on, const struct max_pool_args *args)
{
    LAUNCH_IMAGE(max_pool, on, args);
}

extern "C" cudaError_t cuda_launch_max_pool_backward(const struct launch_on *on, const struct max_pool_args *args)
{
    LAUNCH_IMAGE(max_pool_backward, on, args);
}

extern "C" cudaError_t cuda_launch_adaptive_max_pool(const struct launch_on *on, const struct max_pool_args *args)
{
    LAUNCH_IMAGE(adaptive_max_pool, on, args);
}

extern "C" cudaError_t cuda_launch_adaptive_max_pool_backward(const struct launch_on *on, const struct max_pool_args *args)
{
    LAUNCH_IMAGE(adaptive_max_pool_backward, on, args);
}
