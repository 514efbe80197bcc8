/*
 * Stores that bypass the caches, and the work split the kernels of data.def use. A store of whole lines to memory that
 * will not be read soon saves the read of the line before it is overwritten: a third of a copy's traffic. It pays once
 * the output is larger than what the second-level caches hold; below that the next operator finds it there.
 */
#ifndef KERNELS_CPU_VECTOR_STREAM_H
#define KERNELS_CPU_VECTOR_STREAM_H

#include <immintrin.h>
#include <stdbool.h>

#include "kernels/cpu/vector/pair.h"

#define LINE_BYTES 64
#define STREAM_LEAST_BYTES ((int64_t)2 << 20) /* smaller outputs are stored through the caches */

VECTOR_INLINE bool line_aligned(const void *address)
{
    return ((uintptr_t)address & (LINE_BYTES - 1)) == 0;
}

/* One vector to a boundary of its size. */
VECTOR_INLINE void lanes_stream(void *to, luint x)
{
#if LANES == 16
    _mm512_stream_si512(to, (__m512i)x);
#elif LANES == 8
    _mm256_stream_si256(to, (__m256i)x);
#else
    _mm_stream_si128(to, (__m128i)x);
#endif
}

/* Two vectors of 16-bit numbers in 32-bit lanes to one vector of 16-bit numbers, in order. */
VECTOR_INLINE luint lanes_pack(luint first, luint second)
{
#if LANES == 16
    const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    return (luint)_mm512_permutexvar_epi64(order, _mm512_packus_epi32((__m512i)first, (__m512i)second));
#elif LANES == 8
    return (luint)_mm256_permute4x64_epi64(_mm256_packus_epi32((__m256i)first, (__m256i)second), 0xd8);
#else
    return (luint)_mm_packus_epi32((__m128i)first, (__m128i)second);
#endif
}

/* The larger and the smaller of a bound and x, which keeps NaN. */
VECTOR_INLINE lfloat lanes_at_least(lfloat x, lfloat bound)
{
#if LANES == 16
    return (lfloat)_mm512_max_ps((__m512)bound, (__m512)x);
#elif LANES == 8
    return (lfloat)_mm256_max_ps((__m256)bound, (__m256)x);
#else
    return (lfloat)_mm_max_ps((__m128)bound, (__m128)x);
#endif
}

VECTOR_INLINE lfloat lanes_at_most(lfloat x, lfloat bound)
{
#if LANES == 16
    return (lfloat)_mm512_min_ps((__m512)bound, (__m512)x);
#elif LANES == 8
    return (lfloat)_mm256_min_ps((__m256)bound, (__m256)x);
#else
    return (lfloat)_mm_min_ps((__m128)bound, (__m128)x);
#endif
}

/* LANES bfloat16 as float32, in order. */
VECTOR_INLINE lfloat lanes_load_bf16(const uint16_t *data)
{
#if LANES == 16
    luint wide = (luint)_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)data));
#elif LANES == 8
    luint wide = (luint)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)data));
#else
    luint wide = (luint)_mm_cvtepu16_epi32(_mm_loadl_epi64((const __m128i *)data));
#endif
    return (lfloat)(wide << 16);
}

/* As pair_load, but always (first, second). */
VECTOR_INLINE struct vpair pair_load_ordered(enum dtype dtype, const void *data, int64_t i)
{
    const uint16_t *half = (const uint16_t *)data + i;
    if (dtype == DTYPE_BFLOAT16)
        return (struct vpair){lanes_load_bf16(half), lanes_load_bf16(half + LANES)};
    return pair_load(dtype, data, i);
}

/* As pair_store for a pair that always is (first, second). */
VECTOR_INLINE void pair_store_ordered(enum dtype dtype, void *data, int64_t i, struct vpair x)
{
    if (dtype == DTYPE_BFLOAT16) {
        luint words = lanes_pack(pair_round(x.a) >> 16, pair_round(x.b) >> 16);
        memcpy((uint16_t *)data + i, &words, sizeof words);
        return;
    }
    pair_store(dtype, data, i, x);
}

/* A pair of 16-bit elements as it lies in memory. */
VECTOR_INLINE luint pair_words(enum dtype dtype, struct vpair x)
{
    luint words;
#if LANES == 16
    if (dtype == DTYPE_FLOAT16) {
        __m256i low = _mm512_cvtps_ph((__m512)x.a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        __m256i high = _mm512_cvtps_ph((__m512)x.b, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        return (luint)_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
#elif LANES == 8
    if (dtype == DTYPE_FLOAT16) {
        __m256i low = _mm256_castsi128_si256(_mm256_cvtps_ph((__m256)x.a, _MM_FROUND_TO_NEAREST_INT));
        return (luint)_mm256_inserti128_si256(low, _mm256_cvtps_ph((__m256)x.b, _MM_FROUND_TO_NEAREST_INT), 1);
    }
#endif
    pair_store(dtype, &words, 0, x);
    return words;
}

/* pair_store past the caches; the pair's bytes start on a boundary of a vector. */
VECTOR_INLINE void pair_stream(enum dtype dtype, void *data, int64_t i, struct vpair x)
{
    if (dtype == DTYPE_FLOAT32) {
        lanes_stream((float *)data + i, (luint)x.a);
        lanes_stream((float *)data + i + LANES, (luint)x.b);
    } else {
        lanes_stream((uint16_t *)data + i, pair_words(dtype, x));
    }
}

/* How many of the `bytes` from `address` on stand before the first line boundary. */
VECTOR_INLINE int64_t line_head(const void *address, int64_t bytes)
{
    int64_t head = -(int64_t)(uintptr_t)address & (LINE_BYTES - 1);
    return head < bytes ? head : bytes;
}

/* Copies whole lines, `to` on a line boundary; `stream`: past the caches. */
VECTOR_INLINE void copy_lines(char *to, const char *from, int64_t bytes, bool stream)
{
    for (int64_t i = 0; i < bytes; i += 4 * LANES) {
        luint words;
        memcpy(&words, from + i, sizeof words);
        if (stream)
            lanes_stream(to + i, words);
        else
            memcpy(to + i, &words, sizeof words);
    }
}

/* Orders streamed stores before what other threads do next; once per thread at the end of its part. */
VECTOR_INLINE void stream_end(bool streamed)
{
    if (streamed)
        _mm_sfence();
}

#endif
