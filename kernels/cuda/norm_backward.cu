/*
 * Normalisation backward. With g the gradient behind the fused relu's mask, y the normalised input, w the weight and means over
 * a statistic's elements: grad_input = (g w - mean(g w) - y mean(g w y)) / std, grad_weight = sum(g y), grad_bias = sum(g).
 */
#include "kernels/cuda/norm_walk.cuh"

/* What a channel's gradient is computed with. */
struct own_channel {
    float mean, invstd, scale, bias;
};

__device__ inline struct own_channel channel_of(const struct norm_args &a, int64_t outer, int64_t channel)
{
    int64_t at = outer * a.groups + channel / (a.walk.channels / a.groups);
    struct own_channel made = {a.mean[at], a.invstd[at], a.invstd[at] * weight_of(a, channel), bias_of(a, channel)};
    return made;
}

/* The mask is the forward operator's, by the same arithmetic (norm_forward.cu). */
__device__ inline bool is_masked(bool relu, float centred, float scale, float bias)
{
    return relu && centred * scale + bias <= 0;
}

template <typename T, bool ROWS, int N> __global__ void norm_gradients(const struct norm_args a)
{
    const int own = own_channels<ROWS, N>::count;
    __shared__ float cells[2 * NORM_BLOCK * own];
    struct norm_part part = part_of(a.walk);
    struct own_channel channel[own] = {};
    float sum[own] = {}, dot[own] = {};
#pragma unroll
    for (int c = 0; c < own && part.active; c++)
        channel[c] = channel_of(a, part.outer, part.channel + c);
    for (int64_t place = part.begin; part.active && place < part.end; place += part.step) {
        int64_t at = place_offset(a.walk, part, place);
        float values[N], gradient[N];
        load<T, N>(values, static_cast<const T *>(a.input) + at);
        load<T, N>(gradient, static_cast<const T *>(a.other) + at);
#pragma unroll
        for (int k = 0; k < N; k++) {
            const int c = ROWS ? k : 0;
            float centred = values[k] - channel[c].mean;
            float g = is_masked(a.relu, centred, channel[c].scale, channel[c].bias) ? 0 : gradient[k];
            sum[c] += g;
            dot[c] += g * (centred * channel[c].invstd);
        }
    }
#pragma unroll
    for (int c = 0; c < own; c++) {
        cells[2 * c * NORM_BLOCK + threadIdx.x] = sum[c];
        cells[(2 * c + 1) * NORM_BLOCK + threadIdx.x] = dot[c];
    }
    __syncthreads();
    for (int half = NORM_BLOCK / 2; half >= a.walk.lanes; half /= 2) {
        if (static_cast<int>(threadIdx.x) < half)
#pragma unroll
            for (int i = 0; i < 2 * own; i++)
                cells[i * NORM_BLOCK + threadIdx.x] += cells[i * NORM_BLOCK + threadIdx.x + half];
        __syncthreads();
    }
    for (int c = 0; c < own && part.active && static_cast<int>(threadIdx.x) < a.walk.lanes; c++) {
        float *to = a.part + (static_cast<int64_t>(blockIdx.y) * a.walk.channels + part.channel + c) * NORM_PART_FLOATS;
        to[0] = cells[2 * c * NORM_BLOCK + threadIdx.x];
        to[1] = cells[(2 * c + 1) * NORM_BLOCK + threadIdx.x];
    }
}
NORM_INSTANCES(norm_gradients)

/* A warp for each channel, over the parts of all images. Batch norm: also what the last pass multiplies with. */
__global__ void channel_gradients(const struct norm_args a)
{
    int64_t c = warp_number(), parts = a.walk.outers * a.walk.splits;
    int lane = threadIdx.x % WARP;
    if (c >= a.walk.channels)
        return;
    float sum = 0, dot = 0;
    for (int64_t part = lane; part < parts; part += WARP) {
        const float *from = a.part + (part * a.walk.channels + c) * NORM_PART_FLOATS;
        sum += from[0];
        dot += from[1];
    }
    sum = warp_sum(sum);
    dot = warp_sum(dot);
    if (lane != 0)
        return;
    if (a.grad_weight)
        a.grad_weight[c] = dot;
    if (a.grad_bias)
        a.grad_bias[c] = sum;
    if (a.groups != a.walk.channels || a.walk.outers != 1 || !a.training)
        return;
    float count = static_cast<float>(a.walk.size) * (a.walk.rows ? 1 : a.walk.width), scale = a.invstd[c] * a.weight[c];
    a.coefficient[c] = a.mean[c];
    a.coefficient[a.walk.channels + c] = scale;
    a.coefficient[2 * a.walk.channels + c] = scale * (sum / count);
    a.coefficient[3 * a.walk.channels + c] = scale * a.invstd[c] * (dot / count);
}

/* A warp for each image and group. */
__global__ void group_gradients(const struct norm_args a)
{
    int64_t at = warp_number(), each = a.walk.channels / a.groups, all = a.walk.outers * a.walk.channels;
    int lane = threadIdx.x % WARP;
    if (at >= a.walk.outers * a.groups)
        return;
    int64_t image = at / a.groups, first = at % a.groups * each;
    float sum = 0, dot = 0;
    for (int64_t i = lane; i < each * a.walk.splits; i += WARP) {
        int64_t part = image * a.walk.splits + i / each, c = first + i % each;
        const float *from = a.part + (part * a.walk.channels + c) * NORM_PART_FLOATS;
        sum += from[0] * weight_of(a, c);
        dot += from[1] * weight_of(a, c);
    }
    sum = warp_sum(sum);
    dot = warp_sum(dot);
    float count = static_cast<float>(each) * static_cast<float>(a.walk.pixels), invstd = a.invstd[at];
    for (int64_t c = first + lane; c < first + each; c += WARP) {
        float *to = a.coefficient + image * a.walk.channels + c;
        to[0] = a.mean[at];
        to[all] = invstd * weight_of(a, c);
        to[2 * all] = invstd * (sum / count);
        to[3 * all] = invstd * invstd * (dot / count);
    }
}

template <typename T, bool ROWS, int N> __global__ void norm_backward_apply(const struct norm_args a)
{
    const int own = own_channels<ROWS, N>::count;
    struct norm_part part = part_of(a.walk);
    if (!part.active)
        return;
    const float *coefficient = a.coefficient + part.outer * a.walk.channels + part.channel;
    int64_t all = a.walk.outers * a.walk.channels;
    float mean[own], scale[own], constant[own], slope[own], bias[own];
#pragma unroll
    for (int c = 0; c < own; c++) {
        mean[c] = coefficient[c];
        scale[c] = coefficient[all + c];
        constant[c] = coefficient[2 * all + c];
        slope[c] = coefficient[3 * all + c];
        bias[c] = bias_of(a, part.channel + c);
    }
    for (int64_t place = part.begin; place < part.end; place += part.step) {
        int64_t at = place_offset(a.walk, part, place);
        float values[N], gradient[N];
        load<T, N>(values, static_cast<const T *>(a.input) + at);
        load<T, N>(gradient, static_cast<const T *>(a.other) + at);
#pragma unroll
        for (int k = 0; k < N; k++) {
            const int c = ROWS ? k : 0;
            float centred = values[k] - mean[c];
            float g = is_masked(a.relu, centred, scale[c], bias[c]) ? 0 : gradient[k];
            values[k] = g * scale[c] - constant[c] - centred * slope[c];
        }
        store<T, N>(static_cast<T *>(a.result) + at, values);
    }
}
NORM_INSTANCES(norm_backward_apply)

extern "C" cudaError_t cuda_launch_norm_gradients(const struct launch_on *on, const struct norm_args *args)
{
    WITH_NORM(args, T, ROWS, N, return launch_parts(on, norm_gradients<T COMMA ROWS COMMA N>, args));
}

extern "C" cudaError_t cuda_launch_batch_norm_backward_finish(const struct launch_on *on, const struct norm_args *args)
{
    return launch_warps(on, channel_gradients, args->walk.channels, args);
}

extern "C" cudaError_t cuda_launch_group_norm_backward_finish(const struct launch_on *on, const struct norm_args *args)
{
    cudaError_t error = launch_warps(on, channel_gradients, args->walk.channels, args);
    return error != cudaSuccess ? error : launch_warps(on, group_gradients, args->walk.outers * args->groups, args);
}

extern "C" cudaError_t cuda_launch_norm_backward_apply(const struct launch_on *on, const struct norm_args *args)
{
    WITH_NORM(args, T, ROWS, N, return launch_parts(on, norm_backward_apply<T COMMA ROWS COMMA N>, args));
}
