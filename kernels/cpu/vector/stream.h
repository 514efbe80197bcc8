/*
 * Stores that bypass the caches, and the work split every kernel here uses. A store of whole lines to memory that will
 * not be read soon saves the read of the line before it is overwritten: a third of a copy's traffic. It pays once the
 * output is larger than what the second-level caches hold; below that the next operator finds it there.
 */
#ifndef KERNELS_CPU_VECTOR_STREAM_H
#define KERNELS_CPU_VECTOR_STREAM_H

#include <immintrin.h>
#include <stdbool.h>

#include "kernels/cpu/vector/simd.h"

#define LINE_BYTES 64
#define STREAM_LEAST_BYTES ((int64_t)2 << 20) /* smaller outputs are stored through the caches */

/* The part of `items` that thread `index` of `threads` does: [*begin, *end). */
VECTOR_INLINE void split_items(int64_t items, int threads, int index, int64_t *begin, int64_t *end)
{
    *begin = items * index / threads;
    *end = items * (index + 1) / threads;
}

VECTOR_INLINE bool line_aligned(const void *address)
{
    return ((uintptr_t)address & (LINE_BYTES - 1)) == 0;
}

/* Sixteen float32 to a 64-byte boundary. */
VECTOR_INLINE void stream_line(void *to, vfloat x)
{
#if defined(__AVX512F__)
    _mm512_stream_ps(to, (__m512)x);
#elif defined(__AVX2__)
    union { vfloat all; __m256 part[2]; } u = {x};
    _mm256_stream_ps((float *)to, u.part[0]);
    _mm256_stream_ps((float *)to + 8, u.part[1]);
#else
    union { vfloat all; __m128 part[4]; } u = {x};
    for (int i = 0; i < 4; i++)
        _mm_stream_ps((float *)to + 4 * i, u.part[i]);
#endif
}

/* Sixteen 16-bit elements to a 32-byte boundary. */
VECTOR_INLINE void stream_half_line(void *to, vhalf x)
{
#if defined(__AVX2__)
    _mm256_stream_si256(to, (__m256i)x);
#else
    union { vhalf all; __m128i part[2]; } u = {x};
    _mm_stream_si128((__m128i *)to, u.part[0]);
    _mm_stream_si128((__m128i *)to + 1, u.part[1]);
#endif
}

/* As vector_store; data + i lies on a boundary of the sixteen elements' bytes. */
VECTOR_INLINE void stream_store(enum dtype dtype, void *data, int64_t i, vfloat x)
{
    if (dtype == DTYPE_FLOAT32)
        stream_line((float *)data + i, x);
    else
        stream_half_line((uint16_t *)data + i, dtype == DTYPE_BFLOAT16 ? vector_to_bf16(x) : vector_to_f16(x));
}

/* Copies bytes that will not be read soon, whole lines past the caches. Any alignment. */
VECTOR_INLINE void stream_copy(char *to, const char *from, int64_t bytes)
{
    int64_t head = -(int64_t)(uintptr_t)to & (LINE_BYTES - 1);
    if (head > bytes)
        head = bytes;
    memcpy(to, from, (size_t)head);
    int64_t i = head;
    for (; i + LINE_BYTES <= bytes; i += LINE_BYTES) {
        vfloat line;
        memcpy(&line, from + i, sizeof line);
        stream_line(to + i, line);
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
