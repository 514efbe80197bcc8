/*
 * LANES elements in an array's own order (pair.h's bfloat16 is in even-odd order), and uint8 positions as 32-bit lanes.
 * Intrinsics, because gcc 12 takes __builtin_convertvector from 8 bits apart lane by lane: max pooling's backward of
 * 64x112x112 bf16, batch 16, one thread, 19 ms with it and 4 ms with these.
 */
#ifndef KERNELS_CPU_VECTOR_NATURAL_H
#define KERNELS_CPU_VECTOR_NATURAL_H

#include <immintrin.h>

#include "kernels/cpu/vector/pair.h"

/* Bytes to lanes, and lanes of 0..255 to bytes. */
VECTOR_INLINE lint natural_load_bytes(const uint8_t *data)
{
#if LANES == 16
    return (lint)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)data));
#elif LANES == 8
    return (lint)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)data));
#else
    int bits;
    memcpy(&bits, data, sizeof bits);
    return (lint)_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bits));
#endif
}

VECTOR_INLINE void natural_store_bytes(uint8_t *data, lint x)
{
#if LANES == 16
    _mm_storeu_si128((__m128i *)data, _mm512_cvtepi32_epi8((__m512i)x));
#elif LANES == 8
    __m256i wide = (__m256i)x;
    __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    _mm_storel_epi64((__m128i *)data, _mm_packus_epi16(words, words));
#else
    __m128i words = _mm_packus_epi32((__m128i)x, (__m128i)x);
    int bits = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    memcpy(data, &bits, sizeof bits);
#endif
}

VECTOR_INLINE lfloat natural_load_bf16(const uint16_t *data)
{
#if LANES == 16
    return (lfloat)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)data)), 16);
#elif LANES == 8
    return (lfloat)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)data)), 16);
#else
    return (lfloat)_mm_slli_epi32(_mm_cvtepu16_epi32(_mm_loadl_epi64((const __m128i *)data)), 16);
#endif
}

VECTOR_INLINE void natural_store_bf16(uint16_t *data, lfloat x)
{
    luint words = pair_round(x) >> 16;
#if LANES == 16
    _mm256_storeu_si256((__m256i *)data, _mm512_cvtepi32_epi16((__m512i)words));
#elif LANES == 8
    __m256i wide = (__m256i)words;
    _mm_storeu_si128((__m128i *)data,
                     _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1)));
#else
    _mm_storel_epi64((__m128i *)data, _mm_packus_epi32((__m128i)words, (__m128i)words));
#endif
}

/* One element. */
VECTOR_INLINE float natural_load_one(enum dtype dtype, const void *data, int64_t i)
{
    if (dtype == DTYPE_FLOAT32)
        return ((const float *)data)[i];
    uint16_t bits = ((const uint16_t *)data)[i];
    return dtype == DTYPE_BFLOAT16 ? dtype_float_from_bfloat16(bits) : dtype_float_from_float16(bits);
}

VECTOR_INLINE void natural_store_one(enum dtype dtype, void *data, int64_t i, float x)
{
    if (dtype == DTYPE_FLOAT32)
        ((float *)data)[i] = x;
    else
        ((uint16_t *)data)[i] = dtype == DTYPE_BFLOAT16 ? dtype_bfloat16_from_float(x) : dtype_float16_from_float(x);
}

/* LANES elements of any float dtype. */
VECTOR_INLINE lfloat natural_load(enum dtype dtype, const void *data, int64_t i)
{
    if (dtype == DTYPE_FLOAT32)
        return lanes_load(data, i);
    const uint16_t *half = (const uint16_t *)data + i;
    return dtype == DTYPE_BFLOAT16 ? natural_load_bf16(half) : lanes_load_f16(half);
}

VECTOR_INLINE void natural_store(enum dtype dtype, void *data, int64_t i, lfloat x)
{
    if (dtype == DTYPE_FLOAT32)
        lanes_store(data, i, x);
    else if (dtype == DTYPE_BFLOAT16)
        natural_store_bf16((uint16_t *)data + i, x);
    else
        lanes_store_f16((uint16_t *)data + i, x);
}

#endif
