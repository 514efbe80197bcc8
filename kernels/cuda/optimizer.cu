/*
 * Optimizers and the gradient scaler on flat float32 memory, four elements at a time. Scalars (learning rate, found_inf, step)
 * are read on the device, so that a step needs no word from the host.
 */
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/optimizer_kernel.h"

#define FLAT 4

__device__ inline bool is_set(const float *flag)
{
    return flag && *flag != 0;
}

/* Heads statements for every group of N elements at `at` of `count`: whole vectors, or single elements. */
#define FOR_FLAT(at, N, count) for (int64_t at = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * (N); at + (N) <= (count); \
                                    at += static_cast<int64_t>(gridDim.x) * blockDim.x * (N))

/* Runs `part` for vectors, then for the elements behind the last one; or for all elements singly. */
#define FLAT_KERNEL(name, args_type, one)                                                         \
    template <int N> __device__ inline void name##_range(const args_type &a, int64_t first, int64_t count) \
    {                                                                                             \
        FOR_FLAT(i, N, count)                                                                     \
            one<N>(a, first + i);                                                                 \
    }                                                                                             \
    __device__ inline void name##_all(const args_type &a)                                         \
    {                                                                                             \
        int64_t whole = a.vectors ? a.count / FLAT * FLAT : 0;                                    \
        name##_range<FLAT>(a, 0, whole);                                                          \
        name##_range<1>(a, whole, a.count - whole);                                               \
    }

template <int N> __device__ inline void hand_on(const float *from, float *to, int64_t at)
{
    float values[N];
    load<float, N>(values, from + at);
    store<float, N>(to + at, values);
}

/* The first step starts the momentum buffer with the gradient itself, without dampening. */
template <int N> __device__ inline void sgd_one(const struct sgd_args &a, int64_t at)
{
    float parameter[N], step[N], buffer[N] = {};
    float learning_rate = *a.learning_rate;
    bool first = is_set(a.first_step);
    load<float, N>(parameter, a.parameter + at);
    load<float, N>(step, a.gradient + at);
    if (a.momentum_used && !first)
        load<float, N>(buffer, a.buffer + at);
#pragma unroll
    for (int k = 0; k < N; k++) {
        step[k] += a.weight_decay * parameter[k];
        if (a.momentum_used) {
            buffer[k] = first ? step[k] : a.momentum * buffer[k] + (1 - a.dampening) * step[k];
            step[k] = a.nesterov ? step[k] + a.momentum * buffer[k] : buffer[k];
        }
        parameter[k] -= learning_rate * step[k];
    }
    store<float, N>(a.parameter_out + at, parameter);
    if (a.momentum_used)
        store<float, N>(a.buffer_out + at, buffer);
}
FLAT_KERNEL(sgd, struct sgd_args, sgd_one)

template <int N> __device__ inline void sgd_keep_one(const struct sgd_args &a, int64_t at)
{
    hand_on<N>(a.parameter, a.parameter_out, at);
    if (a.buffer && a.buffer_out)
        hand_on<N>(a.buffer, a.buffer_out, at);
}
FLAT_KERNEL(sgd_keep, struct sgd_args, sgd_keep_one)

__global__ void sgd_kernel(const struct sgd_args a)
{
    bool in_place = a.parameter == a.parameter_out && a.buffer == a.buffer_out;
    if (!is_set(a.found_inf))
        sgd_all(a);
    else if (!in_place)
        sgd_keep_all(a);
}

/* What all elements of a step of AdamW share. */
struct adamw_step {
    float decay, step_size, root_correction, beta1, beta2;
};

template <int N> __device__ inline void adamw_one(const struct adamw_args &a, const struct adamw_step &s, int64_t at)
{
    float parameter[N], gradient[N], average[N], square[N];
    load<float, N>(parameter, a.parameter + at);
    load<float, N>(gradient, a.gradient + at);
    load<float, N>(average, a.average + at);
    load<float, N>(square, a.square + at);
#pragma unroll
    for (int k = 0; k < N; k++) {
        average[k] = s.beta1 * average[k] + (1 - s.beta1) * gradient[k];
        square[k] = s.beta2 * square[k] + (1 - s.beta2) * gradient[k] * gradient[k];
        float denominator = sqrtf(square[k]) / s.root_correction + a.eps;
        parameter[k] = parameter[k] * s.decay - s.step_size * average[k] / denominator;
    }
    store<float, N>(a.parameter_out + at, parameter);
    store<float, N>(a.average_out + at, average);
    store<float, N>(a.square_out + at, square);
}

template <int N> __device__ inline void adamw_keep_one(const struct adamw_args &a, int64_t at)
{
    hand_on<N>(a.parameter, a.parameter_out, at);
    hand_on<N>(a.average, a.average_out, at);
    hand_on<N>(a.square, a.square_out, at);
}
FLAT_KERNEL(adamw_keep, struct adamw_args, adamw_keep_one)

/* Powers in double: 1 - beta2^step has few digits in the first steps. Once in a block. */
__device__ inline struct adamw_step adamw_step_of(const struct adamw_args &a)
{
    double step = static_cast<double>(*a.step) + 1, rate = *a.learning_rate;
    struct adamw_step made;
    made.decay = static_cast<float>(1 - rate * a.weight_decay);
    made.step_size = static_cast<float>(rate / (1 - pow(a.beta1, step)));
    made.root_correction = static_cast<float>(sqrt(1 - pow(a.beta2, step)));
    made.beta1 = static_cast<float>(a.beta1);
    made.beta2 = static_cast<float>(a.beta2);
    return made;
}

__global__ void adamw_kernel(const struct adamw_args a)
{
    __shared__ struct adamw_step shared;
    if (is_set(a.found_inf)) {
        if (a.parameter != a.parameter_out || a.average != a.average_out || a.square != a.square_out)
            adamw_keep_all(a);
        return;
    }
    if (threadIdx.x == 0)
        shared = adamw_step_of(a);
    __syncthreads();
    struct adamw_step step = shared;
    int64_t whole = a.vectors ? a.count / FLAT * FLAT : 0;
    FOR_FLAT(i, FLAT, whole)
        adamw_one<FLAT>(a, step, i);
    FOR_FLAT(i, 1, a.count - whole)
        adamw_one<1>(a, step, whole + i);
}

/* Behind adamw_kernel, all of whose blocks read the step. */
__global__ void adamw_count(const struct adamw_args a)
{
    *a.step_out = is_set(a.found_inf) ? *a.step : *a.step + 1;
}

template <int N> __device__ inline void unscale_one(const struct unscale_args &a, int64_t at)
{
    float values[N], inverse = static_cast<float>(1.0 / static_cast<double>(*a.scale));
    bool found = false;
    load<float, N>(values, a.gradient + at);
#pragma unroll
    for (int k = 0; k < N; k++) {
        found = found || !(fabsf(values[k]) <= 3.402823466e+38f);
        values[k] *= inverse;
    }
    store<float, N>(a.gradient_out + at, values);
    if (found)
        *a.found_inf = 1; /* whoever else writes, writes the same */
}
FLAT_KERNEL(unscale, struct unscale_args, unscale_one)

__global__ void unscale_kernel(const struct unscale_args a)
{
    unscale_all(a);
}

/* Arithmetic in double, rounded once. A growth that would overflow is left out, and the count starts anew all the same. */
__global__ void update_scale_kernel(const struct update_scale_args a)
{
    float scale = *a.scale, tracker = *a.tracker + 1;
    if (is_set(a.found_inf)) {
        scale = static_cast<float>(scale * a.backoff_factor);
        tracker = 0;
    } else if (tracker == a.growth_interval) {
        float grown = static_cast<float>(scale * a.growth_factor);
        scale = fabsf(grown) <= 3.402823466e+38f ? grown : scale;
        tracker = 0;
    }
    *a.scale_out = scale;
    *a.tracker_out = tracker;
}

__device__ inline double block_sum_double(double value, double *cells)
{
    cells[threadIdx.x] = value;
    __syncthreads();
    for (int half = CUDA_BLOCK / 2; half > 0; half /= 2) {
        if (static_cast<int>(threadIdx.x) < half)
            cells[threadIdx.x] += cells[threadIdx.x + half];
        __syncthreads();
    }
    return cells[0];
}

/* A float's square is exact in double; sums of them can't overflow. */
__global__ void norm2_parts(const struct norm2_args a)
{
    __shared__ double cells[CUDA_BLOCK];
    double sum = 0;
    int64_t whole = a.vectors ? a.count / FLAT * FLAT : 0;
    FOR_FLAT(i, FLAT, whole) {
        float values[FLAT];
        load<float, FLAT>(values, a.values + i);
#pragma unroll
        for (int k = 0; k < FLAT; k++)
            sum += static_cast<double>(values[k]) * values[k];
    }
    FOR_FLAT(i, 1, a.count - whole)
        sum += static_cast<double>(a.values[whole + i]) * a.values[whole + i];
    sum = block_sum_double(sum, cells);
    if (threadIdx.x == 0)
        a.part[blockIdx.x] = sum;
}

__global__ void norm2_finish(const struct norm2_args a)
{
    __shared__ double cells[CUDA_BLOCK];
    double sum = block_sum_double(threadIdx.x < NORM2_BLOCKS ? a.part[threadIdx.x] : 0, cells);
    if (threadIdx.x == 0)
        *a.result = static_cast<float>(sqrt(sum));
}

template <int N> __device__ inline void clip_one(const struct clip_args &a, int64_t at)
{
    float values[N], factor = static_cast<float>(a.max_norm / (static_cast<double>(*a.norm) + 1e-6));
    factor = factor >= 1 ? 1 : factor; /* a NaN goes on to the gradients, as in torch */
    load<float, N>(values, a.values + at);
#pragma unroll
    for (int k = 0; k < N; k++)
        values[k] *= factor;
    store<float, N>(a.values_out + at, values);
}
FLAT_KERNEL(clip, struct clip_args, clip_one)

__global__ void clip_kernel(const struct clip_args a)
{
    clip_all(a);
}

/* From the average below weight 0.5, else from the value, as torch.lerp. */
template <int N> __device__ inline void lerp_one(const struct lerp_args &a, int64_t at)
{
    float average[N], value[N];
    load<float, N>(average, a.average + at);
    load<float, N>(value, a.value + at);
#pragma unroll
    for (int k = 0; k < N; k++) {
        float step = value[k] - average[k];
        average[k] = fabsf(a.weight) < 0.5f ? average[k] + a.weight * step : value[k] - step * (1 - a.weight);
    }
    store<float, N>(a.average_out + at, average);
}
FLAT_KERNEL(lerp, struct lerp_args, lerp_one)

__global__ void lerp_kernel(const struct lerp_args a)
{
    lerp_all(a);
}

template <typename A> static cudaError_t launch_flat(const struct launch_on *on, void (*kernel)(const A), const A *args)
{
    int64_t threads = args->vectors ? (args->count + FLAT - 1) / FLAT : args->count;
    return launch_grid(on, kernel, threads, *args);
}

extern "C" cudaError_t cuda_launch_sgd(const struct launch_on *on, const struct sgd_args *args)
{
    return launch_flat(on, sgd_kernel, args);
}

extern "C" cudaError_t cuda_launch_adamw(const struct launch_on *on, const struct adamw_args *args)
{
    cudaError_t error = launch_flat(on, adamw_kernel, args);
    return error != cudaSuccess ? error : launch_blocks(on, adamw_count, 1, 1, *args);
}

extern "C" cudaError_t cuda_launch_unscale(const struct launch_on *on, const struct unscale_args *args)
{
    cudaError_t error = cudaMemsetAsync(args->found_inf, 0, sizeof *args->found_inf, on->stream);
    return error != cudaSuccess ? error : launch_flat(on, unscale_kernel, args);
}

extern "C" cudaError_t cuda_launch_update_scale(const struct launch_on *on, const struct update_scale_args *args)
{
    return launch_blocks(on, update_scale_kernel, 1, 1, *args);
}

extern "C" cudaError_t cuda_launch_norm2(const struct launch_on *on, const struct norm2_args *args)
{
    cudaError_t error = launch_plane(on, norm2_parts, NORM2_BLOCKS, 1, dim3(CUDA_BLOCK), *args);
    return error != cudaSuccess ? error : launch_blocks(on, norm2_finish, 1, CUDA_BLOCK, *args);
}

extern "C" cudaError_t cuda_launch_clip(const struct launch_on *on, const struct clip_args *args)
{
    return launch_flat(on, clip_kernel, args);
}

extern "C" cudaError_t cuda_launch_lerp(const struct launch_on *on, const struct lerp_args *args)
{
    return launch_flat(on, lerp_kernel, args);
}
