/*
 * Device code on the host: with this included first, g++ compiles the .cu files that nvcc compiles. Qualifiers, indices, barriers,
 * shuffles, votes, atomics and the device's own arithmetic functions; README.md tells what is there and what is not. CUDA's real
 * headers give types, vectors, half and bfloat16.
 */
#ifndef SIMGPU_SIMT_H
#define SIMGPU_SIMT_H

#ifdef __CUDACC__
#error "simt.h is for the host's compiler"
#endif

/* Before CUDA's headers, which keep what is defined. */
#define __global__ __attribute__((visibility("default")))
#define __device__
#define __host__
#define __shared__ thread_local
#define __constant__
#define __grid_constant__
#define __launch_bounds__(...)

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <cuda_runtime.h>

#include "simt_abi.h"

static const simt_index &threadIdx __attribute__((unused)) = simt_now.thread;
static const simt_index &blockIdx __attribute__((unused)) = simt_now.block;
static const simt_index &blockDim __attribute__((unused)) = simt_now.block_size;
static const simt_index &gridDim __attribute__((unused)) = simt_now.grid;
static const int warpSize __attribute__((unused)) = SIMT_WARP;

/* ---- barriers ---- */
static inline void __syncthreads()
{
    simt_barrier(0);
}
static inline int __syncthreads_count(int predicate)
{
    return simt_barrier(predicate != 0);
}
static inline int __syncthreads_or(int predicate)
{
    return simt_barrier(predicate != 0) != 0;
}
static inline int __syncthreads_and(int predicate)
{
    return simt_barrier(predicate == 0) == 0;
}
static inline void __syncwarp(unsigned mask = 0xffffffffu)
{
    struct simt_collective call = {SIMT_SYNC, mask, 0, SIMT_WARP, nullptr, nullptr, 0};
    simt_warp(&call);
}
static inline void __threadfence() {}
static inline void __threadfence_block() {}
static inline void __threadfence_system() {}
[[noreturn]] static inline void __trap()
{
    simt_trap("__trap()");
}

/* ---- shuffles and votes ---- */
template <typename T> static inline T simt_shuffle(enum simt_collective_kind kind, unsigned mask, T value, int operand, int width)
{
    static_assert(std::is_trivially_copyable<T>::value && sizeof(T) <= 16, "shuffles move plain values");
    T result = value;
    struct simt_collective call = {kind, mask, operand, width, &value, &result, sizeof value};
    simt_warp(&call);
    return result;
}
template <typename T> static inline T __shfl_sync(unsigned mask, T value, int lane, int width = SIMT_WARP)
{
    return simt_shuffle(SIMT_SHUFFLE, mask, value, lane, width);
}
template <typename T> static inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = SIMT_WARP)
{
    return simt_shuffle(SIMT_SHUFFLE_UP, mask, value, static_cast<int>(delta), width);
}
template <typename T> static inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = SIMT_WARP)
{
    return simt_shuffle(SIMT_SHUFFLE_DOWN, mask, value, static_cast<int>(delta), width);
}
template <typename T> static inline T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = SIMT_WARP)
{
    return simt_shuffle(SIMT_SHUFFLE_XOR, mask, value, lane_mask, width);
}
static inline unsigned __ballot_sync(unsigned mask, int predicate)
{
    unsigned result = 0;
    int value = predicate != 0;
    struct simt_collective call = {SIMT_BALLOT, mask, 0, SIMT_WARP, &value, &result, sizeof value};
    simt_warp(&call);
    return result;
}
static inline int __any_sync(unsigned mask, int predicate)
{
    return __ballot_sync(mask, predicate) != 0;
}
static inline int __all_sync(unsigned mask, int predicate)
{
    return __ballot_sync(mask, predicate) == mask;
}
static inline unsigned __activemask()
{
    return simt_active_lanes();
}

/* ---- atomics: threads are fibers of one host thread, so that plain reads and writes do ---- */
template <typename T> static inline T simt_exchange(T *at, T value)
{
    T old = *at;
    *at = value;
    return old;
}
#define SIMT_ATOMIC(name, expression)                                                          \
    template <typename T> static inline T name(T *at, typename std::common_type<T>::type value) \
    {                                                                                          \
        T old = *at;                                                                           \
        return simt_exchange(at, static_cast<T>(expression));                                  \
    }
SIMT_ATOMIC(atomicAdd, old + value)
SIMT_ATOMIC(atomicSub, old - value)
SIMT_ATOMIC(atomicExch, ((void)old, value))
SIMT_ATOMIC(atomicMin, value < old ? value : old)
SIMT_ATOMIC(atomicMax, value > old ? value : old)
SIMT_ATOMIC(atomicAnd, old & value)
SIMT_ATOMIC(atomicOr, old | value)
SIMT_ATOMIC(atomicXor, old ^ value)
SIMT_ATOMIC(atomicInc, old >= value ? 0 : old + 1)
SIMT_ATOMIC(atomicDec, old == 0 || old > value ? value : old - 1)
#undef SIMT_ATOMIC
template <typename T>
static inline T atomicCAS(T *at, typename std::common_type<T>::type compare, typename std::common_type<T>::type value)
{
    return *at == compare ? simt_exchange(at, static_cast<T>(value)) : *at;
}

/* ---- loads and arithmetic that the host has under other names or not at all ---- */
template <typename T> static inline T __ldg(const T *at)
{
    return *at;
}
template <typename T> static inline T __ldcs(const T *at)
{
    return *at;
}
template <typename T> static inline void __stcs(T *at, T value)
{
    *at = value;
}
/* The device's approximations (CUDA C++ Programming Guide, intrinsic functions), here exact. */
#define __expf(x) expf(x) /* macros: the C library has functions of these names */
#define __logf(x) logf(x)
#define __powf(x, y) powf(x, y)
static inline float __fdividef(float x, float y)
{
    return x / y;
}
static inline float rsqrtf(float x)
{
    return static_cast<float>(1 / sqrt(static_cast<double>(x)));
}
static inline float __frsqrt_rn(float x)
{
    return rsqrtf(x);
}
static inline float __frcp_rn(float x)
{
    return 1 / x;
}
static inline float __fsqrt_rn(float x)
{
    return sqrtf(x);
}
/* _rn: never contracted into a fused multiply-add. -ffp-contract=off does that for the whole file. */
static inline float __fadd_rn(float x, float y)
{
    return x + y;
}
static inline float __fsub_rn(float x, float y)
{
    return x - y;
}
static inline float __fmul_rn(float x, float y)
{
    return x * y;
}
static inline float __fdiv_rn(float x, float y)
{
    return x / y;
}
static inline float __fmaf_rn(float x, float y, float z)
{
    return fmaf(x, y, z);
}
static inline double __dmul_rn(double x, double y)
{
    return x * y;
}
static inline double __dadd_rn(double x, double y)
{
    return x + y;
}
static inline float normcdff(float x)
{
    return 0.5f * erfcf(x * -0.70710678118654752440f);
}
static inline float __saturatef(float x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0;
}
static inline int __float_as_int(float x)
{
    int bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline unsigned __float_as_uint(float x)
{
    return static_cast<unsigned>(__float_as_int(x));
}
static inline float __int_as_float(int bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline float __uint_as_float(unsigned bits)
{
    return __int_as_float(static_cast<int>(bits));
}
static inline unsigned __umulhi(unsigned x, unsigned y)
{
    return static_cast<unsigned>((static_cast<uint64_t>(x) * y) >> 32);
}
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y)
{
    return static_cast<unsigned long long>((static_cast<unsigned __int128>(x) * y) >> 64);
}
static inline int __popc(unsigned x)
{
    return __builtin_popcount(x);
}
static inline int __clz(int x)
{
    return x ? __builtin_clz(static_cast<unsigned>(x)) : 32;
}
static inline int __ffs(int x)
{
    return __builtin_ffs(x);
}
static inline unsigned __brev(unsigned x)
{
    unsigned reversed = 0;
    for (int i = 0; i < 32; i++)
        reversed |= (x >> i & 1) << (31 - i);
    return reversed;
}
#define SIMT_LEAST_MOST(type)                     \
    static inline type min(type x, type y)        \
    {                                             \
        return y < x ? y : x;                     \
    }                                             \
    static inline type max(type x, type y)        \
    {                                             \
        return y > x ? y : x;                     \
    }
SIMT_LEAST_MOST(int)
SIMT_LEAST_MOST(unsigned)
SIMT_LEAST_MOST(long)
SIMT_LEAST_MOST(unsigned long)
SIMT_LEAST_MOST(long long)
SIMT_LEAST_MOST(unsigned long long)
#undef SIMT_LEAST_MOST
static inline float min(float x, float y)
{
    return fminf(x, y);
}
static inline float max(float x, float y)
{
    return fmaxf(x, y);
}
static inline double min(double x, double y)
{
    return fmin(x, y);
}
static inline double max(double x, double y)
{
    return fmax(x, y);
}

/* ---- registration: SIMT_KERNEL("_Z9my_kernelIfEv7my_args", my_kernel<float>) behind the kernels ---- */
template <typename... P> struct simt_maker {
    template <size_t... I> static void call_with(void (*function)(P...), void *const *args, std::index_sequence<I...>)
    {
        function(*static_cast<const typename std::remove_const<P>::type *>(args[I])...);
    }
    static void call(void (*function)(void), void *const *args)
    {
        call_with(reinterpret_cast<void (*)(P...)>(function), args, std::index_sequence_for<P...>());
    }
};
template <typename... P> static bool simt_make(const char *name, void (*function)(P...))
{
    static const size_t bytes[] = {sizeof(P)..., 0};
    simt_kernel *kernel = new simt_kernel; /* kept for life */
    *kernel = {name, reinterpret_cast<void (*)(void)>(function), simt_maker<P...>::call, static_cast<int>(sizeof...(P)), bytes};
    simt_register(kernel);
    return true;
}
#define SIMT_JOIN2(a, b) a##b
#define SIMT_JOIN(a, b) SIMT_JOIN2(a, b)
#define SIMT_KERNEL(name, ...) static const bool SIMT_JOIN(simt_made_, __COUNTER__) __attribute__((unused)) = simt_make(name, __VA_ARGS__);

#endif
