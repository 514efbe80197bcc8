/*
 * Normalisation forward: count, mean and sum of squared deviations of each part of a channel (shifted by an element of the
 * part, so that a mean far from 0 takes no digits), merged pairwise (Chan, Golub, LeVeque 1983) within the block and between
 * parts; then one walk that normalises, adds the residual and clips.
 */
#include "kernels/cuda/norm_walk.cuh"

struct moments {
    float count, mean, squares; /* squares: sum of squared deviations from the mean */
};

__device__ inline struct moments merged(const struct moments &a, const struct moments &b)
{
    float count = a.count + b.count;
    if (count == 0)
        return a;
    float step = b.mean - a.mean, share = b.count / count;
    struct moments whole = {count, a.mean + step * share, a.squares + b.squares + step * step * a.count * share};
    return whole;
}

__device__ inline struct moments warp_merged(struct moments own)
{
    for (int step = WARP / 2; step > 0; step /= 2) {
        struct moments other = {__shfl_xor_sync(ALL_LANES, own.count, step), __shfl_xor_sync(ALL_LANES, own.mean, step),
                                __shfl_xor_sync(ALL_LANES, own.squares, step)};
        own = merged(own, other);
    }
    return own;
}

/* Sums around `shift` as moments. */
__device__ inline struct moments moments_of(float count, float shift, float sum, float squares)
{
    struct moments made = {count, 0, 0};
    if (count > 0) {
        made.mean = shift + sum / count;
        made.squares = squares - sum * (sum / count);
        made.squares = made.squares < 0 ? 0 : made.squares;
    }
    return made;
}

template <typename T, bool ROWS, int N> __global__ void norm_moments(const struct norm_args a)
{
    const int own = own_channels<ROWS, N>::count;
    __shared__ struct moments cells[NORM_BLOCK * own];
    struct norm_part part = part_of(a.walk);
    float shift[own] = {}, sum[own] = {}, squares[own] = {}, count = 0;
    for (int64_t place = part.begin; part.active && place < part.end; place += part.step) {
        float values[N];
        load<T, N>(values, static_cast<const T *>(a.input) + place_offset(a.walk, part, place));
#pragma unroll
        for (int k = 0; k < N; k++) {
            const int c = ROWS ? k : 0;
            if (count == 0 && k == c)
                shift[c] = values[k];
            float deviation = values[k] - shift[c];
            sum[c] += deviation;
            squares[c] += deviation * deviation;
        }
        count += ROWS ? 1 : N;
    }
#pragma unroll
    for (int c = 0; c < own; c++)
        cells[c * NORM_BLOCK + threadIdx.x] = moments_of(count, shift[c], sum[c], squares[c]);
    __syncthreads();
    for (int half = NORM_BLOCK / 2; half >= a.walk.lanes; half /= 2) {
        if (static_cast<int>(threadIdx.x) < half)
#pragma unroll
            for (int c = 0; c < own; c++) {
                struct moments *cell = &cells[c * NORM_BLOCK + threadIdx.x];
                *cell = merged(cell[0], cell[half]);
            }
        __syncthreads();
    }
    for (int c = 0; c < own && part.active && static_cast<int>(threadIdx.x) < a.walk.lanes; c++) {
        struct moments whole = cells[c * NORM_BLOCK + threadIdx.x];
        float *to = a.part + (static_cast<int64_t>(blockIdx.y) * a.walk.channels + part.channel + c) * NORM_PART_FLOATS;
        to[0] = whole.count;
        to[1] = whole.mean;
        to[2] = whole.squares;
    }
}
NORM_INSTANCES(norm_moments)

__device__ inline struct moments part_moments(const struct norm_args &a, int64_t part, int64_t channel)
{
    const float *from = a.part + (part * a.walk.channels + channel) * NORM_PART_FLOATS;
    struct moments made = {from[0], from[1], from[2]};
    return made;
}

/* A warp for each channel: statistics, running statistics, and what the last pass multiplies with. */
__global__ void batch_norm_finish(const struct norm_args a)
{
    int64_t c = warp_number();
    int lane = threadIdx.x % WARP;
    if (c >= a.walk.channels)
        return;
    struct moments own = {0, 0, 0};
    for (int64_t part = lane; a.training && part < a.walk.splits; part += WARP)
        own = merged(own, part_moments(a, part, c));
    own = warp_merged(own);
    if (lane != 0)
        return;
    float mean = own.mean, variance = own.squares / own.count;
    if (!a.training) {
        mean = a.running_mean[c];
        variance = a.running_var[c];
    }
    float invstd = 1 / sqrtf(variance + a.eps);
    a.coefficient[c] = mean;
    a.coefficient[a.walk.channels + c] = invstd * a.weight[c];
    if (!a.training)
        return;
    float unbiased = own.count > 1 ? own.squares / (own.count - 1) : variance;
    a.running_mean[c] = (1 - a.momentum) * a.running_mean[c] + a.momentum * mean;
    a.running_var[c] = (1 - a.momentum) * a.running_var[c] + a.momentum * unbiased;
    a.mean[c] = mean;
    a.invstd[c] = invstd;
}

/* A warp for each image and group. */
__global__ void group_norm_finish(const struct norm_args a)
{
    int64_t at = warp_number(), each = a.walk.channels / a.groups;
    int lane = threadIdx.x % WARP;
    if (at >= a.walk.outers * a.groups)
        return;
    int64_t image = at / a.groups, first = at % a.groups * each;
    struct moments own = {0, 0, 0};
    for (int64_t i = lane; i < each * a.walk.splits; i += WARP)
        own = merged(own, part_moments(a, image * a.walk.splits + i / each, first + i % each));
    own = warp_merged(own);
    float invstd = 1 / sqrtf(own.squares / own.count + a.eps);
    if (lane == 0) {
        a.mean[at] = own.mean;
        a.invstd[at] = invstd;
    }
    for (int64_t c = first + lane; c < first + each; c += WARP) {
        int64_t to = image * a.walk.channels + c;
        a.coefficient[to] = own.mean;
        a.coefficient[a.walk.outers * a.walk.channels + to] = invstd * weight_of(a, c);
    }
}

template <typename T, bool ROWS, int N> __global__ void norm_apply(const struct norm_args a)
{
    const int own = own_channels<ROWS, N>::count;
    struct norm_part part = part_of(a.walk);
    if (!part.active)
        return;
    const float *coefficient = a.coefficient + part.outer * a.walk.channels + part.channel;
    float mean[own], scale[own], bias[own];
#pragma unroll
    for (int c = 0; c < own; c++) {
        mean[c] = coefficient[c];
        scale[c] = coefficient[a.walk.outers * a.walk.channels + c];
        bias[c] = bias_of(a, part.channel + c);
    }
    for (int64_t place = part.begin; place < part.end; place += part.step) {
        int64_t at = place_offset(a.walk, part, place);
        float values[N], residual[N] = {};
        load<T, N>(values, static_cast<const T *>(a.input) + at);
        if (a.other)
            load<T, N>(residual, static_cast<const T *>(a.other) + at);
#pragma unroll
        for (int k = 0; k < N; k++) {
            const int c = ROWS ? k : 0;
            float value = (values[k] - mean[c]) * scale[c] + bias[c];
            if (a.other)
                value = rounded<T>(value) + residual[k];
            values[k] = a.relu && value <= 0 ? 0 : value;
        }
        store<T, N>(static_cast<T *>(a.result) + at, values);
    }
}
NORM_INSTANCES(norm_apply)

extern "C" cudaError_t cuda_launch_norm_moments(const struct launch_on *on, const struct norm_args *args)
{
    WITH_NORM(args, T, ROWS, N, return launch_parts(on, norm_moments<T COMMA ROWS COMMA N>, args));
}

extern "C" cudaError_t cuda_launch_batch_norm_finish(const struct launch_on *on, const struct norm_args *args)
{
    return launch_warps(on, batch_norm_finish, args->walk.channels, args);
}

extern "C" cudaError_t cuda_launch_group_norm_finish(const struct launch_on *on, const struct norm_args *args)
{
    return launch_warps(on, group_norm_finish, args->walk.outers * args->groups, args);
}

extern "C" cudaError_t cuda_launch_norm_apply(const struct launch_on *on, const struct norm_args *args)
{
    WITH_NORM(args, T, ROWS, N, return launch_parts(on, norm_apply<T COMMA ROWS COMMA N>, args));
}
