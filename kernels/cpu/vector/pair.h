/*
 * Thirty-two elements at a time as a pair of vectors. bfloat16 is taken apart without shuffles: the even elements are the
 * low halves of 32-bit words, the odd ones the high halves. So a bfloat16 pair is (even, odd) and other dtypes' is
 * (first, second): what goes with a pair lane by lane must be kept in the same order (pair_place). Sixteen at a time
 * cost twice the instructions, and batch norm was bound by them, not by memory.
 */
#ifndef KERNELS_CPU_VECTOR_PAIR_H
#define KERNELS_CPU_VECTOR_PAIR_H

#include "kernels/cpu/vector/simd.h"

#define PAIR_WIDTH 32

struct vpair {
    vfloat a, b;
};

/* Where element `i` of an array stands when the array is kept in pair order. */
static inline int64_t pair_place(enum dtype dtype, int64_t i)
{
    return dtype == DTYPE_BFLOAT16 ? (i & ~(int64_t)31) | (i & 1) << 4 | (i & 31) >> 1 : i;
}

/* x * y + z; fused where the instruction set has it. */
VECTOR_INLINE vfloat vector_fma(vfloat x, vfloat y, vfloat z)
{
#if defined(__AVX512F__)
    return (vfloat)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)z);
#elif defined(__FMA__)
    union { vfloat f; __m256 part[2]; } u = {x}, v = {y}, w = {z};
    w.part[0] = _mm256_fmadd_ps(u.part[0], v.part[0], w.part[0]);
    w.part[1] = _mm256_fmadd_ps(u.part[1], v.part[1], w.part[1]);
    return w.f;
#else
    return x * y + z;
#endif
}

VECTOR_INLINE struct vpair pair_load(enum dtype dtype, const void *data, int64_t i)
{
    if (dtype != DTYPE_BFLOAT16)
        return (struct vpair){vector_load(dtype, data, i), vector_load(dtype, data, i + VECTOR_WIDTH)};
    vuint words;
    memcpy(&words, (const uint16_t *)data + i, sizeof words);
    return (struct vpair){(vfloat)(words << 16), (vfloat)(words & 0xffff0000u)};
}

/* Two float32 vectors, already in pair order. */
VECTOR_INLINE struct vpair pair_load_lanes(const float *lanes, int64_t i)
{
    return (struct vpair){vector_load(DTYPE_FLOAT32, lanes, i), vector_load(DTYPE_FLOAT32, lanes, i + VECTOR_WIDTH)};
}

/* Rounds to nearest even in the upper half; the lower half is left dirty. NaN keeps its top bits, made quiet. */
VECTOR_INLINE vuint pair_round(vfloat x)
{
    vuint u = (vuint)x;
    vuint rounded = u + (((u >> 16) & 1u) + 0x7fffu);
    return (vuint)vector_select(x != x, (vfloat)(u | 0x400000u), (vfloat)rounded);
}

VECTOR_INLINE void pair_store(enum dtype dtype, void *data, int64_t i, struct vpair x)
{
    if (dtype != DTYPE_BFLOAT16) {
        vector_store(dtype, data, i, x.a);
        vector_store(dtype, data, i + VECTOR_WIDTH, x.b);
        return;
    }
    vuint words = pair_round(x.a) >> 16 | (pair_round(x.b) & 0xffff0000u);
    memcpy((uint16_t *)data + i, &words, sizeof words);
}

/* Undoes pair order: sixteen and sixteen floats to thirty-two in the array's own order. */
VECTOR_INLINE void pair_store_natural(enum dtype dtype, float *to, struct vpair x)
{
    if (dtype != DTYPE_BFLOAT16) {
        pair_store(DTYPE_FLOAT32, to, 0, x);
        return;
    }
    for (int i = 0; i < VECTOR_WIDTH; i++) {
        to[2 * i] = x.a[i];
        to[2 * i + 1] = x.b[i];
    }
}

/* The first `count` (1..32) elements; the others are 0. */
VECTOR_INLINE struct vpair pair_load_part(enum dtype dtype, const void *data, int64_t i, int64_t count)
{
    char buffer[PAIR_WIDTH * sizeof(float)] = {0};
    size_t size = dtype == DTYPE_FLOAT32 ? sizeof(float) : sizeof(uint16_t);
    memcpy(buffer, (const char *)data + (size_t)i * size, (size_t)count * size);
    return pair_load(dtype, buffer, 0);
}

VECTOR_INLINE void pair_store_part(enum dtype dtype, void *data, int64_t i, int64_t count, struct vpair x)
{
    char buffer[PAIR_WIDTH * sizeof(float)];
    size_t size = dtype == DTYPE_FLOAT32 ? sizeof(float) : sizeof(uint16_t);
    pair_store(dtype, buffer, 0, x);
    memcpy((char *)data + (size_t)i * size, buffer, (size_t)count * size);
}

#endif
