/*
 * What every kernel file uses: elements of the three float dtypes, vectors of 16 bytes, walks over strided tensors, and sums
 * over a warp or a block. Arithmetic is float32; a result is rounded once, when it is stored.
 *
 * Kernels take one struct by value, are no templates of templates' insides and have external linkage, so that the host's
 * compiler, for tests/simgpu, makes the same symbols of the same source as nvcc.
 */
#ifndef KERNELS_CUDA_ELEMENT_CUH
#define KERNELS_CUDA_ELEMENT_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "kernels/cuda/iteration.h"
#include "kernels/cuda/grid.h"

#define WARP 32
#define ALL_LANES 0xffffffffu

__device__ inline float to_float(float value)
{
    return value;
}
__device__ inline float to_float(__half value)
{
    return __half2float(value);
}
__device__ inline float to_float(__nv_bfloat16 value)
{
    return __bfloat162float(value);
}

template <typename T> struct element;
template <> struct element<float> {
    static const enum dtype dtype = DTYPE_FLOAT32;
    static __device__ inline float from(float value)
    {
        return value;
    }
};
template <> struct element<__half> {
    static const enum dtype dtype = DTYPE_FLOAT16;
    static __device__ inline __half from(float value)
    {
        return __float2half_rn(value);
    }
};
template <> struct element<__nv_bfloat16> {
    static const enum dtype dtype = DTYPE_BFLOAT16;
    static __device__ inline __nv_bfloat16 from(float value)
    {
        return __float2bfloat16_rn(value);
    }
};

/* The value as a T would hold it. */
template <typename T> __device__ inline float rounded(float value)
{
    return to_float(element<T>::from(value));
}

/* N elements that are loaded and stored as one. */
template <typename T, int N> struct alignas(sizeof(T) * N) vector_of {
    T at[N];
};

template <typename T> struct lanes {
    static const int count = 16 / sizeof(T);
};

/* A GPU takes vectors at multiples of their size only; the simulator's host would take any. */
#ifdef SIMGPU_SIMT_H
#define CHECK_ALIGNED(pointer, bytes)                                  \
    do {                                                               \
        if (reinterpret_cast<uintptr_t>(pointer) % (bytes) != 0)       \
            simt_trap("a vector at an address that is not a multiple of its size"); \
    } while (0)
#else
#define CHECK_ALIGNED(pointer, bytes) ((void)0)
#endif

template <typename T, int N> __device__ inline vector_of<T, N> load_whole(const T *from)
{
    CHECK_ALIGNED(from, sizeof(T) * N);
    return *reinterpret_cast<const vector_of<T, N> *>(from);
}

template <typename T, int N> __device__ inline void store_whole(T *to, const vector_of<T, N> &whole)
{
    CHECK_ALIGNED(to, sizeof(T) * N);
    *reinterpret_cast<vector_of<T, N> *>(to) = whole;
}

template <typename T, int N> __device__ inline void load(float (&values)[N], const T *from)
{
    const vector_of<T, N> whole = load_whole<T, N>(from);
#pragma unroll
    for (int i = 0; i < N; i++)
        values[i] = to_float(whole.at[i]);
}

template <typename T, int N> __device__ inline void store(T *to, const float (&values)[N])
{
    vector_of<T, N> whole;
#pragma unroll
    for (int i = 0; i < N; i++)
        whole.at[i] = element<T>::from(values[i]);
    store_whole<T, N>(to, whole);
}

/* Elements whose dtype is known when the kernel runs: for paths where no dtype is worth code of its own. */
__device__ inline float load_any(const void *data, int dtype, int64_t at)
{
    switch (dtype) {
    case DTYPE_BFLOAT16:
        return to_float(static_cast<const __nv_bfloat16 *>(data)[at]);
    case DTYPE_FLOAT16:
        return to_float(static_cast<const __half *>(data)[at]);
    case DTYPE_UINT8:
        return static_cast<const unsigned char *>(data)[at];
    default:
        return static_cast<const float *>(data)[at];
    }
}
__device__ inline void store_any(void *data, int dtype, int64_t at, float value)
{
    switch (dtype) {
    case DTYPE_BFLOAT16:
        static_cast<__nv_bfloat16 *>(data)[at] = element<__nv_bfloat16>::from(value);
        return;
    case DTYPE_FLOAT16:
        static_cast<__half *>(data)[at] = element<__half>::from(value);
        return;
    case DTYPE_UINT8:
        static_cast<unsigned char *>(data)[at] = static_cast<unsigned char>(value);
        return;
    default:
        static_cast<float *>(data)[at] = value;
    }
}
__device__ inline float round_any(int dtype, float value)
{
    return dtype == DTYPE_BFLOAT16 ? rounded<__nv_bfloat16>(value)
           : dtype == DTYPE_FLOAT16 ? rounded<__half>(value)
                                    : value;
}

/* n / divisor and what remains. */
__device__ inline int64_t divide(const struct fast_divisor &by, int64_t n, int64_t *rest)
{
    int64_t quotient;
    if (by.multiplier) {
        uint32_t small = static_cast<uint32_t>(n);
        uint32_t high = static_cast<uint32_t>((static_cast<uint64_t>(small) * by.multiplier) >> 32);
        quotient = (high + small) >> by.shift;
    } else {
        quotient = n / by.divisor;
    }
    *rest = n - quotient * by.divisor;
    return quotient;
}

/* Offsets of element (or vector) `index` in the first N operands. */
template <int N> __device__ inline void offsets_of(const struct iteration &walk, int64_t index, int64_t (&offset)[N])
{
#pragma unroll
    for (int i = 0; i < N; i++)
        offset[i] = 0;
    for (int d = 0; d < walk.dims; d++) {
        int64_t place = index;
        if (d + 1 < walk.dims)
            index = divide(walk.size[d], index, &place);
#pragma unroll
        for (int i = 0; i < N; i++)
            offset[i] += place * walk.stride[i][d];
    }
}

/* Heads a statement that runs for every `i` below `count` in some thread of the grid (one-dimensional). */
#define FOR_GRID(i, count)                                                                                  \
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < (count);              \
         i += static_cast<int64_t>(gridDim.x) * blockDim.x)

__device__ inline float warp_sum(float value)
{
    for (int step = WARP / 2; step > 0; step /= 2)
        value += __shfl_xor_sync(ALL_LANES, value, step);
    return value;
}
__device__ inline float warp_max(float value)
{
    for (int step = WARP / 2; step > 0; step /= 2)
        value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, step));
    return value;
}

/* The sum over all threads of a one-dimensional block of whole warps, for all of them; cells: shared, 33 floats. */
__device__ inline float block_sum(float value, float *cells)
{
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    value = warp_sum(value);
    if (lane == 0)
        cells[warp] = value;
    __syncthreads();
    if (warp == 0) {
        float whole = warp_sum(lane < warps ? cells[lane] : 0);
        if (lane == 0)
            cells[WARP] = whole;
    }
    __syncthreads();
    float whole = cells[WARP];
    __syncthreads(); /* the cells may be used again */
    return whole;
}

/* Runs `statement` with T the type of a dtype. */
#define WITH_DTYPE(dtype, T, statement)        \
    do {                                       \
        if ((dtype) == DTYPE_FLOAT16) {        \
            typedef __half T;                  \
            statement;                         \
        } else if ((dtype) == DTYPE_BFLOAT16) { \
            typedef __nv_bfloat16 T;           \
            statement;                         \
        } else {                               \
            typedef float T;                   \
            statement;                         \
        }                                      \
    } while (0)

static inline bool is_aligned(const void *pointer)
{
    return reinterpret_cast<uintptr_t>(pointer) % 16 == 0;
}

#endif
