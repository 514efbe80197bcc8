/*
 * Sums over dimensions. Along the memory's fastest dimension: neighbouring threads read neighbouring elements of one sum. Across
 * it: neighbouring threads have neighbouring sums.
 */
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/reduce_kernel.h"

#define DOWN (REDUCE_BLOCK / WARP)

template <typename T, int N> __device__ inline void add_vector(float (&sum)[N], const T *from)
{
    float values[N];
    load<T, N>(values, from);
#pragma unroll
    for (int k = 0; k < N; k++)
        sum[k] += values[k];
}

template <typename T, int N> __global__ void reduce_inner(const struct reduce_args a)
{
    __shared__ float cells[WARP + 1];
    int64_t sums = REDUCE_BLOCK / a.lanes, lane = threadIdx.x % a.lanes;
    for (int64_t first = blockIdx.x * sums; first < a.kept.count; first += gridDim.x * sums) {
        int64_t number = first + threadIdx.x / a.lanes, offset[2] = {0, 0};
        bool active = number < a.kept.count;
        if (active)
            offsets_of(a.kept, number, offset);
        float parts[N] = {}, sum = 0;
        for (int64_t i = lane; active && i < a.reduced.count; i += a.lanes) {
            int64_t along[1];
            offsets_of(a.reduced, i, along);
            add_vector<T, N>(parts, static_cast<const T *>(a.input) + offset[1] + along[0]);
        }
#pragma unroll
        for (int k = 0; k < N; k++)
            sum += parts[k];
        sum = a.lanes == WARP ? warp_sum(sum) : block_sum(sum, cells);
        if (active && lane == 0)
            store_any(a.output, a.output_dtype, offset[0], sum * a.scale);
    }
}

template <typename T, int N> __global__ void reduce_outer(const struct reduce_args a)
{
    __shared__ float cells[N * REDUCE_BLOCK];
    int lane = threadIdx.x % WARP, down = threadIdx.x / WARP;
    int64_t number = static_cast<int64_t>(blockIdx.x) * WARP + lane, offset[2] = {0, 0};
    int64_t end = (blockIdx.y + 1) * a.chunk < a.reduced.count ? (blockIdx.y + 1) * a.chunk : a.reduced.count;
    bool active = number < a.kept.count;
    float sum[N] = {};
    if (active)
        offsets_of(a.kept, number, offset);
    for (int64_t i = blockIdx.y * a.chunk + down; active && i < end; i += DOWN) {
        int64_t along[1];
        offsets_of(a.reduced, i, along);
        add_vector<T, N>(sum, static_cast<const T *>(a.input) + offset[1] + along[0]);
    }
#pragma unroll
    for (int k = 0; k < N; k++)
        cells[k * REDUCE_BLOCK + threadIdx.x] = sum[k];
    __syncthreads();
    for (int k = 0; active && down == 0 && k < N; k++) {
        float whole = 0;
        for (int d = 0; d < DOWN; d++)
            whole += cells[k * REDUCE_BLOCK + d * WARP + lane];
        if (a.splits == 1)
            store_any(a.output, a.output_dtype, offset[0] + k, whole * a.scale);
        else
            a.part[(blockIdx.y * a.kept.count + number) * N + k] = whole;
    }
}

/* Sums of the splits' parts. */
__global__ void reduce_finish(const struct reduce_args a)
{
    FOR_GRID(i, a.kept.count * a.width) {
        int64_t offset[2];
        float sum = 0;
        for (int64_t split = 0; split < a.splits; split++)
            sum += a.part[split * a.kept.count * a.width + i];
        offsets_of(a.kept, i / a.width, offset);
        store_any(a.output, a.output_dtype, offset[0] + i % a.width, sum * a.scale);
    }
}

#define INSTANCES(T)                                                                         \
    template __global__ void reduce_inner<T, lanes<T>::count>(const struct reduce_args);     \
    template __global__ void reduce_inner<T, 1>(const struct reduce_args);                   \
    template __global__ void reduce_outer<T, lanes<T>::count>(const struct reduce_args);     \
    template __global__ void reduce_outer<T, 1>(const struct reduce_args);
INSTANCES(float)
INSTANCES(__half)
INSTANCES(__nv_bfloat16)

template <typename T, int N> static cudaError_t launch_reduce(const struct launch_on *on, const struct reduce_args *args)
{
    if (args->inner) {
        int64_t sums = REDUCE_BLOCK / args->lanes;
        return launch_blocks(on, reduce_inner<T, N>, (args->kept.count + sums - 1) / sums, REDUCE_BLOCK, *args);
    }
    cudaError_t error = launch_plane(on, reduce_outer<T, N>, (args->kept.count + WARP - 1) / WARP, args->splits,
                                     dim3(REDUCE_BLOCK), *args);
    if (error != cudaSuccess || args->splits == 1)
        return error;
    return launch_grid(on, reduce_finish, args->kept.count * args->width, *args);
}

extern "C" cudaError_t cuda_launch_reduce(const struct launch_on *on, const struct reduce_args *args)
{
    WITH_DTYPE(args->input_dtype, T, return args->width > 1 ? launch_reduce<T COMMA lanes<T>::count>(on, args) : launch_reduce<T COMMA 1>(on, args));
}
