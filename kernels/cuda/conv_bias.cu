/* A convolution's bias: added to the output, channel by channel; its gradient. Both memory formats. */
#include "kernels/cuda/conv_bias.h"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"

#define SUM_LANES 32 /* channels_last: channels that a block sums side by side */
#define SUM_ROWS 8   /* and rows at once */

template <typename T, int V> __global__ void conv_bias_add(const struct conv_bias_add args)
{
    T *output = static_cast<T *>(args.output);
    FOR_GRID(i, args.count)
    {
        float values[V];
        int64_t rest, channel;
        divide(args.channels, divide(args.inner, i, &rest), &channel);
        load<T, V>(values, output + i * V);
#pragma unroll
        for (int v = 0; v < V; v++) /* along the channels where they lie side by side, else of one channel */
            values[v] += round_any(element<T>::dtype, load_any(args.bias, args.bias_dtype,
                                                               args.inner.divisor == 1 ? channel * V + v : channel));
        store<T, V>(output + i * V, values);
    }
}

/* One block: one channel, every splits-th part of its elements. */
template <typename T> __global__ void conv_bias_sum_planes(const struct conv_bias_sum args)
{
    __shared__ float cells[WARP + 1];
    const T *grad = static_cast<const T *>(args.grad_output);
    int64_t channel = blockIdx.x;
    float sum = 0;
    for (int64_t row = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x; row < args.rows;
         row += static_cast<int64_t>(gridDim.y) * blockDim.x) {
        int64_t place, image = divide(args.plane, row, &place);
        sum += to_float(grad[(image * args.channels + channel) * args.inner + place]);
    }
    sum = block_sum(sum, cells);
    if (threadIdx.x == 0)
        args.partial[blockIdx.y * args.channels + channel] = sum;
}

/* One block: SUM_LANES channels, SUM_ROWS rows at once. */
template <typename T> __global__ void conv_bias_sum_rows(const struct conv_bias_sum args)
{
    __shared__ float cells[SUM_ROWS][SUM_LANES + 1];
    const T *grad = static_cast<const T *>(args.grad_output);
    int64_t channel = static_cast<int64_t>(blockIdx.x) * SUM_LANES + threadIdx.x;
    float sum = 0;
    for (int64_t row = static_cast<int64_t>(blockIdx.y) * SUM_ROWS + threadIdx.y; channel < args.channels && row < args.rows;
         row += static_cast<int64_t>(gridDim.y) * SUM_ROWS)
        sum += to_float(grad[row * args.channels + channel]);
    cells[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && channel < args.channels) {
        sum = 0;
        for (int i = 0; i < SUM_ROWS; i++)
            sum += cells[i][threadIdx.x];
        args.partial[blockIdx.y * args.channels + channel] = sum;
    }
}

__global__ void conv_bias_sum_splits(const struct conv_bias_sum args)
{
    FOR_GRID(channel, args.channels)
    {
        float sum = 0;
        for (int i = 0; i < args.splits; i++)
            sum += args.partial[i * args.channels + channel];
        store_any(args.grad_bias, args.bias_dtype, channel, sum);
    }
}

template <typename T> static cudaError_t add_vectors(const struct launch_on *on, const struct conv_bias_add *args)
{
    return args->vector > 1 ? launch_grid(on, conv_bias_add<T, lanes<T>::count>, args->count, *args)
                            : launch_grid(on, conv_bias_add<T, 1>, args->count, *args);
}

extern "C" cudaError_t cuda_launch_conv_bias_add(const struct launch_on *on, const struct conv_bias_add *args)
{
    WITH_DTYPE(args->dtype, T, return add_vectors<T>(on, args));
}

static int64_t blocks_across(int64_t channels, bool channels_last)
{
    return channels_last ? (channels + SUM_LANES - 1) / SUM_LANES : channels;
}

extern "C" int conv_bias_splits(const struct launch_on *on, int64_t channels, int64_t rows, bool channels_last)
{
    int64_t wanted = grid_most(on) / blocks_across(channels, channels_last);
    int64_t most = rows / (channels_last ? 16 * SUM_ROWS : 4 * CUDA_BLOCK); /* fewer rows are not worth a block */
    int64_t splits = wanted < most ? wanted : most;
    return splits < 1 ? 1 : splits > 1024 ? 1024 : static_cast<int>(splits);
}

template <typename T> static cudaError_t sum_parts(const struct launch_on *on, const struct conv_bias_sum *args)
{
    int64_t across = blocks_across(args->channels, args->channels_last);
    return args->channels_last ? launch_plane(on, conv_bias_sum_rows<T>, across, args->splits, dim3(SUM_LANES, SUM_ROWS), *args)
                               : launch_plane(on, conv_bias_sum_planes<T>, across, args->splits, dim3(CUDA_BLOCK), *args);
}

extern "C" cudaError_t cuda_launch_conv_bias_sum(const struct launch_on *on, const struct conv_bias_sum *args)
{
    cudaError_t error = cudaSuccess;
    WITH_DTYPE(args->dtype, T, error = sum_parts<T>(on, args));
    return error != cudaSuccess ? error : launch_grid(on, conv_bias_sum_splits, args->channels, *args);
}
