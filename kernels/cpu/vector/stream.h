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

/* pair_store past the caches; the pair's bytes start on a boundary of a vector. */
VECTOR_INLINE void pair_stream(enum dtype dtype, void *data, int64_t i, struct vpair x)
{
    luint words[2];
    pair_store(dtype, words, 0, x);
    if (dtype == DTYPE_FLOAT32) {
        lanes_stream((float *)data + i, words[0]);
        lanes_stream((float *)data + i + LANES, words[1]);
    } else {
        lanes_stream((uint16_t *)data + i, words[0]);
    }
}

/* Copies bytes that will not be read soon, whole lines past the caches. Any alignment. */
VECTOR_INLINE void stream_copy(char *to, const char *from, int64_t bytes)
{
    int64_t head = -(int64_t)(uintptr_t)to & (LINE_BYTES - 1);
    if (head > bytes)
        head = bytes;
    memcpy(to, from, (size_t)head);
    int64_t i = head;
    for (; i + LINE_BYTES <= bytes; i += LINE_BYTES)
        for (int64_t part = 0; part < LINE_BYTES; part += 4 * LANES) {
            luint words;
            memcpy(&words, from + i + part, sizeof words);
            lanes_stream(to + i + part, words);
        }
    memcpy(to + i, from + i, (size_t)(bytes - i));
}

/* Orders streamed stores before what other threads do next; once per thread at the end of its part. */
VECTOR_INLINE void stream_end(bool streamed)
{
    if (streamed)
        _mm_sfence();
}

#endif
