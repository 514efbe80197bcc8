/*
 * Sixteen floats at a time, written once with GCC's vector extensions and compiled per instruction set (v2: SSE4, v3: AVX2,
 * v4: AVX-512). Storage may be float32, bfloat16 or float16; arithmetic is float32.
 *
 * Kernels are written as always-inline bodies that take `enum dtype` as a constant; a switch calls them with each
 * constant, so the branches on dtype vanish (VECTOR_FOR_DTYPE).
 */
#ifndef KERNELS_CPU_VECTOR_SIMD_H
#define KERNELS_CPU_VECTOR_SIMD_H

/* Functions that take vectors wider than the level's registers are always inlined: their calling convention is moot. */
#pragma GCC diagnostic ignored "-Wpsabi"

#include <stdint.h>
#include <string.h>
#if defined(__F16C__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "kernels/dtype.h"

#define VECTOR_WIDTH 16
#define VECTOR_INLINE static inline __attribute__((always_inline))

typedef float vfloat __attribute__((vector_size(64)));
typedef int32_t vint __attribute__((vector_size(64)));
typedef uint32_t vuint __attribute__((vector_size(64)));
typedef uint16_t vhalf __attribute__((vector_size(32)));

/* name -> name_v3 and so on: every external symbol of a vector file goes through it. */
#define VECTOR_PASTE2(name, level) name##_##level
#define VECTOR_PASTE(name, level) VECTOR_PASTE2(name, level)
#define VECTOR_NAME(name) VECTOR_PASTE(name, VECTOR_LEVEL)

/* Calls body(dtype constant, ...) for the three float dtypes. */
#define VECTOR_FOR_DTYPE(dtype, body, ...)            \
    do {                                              \
        switch (dtype) {                              \
        case DTYPE_BFLOAT16:                          \
            body(DTYPE_BFLOAT16, __VA_ARGS__);        \
            break;                                    \
        case DTYPE_FLOAT16:                           \
            body(DTYPE_FLOAT16, __VA_ARGS__);         \
            break;                                    \
        default:                                      \
            body(DTYPE_FLOAT32, __VA_ARGS__);         \
            break;                                    \
        }                                             \
    } while (0)

VECTOR_INLINE vfloat vector_set(float x)
{
    return (vfloat){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

/* mask ? a : b, where mask is the result of a comparison (all ones or all zeros per lane). */
VECTOR_INLINE vfloat vector_select(vint mask, vfloat a, vfloat b)
{
    return (vfloat)(((vint)a & mask) | ((vint)b & ~mask));
}

VECTOR_INLINE vfloat vector_max(vfloat a, vfloat b)
{
    return vector_select(a > b, a, b);
}

VECTOR_INLINE float vector_sum(vfloat x)
{
    float s = 0;
    for (int i = 0; i < VECTOR_WIDTH; i++)
        s += x[i];
    return s;
}

VECTOR_INLINE vfloat vector_from_bf16(vhalf bits)
{
    return (vfloat)(__builtin_convertvector(bits, vuint) << 16);
}

/* Round to nearest even; NaN keeps its top bits with the quiet bit set. */
VECTOR_INLINE vhalf vector_to_bf16(vfloat x)
{
    vuint u = (vuint)x;
    vuint rounded = (u + (((u >> 16) & 1u) + 0x7fffu)) >> 16;
    vuint quiet = (u >> 16) | 0x40u;
    vuint is_nan = (vuint)(x != x);
    return __builtin_convertvector((rounded & ~is_nan) | (quiet & is_nan), vhalf);
}

VECTOR_INLINE vfloat vector_from_f16(vhalf bits)
{
#if defined(__AVX512F__)
    return (vfloat)_mm512_cvtph_ps((__m256i)bits);
#elif defined(__F16C__)
    union { vhalf h; __m128i part[2]; } in = {bits};
    union { vfloat f; __m256 part[2]; } out;
    out.part[0] = _mm256_cvtph_ps(in.part[0]);
    out.part[1] = _mm256_cvtph_ps(in.part[1]);
    return out.f;
#else
    vfloat out;
    for (int i = 0; i < VECTOR_WIDTH; i++)
        out[i] = dtype_float_from_float16(bits[i]);
    return out;
#endif
}

VECTOR_INLINE vhalf vector_to_f16(vfloat x)
{
#if defined(__AVX512F__)
    return (vhalf)_mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__F16C__)
    union { vfloat f; __m256 part[2]; } in = {x};
    union { vhalf h; __m128i part[2]; } out;
    out.part[0] = _mm256_cvtps_ph(in.part[0], _MM_FROUND_TO_NEAREST_INT);
    out.part[1] = _mm256_cvtps_ph(in.part[1], _MM_FROUND_TO_NEAREST_INT);
    return out.h;
#else
    vhalf out;
    for (int i = 0; i < VECTOR_WIDTH; i++)
        out[i] = dtype_float16_from_float(x[i]);
    return out;
#endif
}

/* Sixteen elements from index `i` of an array of `dtype`; no alignment needed. */
VECTOR_INLINE vfloat vector_load(enum dtype dtype, const void *data, int64_t i)
{
    if (dtype == DTYPE_FLOAT32) {
        vfloat x;
        memcpy(&x, (const float *)data + i, sizeof x);
        return x;
    }
    vhalf bits;
    memcpy(&bits, (const uint16_t *)data + i, sizeof bits);
    return dtype == DTYPE_BFLOAT16 ? vector_from_bf16(bits) : vector_from_f16(bits);
}

VECTOR_INLINE void vector_store(enum dtype dtype, void *data, int64_t i, vfloat x)
{
    if (dtype == DTYPE_FLOAT32) {
        memcpy((float *)data + i, &x, sizeof x);
        return;
    }
    vhalf bits = dtype == DTYPE_BFLOAT16 ? vector_to_bf16(x) : vector_to_f16(x);
    memcpy((uint16_t *)data + i, &bits, sizeof bits);
}

/* The first `count` (1..16) elements; the other lanes are 0. */
VECTOR_INLINE vfloat vector_load_part(enum dtype dtype, const void *data, int64_t i, int count)
{
    if (dtype == DTYPE_FLOAT32) {
        vfloat x = {0};
        memcpy(&x, (const float *)data + i, (size_t)count * sizeof(float));
        return x;
    }
    vhalf bits = {0};
    memcpy(&bits, (const uint16_t *)data + i, (size_t)count * sizeof(uint16_t));
    return dtype == DTYPE_BFLOAT16 ? vector_from_bf16(bits) : vector_from_f16(bits);
}

VECTOR_INLINE void vector_store_part(enum dtype dtype, void *data, int64_t i, int count, vfloat x)
{
    if (dtype == DTYPE_FLOAT32) {
        memcpy((float *)data + i, &x, (size_t)count * sizeof(float));
        return;
    }
    vhalf bits = dtype == DTYPE_BFLOAT16 ? vector_to_bf16(x) : vector_to_f16(x);
    memcpy((uint16_t *)data + i, &bits, (size_t)count * sizeof(uint16_t));
}

#endif
