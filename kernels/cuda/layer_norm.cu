/* Layer normalisation: each row by its own mean and variance (two passes over it), its gradient, and the sums over rows. */
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/layer_norm_kernel.h"

#define DOWN (LAYER_NORM_BLOCK / WARP)

/* The sum over the threads that share a row. */
__device__ inline float row_sum(const struct layer_norm_args &a, float value, float *cells)
{
    return a.lanes == WARP ? warp_sum(value) : block_sum(value, cells);
}

/* Heads statements for the rows of a thread; all threads of a row, and of a block that shares one, come along. */
#define FOR_ROWS(row, a)                                                                                             \
    for (int64_t row = (static_cast<int64_t>(blockIdx.x) * LAYER_NORM_BLOCK + threadIdx.x) / (a).lanes; row < (a).rows; \
         row += static_cast<int64_t>(gridDim.x) * LAYER_NORM_BLOCK / (a).lanes)
/* And for the vectors of a row that are the thread's. */
#define FOR_VECTORS(i, a, N) for (int64_t i = threadIdx.x % (a).lanes * (N); i < (a).length; i += (a).lanes * (N))

template <typename T, int N> __global__ void layer_norm_rows(const struct layer_norm_args a)
{
    __shared__ float cells[WARP + 1];
    FOR_ROWS(row, a) {
        const T *from = static_cast<const T *>(a.input) + row * a.length;
        float values[N], sum = 0, squares = 0, length = static_cast<float>(a.length);
        FOR_VECTORS(i, a, N) {
            load<T, N>(values, from + i);
#pragma unroll
            for (int k = 0; k < N; k++)
                sum += values[k];
        }
        float mean = row_sum(a, sum, cells) / length;
        FOR_VECTORS(i, a, N) {
            load<T, N>(values, from + i);
#pragma unroll
            for (int k = 0; k < N; k++)
                squares += (values[k] - mean) * (values[k] - mean);
        }
        float rstd = 1 / sqrtf(row_sum(a, squares, cells) / length + a.eps);
        FOR_VECTORS(i, a, N) {
            load<T, N>(values, from + i);
#pragma unroll
            for (int k = 0; k < N; k++)
                values[k] = (values[k] - mean) * rstd * a.weight[i + k] + a.bias[i + k];
            store<T, N>(static_cast<T *>(a.result) + row * a.length + i, values);
        }
        if (threadIdx.x % a.lanes == 0) {
            a.mean[row] = mean;
            a.rstd[row] = rstd;
        }
    }
}

template <typename T, int N> __global__ void layer_norm_backward_rows(const struct layer_norm_args a)
{
    __shared__ float cells[WARP + 1];
    FOR_ROWS(row, a) {
        const T *from = static_cast<const T *>(a.input) + row * a.length;
        const T *gradients = static_cast<const T *>(a.grad_output) + row * a.length;
        float values[N], gradient[N], sum = 0, dot = 0, length = static_cast<float>(a.length);
        float mean = a.mean[row], rstd = a.rstd[row];
        FOR_VECTORS(i, a, N) {
            load<T, N>(values, from + i);
            load<T, N>(gradient, gradients + i);
#pragma unroll
            for (int k = 0; k < N; k++) {
                float g = gradient[k] * a.weight[i + k];
                sum += g;
                dot += g * ((values[k] - mean) * rstd);
            }
        }
        sum = row_sum(a, sum, cells) / length;
        dot = row_sum(a, dot, cells) / length;
        FOR_VECTORS(i, a, N) {
            load<T, N>(values, from + i);
            load<T, N>(gradient, gradients + i);
#pragma unroll
            for (int k = 0; k < N; k++)
                values[k] = rstd * (gradient[k] * a.weight[i + k] - sum - (values[k] - mean) * rstd * dot);
            store<T, N>(static_cast<T *>(a.result) + row * a.length + i, values);
        }
    }
}

/* Columns' sums over a part of the rows: a warp goes along the row, the warps of a block share its rows. */
template <typename T, int N> __global__ void layer_norm_columns(const struct layer_norm_args a)
{
    __shared__ float cells[2 * N * LAYER_NORM_BLOCK];
    int lane = threadIdx.x % WARP, down = threadIdx.x / WARP;
    int64_t column = (static_cast<int64_t>(blockIdx.x) * WARP + lane) * N;
    int64_t end = (blockIdx.y + 1) * a.chunk < a.rows ? (blockIdx.y + 1) * a.chunk : a.rows;
    float sum[N] = {}, dot[N] = {};
    for (int64_t row = blockIdx.y * a.chunk + down; column < a.length && row < end; row += DOWN) {
        float values[N], gradient[N], mean = a.mean[row], rstd = a.rstd[row];
        load<T, N>(values, static_cast<const T *>(a.input) + row * a.length + column);
        load<T, N>(gradient, static_cast<const T *>(a.grad_output) + row * a.length + column);
#pragma unroll
        for (int k = 0; k < N; k++) {
            sum[k] += gradient[k];
            dot[k] += gradient[k] * ((values[k] - mean) * rstd);
        }
    }
#pragma unroll
    for (int k = 0; k < N; k++) {
        cells[2 * k * LAYER_NORM_BLOCK + threadIdx.x] = sum[k];
        cells[(2 * k + 1) * LAYER_NORM_BLOCK + threadIdx.x] = dot[k];
    }
    __syncthreads();
    for (int k = 0; down == 0 && column < a.length && k < 2 * N; k++) {
        float whole = 0;
        for (int d = 0; d < DOWN; d++)
            whole += cells[k * LAYER_NORM_BLOCK + d * WARP + lane];
        a.part[(blockIdx.y * 2 + k % 2) * a.length + column + k / 2] = whole;
    }
}

__global__ void layer_norm_affine(const struct layer_norm_args a)
{
    FOR_GRID(column, a.length) {
        float sum = 0, dot = 0;
        for (int64_t split = 0; split < a.splits; split++) {
            sum += a.part[split * 2 * a.length + column];
            dot += a.part[(split * 2 + 1) * a.length + column];
        }
        a.grad_weight[column] = dot;
        a.grad_bias[column] = sum;
    }
}

#define INSTANCES(T, N)                                                                    \
    template __global__ void layer_norm_rows<T, N>(const struct layer_norm_args);          \
    template __global__ void layer_norm_backward_rows<T, N>(const struct layer_norm_args); \
    template __global__ void layer_norm_columns<T, N>(const struct layer_norm_args);
INSTANCES(float, 1)
INSTANCES(__half, 1)
INSTANCES(__nv_bfloat16, 1)
INSTANCES(float, lanes<float>::count)
INSTANCES(__half, lanes<__half>::count)
INSTANCES(__nv_bfloat16, lanes<__nv_bfloat16>::count)

static int64_t row_blocks(const struct layer_norm_args *args)
{
    return (args->rows * args->lanes + LAYER_NORM_BLOCK - 1) / LAYER_NORM_BLOCK;
}

/* kernel<T, N> by the call's dtype and width. */
#define WITH_WIDTH(args, T, N, statement)                        \
    WITH_DTYPE((args)->dtype, T, if ((args)->width > 1) {        \
        const int N = lanes<T>::count;                           \
        statement;                                               \
    } else {                                                     \
        const int N = 1;                                         \
        statement;                                               \
    })

extern "C" cudaError_t cuda_launch_layer_norm(const struct launch_on *on, const struct layer_norm_args *args)
{
    WITH_WIDTH(args, T, N, return launch_blocks(on, layer_norm_rows<T COMMA N>, row_blocks(args), LAYER_NORM_BLOCK, *args));
}

extern "C" cudaError_t cuda_launch_layer_norm_backward(const struct launch_on *on, const struct layer_norm_args *args)
{
    WITH_WIDTH(args, T, N, return launch_blocks(on, layer_norm_backward_rows<T COMMA N>, row_blocks(args), LAYER_NORM_BLOCK, *args));
}

extern "C" cudaError_t cuda_launch_layer_norm_affine(const struct launch_on *on, const struct layer_norm_args *args)
{
    int64_t across = (args->length / args->width + WARP - 1) / WARP;
    cudaError_t error = cudaSuccess;
    WITH_WIDTH(args, T, N,
               error = launch_plane(on, layer_norm_columns<T COMMA N>, across, args->splits, dim3(LAYER_NORM_BLOCK), *args));
    return error != cudaSuccess ? error : launch_grid(on, layer_norm_affine, args->length, *args);
}
