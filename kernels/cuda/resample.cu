/* Upsampling, edge pads and their gradients: each element is a sum over the taps of its row and of its column. */
#include "kernels/cuda/image.cuh"

template <typename T, int N> __global__ void resample(const struct resample_args a)
{
    FOR_GRID(i, a.walk.count) {
        struct image_place at = place_of(a.walk, i);
        const T *plane = static_cast<const T *>(a.source) + plane_offset(a.source_strides, at);
        float sum[N] = {};
        for (int32_t y = a.h.start[at.h]; y < a.h.start[at.h + 1]; y++)
            for (int32_t x = a.w.start[at.w]; x < a.w.start[at.w + 1]; x++) {
                float values[N], weight = a.h.weight[y] * a.w.weight[x];
                load<T, N>(values, plane + a.h.index[y] * a.source_strides.h + a.w.index[x] * a.source_strides.w);
#pragma unroll
                for (int k = 0; k < N; k++)
                    sum[k] += weight * values[k];
            }
        store<T, N>(static_cast<T *>(a.target) + place_offset(a.target_strides, at), sum);
    }
}
IMAGE_INSTANCES(resample, struct resample_args)

extern "C" cudaError_t cuda_launch_resample(const struct launch_on *on, const struct resample_args *args)
{
    LAUNCH_IMAGE(resample, on, args);
}
