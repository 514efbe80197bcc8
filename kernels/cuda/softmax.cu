/* softmax and log_softmax with their gradients, a warp or a thread for each row, and the mean negative log likelihood. */
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/softmax_kernel.h"

/* A row as the LANES threads that share it see it. */
template <int LANES> struct row_walk {
    int64_t number, count, lane;
    __device__ inline row_walk()
    {
        int64_t thread = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
        number = thread / LANES;
        count = static_cast<int64_t>(gridDim.x) * blockDim.x / LANES;
        lane = thread % LANES;
    }
    static __device__ inline float sum(float value)
    {
        return LANES == WARP ? warp_sum(value) : value;
    }
    static __device__ inline float maximum(float value)
    {
        return LANES == WARP ? warp_max(value) : value;
    }
};

__device__ inline int64_t row_offset(const struct softmax_args &a, int64_t row)
{
    return row / a.inner * a.outer_step + row % a.inner * a.inner_step;
}

template <int LANES> __global__ void softmax_rows(const struct softmax_args a)
{
    row_walk<LANES> walk;
    for (int64_t row = walk.number; row < a.rows; row += walk.count) {
        int64_t first = row_offset(a, row);
        float most = -INFINITY, sum = 0;
        for (int64_t i = walk.lane; i < a.length; i += LANES)
            most = fmaxf(most, load_any(a.input, a.input_dtype, first + i * a.step));
        most = walk.maximum(most);
        for (int64_t i = walk.lane; i < a.length; i += LANES)
            sum += expf(load_any(a.input, a.input_dtype, first + i * a.step) - most);
        sum = walk.sum(sum);
        float logarithm = logf(sum), inverse = 1 / sum;
        for (int64_t i = walk.lane; i < a.length; i += LANES) {
            int64_t at = first + i * a.step;
            float shifted = load_any(a.input, a.input_dtype, at) - most;
            store_any(a.result, a.result_dtype, at, a.logarithm ? shifted - logarithm : expf(shifted) * inverse);
        }
    }
}

/* softmax: y (g - sum(g y)); log_softmax: g - exp(y) sum(g). */
template <int LANES> __global__ void softmax_backward_rows(const struct softmax_args a)
{
    row_walk<LANES> walk;
    for (int64_t row = walk.number; row < a.rows; row += walk.count) {
        int64_t first = row_offset(a, row);
        float sum = 0;
        for (int64_t i = walk.lane; i < a.length; i += LANES) {
            int64_t at = first + i * a.step;
            float gradient = load_any(a.input, a.input_dtype, at);
            sum += a.logarithm ? gradient : gradient * load_any(a.other, a.other_dtype, at);
        }
        sum = walk.sum(sum);
        for (int64_t i = walk.lane; i < a.length; i += LANES) {
            int64_t at = first + i * a.step;
            float gradient = load_any(a.input, a.input_dtype, at), y = load_any(a.other, a.other_dtype, at);
            store_any(a.result, a.result_dtype, at, a.logarithm ? gradient - expf(y) * sum : y * (gradient - sum));
        }
    }
}

template __global__ void softmax_rows<1>(const struct softmax_args);
template __global__ void softmax_rows<WARP>(const struct softmax_args);
template __global__ void softmax_backward_rows<1>(const struct softmax_args);
template __global__ void softmax_backward_rows<WARP>(const struct softmax_args);

/* One block: a loss is a few hundred numbers, or with smoothing a few hundred thousand, and is the same in every run. */
__global__ void nll_loss(const struct nll_args a)
{
    __shared__ float cells[WARP + 1];
    float each = a.smoothing / static_cast<float>(a.classes), sum = 0;
    for (int64_t n = threadIdx.x; n < a.batch; n += blockDim.x)
        sum -= (1 - a.smoothing) * load_any(a.log_probabilities, a.log_dtype, n * a.classes + a.target[n]);
    for (int64_t i = threadIdx.x; each != 0 && i < a.batch * a.classes; i += blockDim.x)
        sum -= each * load_any(a.log_probabilities, a.log_dtype, i);
    sum = block_sum(sum, cells);
    if (threadIdx.x == 0)
        store_any(a.result, a.result_dtype, 0, sum / static_cast<float>(a.batch));
}

__global__ void nll_loss_backward(const struct nll_args a)
{
    float each = a.smoothing / static_cast<float>(a.classes), scale = -*a.grad_output / static_cast<float>(a.batch);
    FOR_GRID(i, a.batch * a.classes) {
        int64_t n = i / a.classes;
        float share = each + (a.target[n] == i - n * a.classes ? 1 - a.smoothing : 0);
        store_any(a.result, a.result_dtype, i, scale * share);
    }
}

/* Rows side by side are read by neighbouring threads; a row alone is read by a warp. */
static int lanes_of(const struct softmax_args *args)
{
    return args->step == 1 ? WARP : 1;
}

extern "C" cudaError_t cuda_launch_softmax(const struct launch_on *on, const struct softmax_args *args)
{
    bool warp = lanes_of(args) == WARP;
    return launch_grid(on, warp ? softmax_rows<WARP> : softmax_rows<1>, args->rows * lanes_of(args), *args);
}

extern "C" cudaError_t cuda_launch_softmax_backward(const struct launch_on *on, const struct softmax_args *args)
{
    bool warp = lanes_of(args) == WARP;
    return launch_grid(on, warp ? softmax_backward_rows<WARP> : softmax_backward_rows<1>, args->rows * lanes_of(args), *args);
}

extern "C" cudaError_t cuda_launch_nll(const struct launch_on *on, const struct nll_args *args)
{
    return launch_blocks(on, nll_loss, 1, 1024, *args);
}

extern "C" cudaError_t cuda_launch_nll_backward(const struct launch_on *on, const struct nll_args *args)
{
    return launch_grid(on, nll_loss_backward, args->batch * args->classes, *args);
}
