/*
 * The kernels of pointwise operators, made from a function: by vectors of 16 bytes where the output and its operands lie alike
 * along the fastest dimension (or an operand is repeated along it), else element by element over any strides and dtypes.
 */
#ifndef KERNELS_CUDA_POINTWISE_CUH
#define KERNELS_CUDA_POINTWISE_CUH

#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/pointwise_functions.cuh"
#include "kernels/cuda/pointwise_kernel.h"

template <typename T> struct round_to {
    __device__ inline float operator()(float value) const
    {
        return rounded<T>(value);
    }
};
struct round_to_any {
    int dtype;
    __device__ inline float operator()(float value) const
    {
        return round_any(dtype, value);
    }
};

/* Vector of an operand; repeated: one element for all. */
template <typename T, int N> __device__ inline void load_operand(float (&values)[N], const T *from, bool repeated)
{
    if (!repeated) {
        load<T, N>(values, from);
        return;
    }
    float value = to_float(*from);
#pragma unroll
    for (int k = 0; k < N; k++)
        values[k] = value;
}

template <typename F, typename T, int N>
__device__ inline void apply_at(const struct pointwise_args &a, const int64_t (&offset)[4], const bool (&repeated)[4])
{
    float x[N], y[N] = {}, z[N] = {};
    load_operand<T, N>(x, static_cast<const T *>(a.input[0]) + offset[1], repeated[1]);
    if (F::inputs > 1)
        load_operand<T, N>(y, static_cast<const T *>(a.input[1]) + offset[2], repeated[2]);
    if (F::inputs > 2)
        load_operand<T, N>(z, static_cast<const T *>(a.input[2]) + offset[3], repeated[3]);
#pragma unroll
    for (int k = 0; k < N; k++)
        x[k] = F::of(x[k], y[k], z[k], a.scalar, round_to<T>());
    store<T, N>(static_cast<T *>(a.output) + offset[0], x);
}

template <typename F, typename T> __global__ void pointwise_vectors(const struct pointwise_args a)
{
    const int width = lanes<T>::count;
    bool repeated[4];
#pragma unroll
    for (int i = 0; i < 4; i++)
        repeated[i] = a.walk.stride[i][0] == 0;
    FOR_GRID(i, a.walk.count) {
        int64_t offset[4];
        offsets_of(a.walk, i, offset);
        apply_at<F, T, width>(a, offset, repeated);
    }
    FOR_GRID(i, a.tail) {
        int64_t offset[4];
#pragma unroll
        for (int k = 0; k < 4; k++)
            offset[k] = repeated[k] ? 0 : a.walk.count * width + i;
        apply_at<F, T, 1>(a, offset, repeated);
    }
}

template <typename F> __global__ void pointwise_any(const struct pointwise_args a)
{
    round_to_any round = {a.output_dtype};
    FOR_GRID(i, a.walk.count) {
        int64_t offset[4];
        float y = 0, z = 0;
        offsets_of(a.walk, i, offset);
        float x = load_any(a.input[0], a.input_dtype[0], offset[1]);
        if (F::inputs > 1)
            y = load_any(a.input[1], a.input_dtype[1], offset[2]);
        if (F::inputs > 2)
            z = load_any(a.input[2], a.input_dtype[2], offset[3]);
        store_any(a.output, a.output_dtype, offset[0], F::of(x, y, z, a.scalar, round));
    }
}

template <typename F> static cudaError_t launch_pointwise(const struct launch_on *on, const struct pointwise_args *args)
{
    int64_t threads = args->walk.count > args->tail ? args->walk.count : args->tail;
    if (args->width == 1)
        return launch_grid(on, pointwise_any<F>, threads, *args);
    WITH_DTYPE(args->output_dtype, T, return launch_grid(on, pointwise_vectors<F COMMA T>, threads, *args));
}

#define POINTWISE_INSTANCES(name, inputs)                                                                        \
    template __global__ void pointwise_any<function::name>(const struct pointwise_args);                         \
    template __global__ void pointwise_vectors<function::name, float>(const struct pointwise_args);              \
    template __global__ void pointwise_vectors<function::name, __half>(const struct pointwise_args);             \
    template __global__ void pointwise_vectors<function::name, __nv_bfloat16>(const struct pointwise_args);      \
    extern "C" cudaError_t cuda_launch_##name(const struct launch_on *on, const struct pointwise_args *args)             \
    {                                                                                                            \
        return launch_pointwise<function::name>(on, args);                                                       \
    }

#endif
