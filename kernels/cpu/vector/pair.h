/*
 * Vectors of the instruction set's own width (16, 8 or 4 floats), and pairs of them.
 *
 * A pair of bfloat16 is taken apart without shuffles: the even elements are the low halves of 32-bit words, the odd
 * ones the high halves. So a bfloat16 pair is (even, odd) and other dtypes' is (first, second): what goes with a pair
 * lane by lane is kept in the same order (pair_place). Measured, batch norm of 64x56x56 bf16, batch 16, one thread:
 * simd.h's sixteen at a time 0.56 ms in avx512, 5.6 ms in avx2 (gcc 12 takes 64-byte vectors apart badly); pairs 0.32
 * ms.
 */
#ifndef KERNELS_CPU_VECTOR_PAIR_H
#define KERNELS_CPU_VECTOR_PAIR_H

#include "kernels/cpu/vector/simd.h"

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif
#define PAIR_WIDTH (2 * LANES) /* divides 32 */

typedef float lfloat __attribute__((vector_size(4 * LANES)));
typedef int32_t lint __attribute__((vector_size(4 * LANES)));
typedef uint32_t luint __attribute__((vector_size(4 * LANES)));

struct vpair {
    lfloat a, b;
};

/* Where element `i` of an array stands when the array is kept in pair order. */
static inline int64_t pair_place(enum dtype dtype, int64_t i)
{
    int64_t within = i % PAIR_WIDTH;
    return dtype == DTYPE_BFLOAT16 ? i - within + within % 2 * LANES + within / 2 : i;
}

VECTOR_INLINE lfloat lanes_set(float x)
{
    return (lfloat){0} + x;
}

/* mask ? x : y, where mask is the result of a comparison. */
VECTOR_INLINE lfloat lanes_select(lint mask, lfloat x, lfloat y)
{
    return (lfloat)(((lint)x & mask) | ((lint)y & ~mask));
}

/* x y + z; fused where the instruction set has it. */
VECTOR_INLINE lfloat lanes_fma(lfloat x, lfloat y, lfloat z)
{
#if LANES == 16
    return (lfloat)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)z);
#elif LANES == 8
    return (lfloat)_mm256_fmadd_ps((__m256)x, (__m256)y, (__m256)z);
#else
    return x * y + z;
#endif
}

/* max(0, x), which keeps NaN. */
VECTOR_INLINE lfloat lanes_relu(lfloat x)
{
#if LANES == 16
    return (lfloat)_mm512_max_ps(_mm512_setzero_ps(), (__m512)x);
#elif LANES == 8
    return (lfloat)_mm256_max_ps(_mm256_setzero_ps(), (__m256)x);
#else
    return lanes_select(x < lanes_set(0), lanes_set(0), x);
#endif
}

VECTOR_INLINE float lanes_sum(lfloat x)
{
    float sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += x[i];
    return sum;
}

VECTOR_INLINE lfloat lanes_load(const float *data, int64_t i)
{
    lfloat x;
    memcpy(&x, data + i, sizeof x);
    return x;
}

VECTOR_INLINE void lanes_store(float *data, int64_t i, lfloat x)
{
    memcpy(data + i, &x, sizeof x);
}

VECTOR_INLINE lfloat lanes_load_f16(const uint16_t *data)
{
#if LANES == 16
    return (lfloat)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)data));
#elif LANES == 8
    return (lfloat)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)data));
#else
    lfloat x;
    for (int i = 0; i < LANES; i++)
        x[i] = dtype_float_from_float16(data[i]);
    return x;
#endif
}

VECTOR_INLINE void lanes_store_f16(uint16_t *data, lfloat x)
{
#if LANES == 16
    _mm256_storeu_si256((__m256i *)data, _mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif LANES == 8
    _mm_storeu_si128((__m128i *)data, _mm256_cvtps_ph((__m256)x, _MM_FROUND_TO_NEAREST_INT));
#else
    for (int i = 0; i < LANES; i++)
        data[i] = dtype_float16_from_float(x[i]);
#endif
}

/* PAIR_WIDTH elements from index `i` of an array of `dtype`; no alignment needed. */
VECTOR_INLINE struct vpair pair_load(enum dtype dtype, const void *data, int64_t i)
{
    if (dtype == DTYPE_FLOAT32)
        return (struct vpair){lanes_load(data, i), lanes_load(data, i + LANES)};
    const uint16_t *half = (const uint16_t *)data + i;
    if (dtype == DTYPE_FLOAT16)
        return (struct vpair){lanes_load_f16(half), lanes_load_f16(half + LANES)};
    luint words;
    memcpy(&words, half, sizeof words);
    return (struct vpair){(lfloat)(words << 16), (lfloat)(words & 0xffff0000u)};
}

/* Float32 lanes, already in pair order. */
VECTOR_INLINE struct vpair pair_load_lanes(const float *lanes, int64_t i)
{
    return pair_load(DTYPE_FLOAT32, lanes, i);
}

/* Rounds to nearest even in the upper half; the lower half is left dirty. NaN keeps its top bits, made quiet. */
VECTOR_INLINE luint pair_round(lfloat x)
{
    luint u = (luint)x;
    luint rounded = u + (((u >> 16) & 1u) + 0x7fffu);
    return (luint)lanes_select(x != x, (lfloat)(u | 0x400000u), (lfloat)rounded);
}

/* The value that storing as `dtype` and loading again gives. */
VECTOR_INLINE lfloat lanes_round(enum dtype dtype, lfloat x)
{
    if (dtype == DTYPE_FLOAT32)
        return x;
    if (dtype == DTYPE_BFLOAT16)
        return (lfloat)(pair_round(x) & 0xffff0000u);
    uint16_t half[LANES];
    lanes_store_f16(half, x);
    return lanes_load_f16(half);
}

/*
 * A number to subtract from low-precision data before summing: with few bits itself, the differences and short sums of
 * them are exact. A full-precision one biased the mean of 17 000 float16 values by 6e-7 of their spread.
 */
static inline float float_coarse(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0xffff0000u;
    memcpy(&x, &bits, sizeof x);
    return x;
}

VECTOR_INLINE void pair_store(enum dtype dtype, void *data, int64_t i, struct vpair x)
{
    uint16_t *half = (uint16_t *)data + i;
    if (dtype == DTYPE_FLOAT32) {
        lanes_store(data, i, x.a);
        lanes_store(data, i + LANES, x.b);
    } else if (dtype == DTYPE_FLOAT16) {
        lanes_store_f16(half, x.a);
        lanes_store_f16(half + LANES, x.b);
    } else {
        luint words = pair_round(x.a) >> 16 | (pair_round(x.b) & 0xffff0000u);
        memcpy(half, &words, sizeof words);
    }
}

/*
 * As pair_store, where every NaN has the payload of a bfloat16 or the hardware's own: then rounding can't carry it into
 * another number, and the test for it, a fifth of the work of a normalisation, is not needed. Holds for arithmetic on
 * bfloat16 and on coefficients that passed float_plain_nan.
 */
VECTOR_INLINE void pair_store_clean(enum dtype dtype, void *data, int64_t i, struct vpair x)
{
    if (dtype != DTYPE_BFLOAT16) {
        pair_store(dtype, data, i, x);
        return;
    }
    luint a = (luint)x.a, b = (luint)x.b;
    a = (a + (((a >> 16) & 1u) + 0x7fffu)) >> 16;
    b = (b + (((b >> 16) & 1u) + 0x7fffu)) & 0xffff0000u;
    luint words = a | b;
    memcpy((uint16_t *)data + i, &words, sizeof words);
}

/* NaN of any payload to the plain one. */
static inline float float_plain_nan(float x)
{
    return x == x ? x : __builtin_nanf("");
}

/* PAIR_WIDTH floats in an array's own order to pair order, NaN made plain; and back. */
static inline void pair_from_natural(enum dtype dtype, const float *from, float *to)
{
    for (int i = 0; i < PAIR_WIDTH && dtype != DTYPE_BFLOAT16; i++)
        to[i] = float_plain_nan(from[i]);
    for (int i = 0; i < LANES && dtype == DTYPE_BFLOAT16; i++) {
        to[i] = float_plain_nan(from[2 * i]);
        to[LANES + i] = float_plain_nan(from[2 * i + 1]);
    }
}

static inline void pair_to_natural(enum dtype dtype, const float *from, float *to)
{
    for (int i = 0; i < PAIR_WIDTH && dtype != DTYPE_BFLOAT16; i++)
        to[i] = from[i];
    for (int i = 0; i < LANES && dtype == DTYPE_BFLOAT16; i++) {
        to[2 * i] = from[i];
        to[2 * i + 1] = from[LANES + i];
    }
}

/* The first `count` (1..PAIR_WIDTH) elements; the others are 0. */
VECTOR_INLINE struct vpair pair_load_part(enum dtype dtype, const void *data, int64_t i, int64_t count)
{
    float buffer[PAIR_WIDTH] = {0};
    size_t size = dtype == DTYPE_FLOAT32 ? sizeof(float) : sizeof(uint16_t);
    memcpy(buffer, (const char *)data + (size_t)i * size, (size_t)count * size);
    return pair_load(dtype, buffer, 0);
}

VECTOR_INLINE void pair_store_part(enum dtype dtype, void *data, int64_t i, int64_t count, struct vpair x)
{
    float buffer[PAIR_WIDTH];
    size_t size = dtype == DTYPE_FLOAT32 ? sizeof(float) : sizeof(uint16_t);
    pair_store(dtype, buffer, 0, x);
    memcpy((char *)data + (size_t)i * size, buffer, (size_t)count * size);
}

VECTOR_INLINE void floats_load_body(enum dtype dtype, const void *from, int64_t at, int64_t count, float *to)
{
    float lanes[PAIR_WIDTH];
    for (int64_t i = 0; i < count; i += PAIR_WIDTH) {
        int64_t part = count - i < PAIR_WIDTH ? count - i : PAIR_WIDTH;
        struct vpair x =
            part == PAIR_WIDTH ? pair_load(dtype, from, at + i) : pair_load_part(dtype, from, at + i, part);
        pair_store(DTYPE_FLOAT32, lanes, 0, x);
        if (part == PAIR_WIDTH) {
            pair_to_natural(dtype, lanes, to + i);
            continue;
        }
        for (int64_t k = 0; k < part; k++)
            to[i + k] = lanes[pair_place(dtype, k)];
    }
}

/* Elements [at, at + count) as floats in their own order; and floats back. */
static inline void floats_load(enum dtype dtype, const void *from, int64_t at, int64_t count, float *to)
{
    VECTOR_FOR_DTYPE(dtype, floats_load_body, from, at, count, to);
}

VECTOR_INLINE void floats_store_body(enum dtype dtype, void *to, int64_t at, int64_t count, const float *from)
{
    float lanes[PAIR_WIDTH] = {0};
    for (int64_t i = 0; i < count; i += PAIR_WIDTH) {
        int64_t part = count - i < PAIR_WIDTH ? count - i : PAIR_WIDTH;
        if (part == PAIR_WIDTH)
            pair_from_natural(dtype, from + i, lanes);
        for (int64_t k = 0; part < PAIR_WIDTH && k < part; k++)
            lanes[pair_place(dtype, k)] = from[i + k];
        if (part == PAIR_WIDTH)
            pair_store(dtype, to, at + i, pair_load_lanes(lanes, 0));
        else
            pair_store_part(dtype, to, at + i, part, pair_load_lanes(lanes, 0));
    }
}

static inline void floats_store(enum dtype dtype, void *to, int64_t at, int64_t count, const float *from)
{
    VECTOR_FOR_DTYPE(dtype, floats_store_body, to, at, count, from);
}

/* The sum of `count` floats, in float32 vectors for a thousand at a time. */
static inline double floats_sum(const float *x, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i += 1024) {
        int64_t end = count - i < 1024 ? count : i + 1024, k = i;
        lfloat part = {0};
        for (; k + LANES <= end; k += LANES)
            part += lanes_load(x, k);
        sum += (double)lanes_sum(part);
        for (; k < end; k++)
            sum += (double)x[k];
    }
    return sum;
}

#endif
