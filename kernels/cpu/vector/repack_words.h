/*
 * Vectors of words as repack.c moves them: a word is one float32, or (`paired`) two bfloat16 made from two float32.
 * Loading with the cast, transposing LANES vectors in registers, storing. For repack.c alone.
 */
#ifndef KERNELS_CPU_VECTOR_REPACK_WORDS_H
#define KERNELS_CPU_VECTOR_REPACK_WORDS_H

#include "kernels/cpu/vector/pair.h"
#include "kernels/cpu/vector/stream.h"

#if LANES == 16
#define EACH_LANE(f, s)                                                                                           \
    f(0, s), f(1, s), f(2, s), f(3, s), f(4, s), f(5, s), f(6, s), f(7, s), f(8, s), f(9, s), f(10, s), f(11, s), \
        f(12, s), f(13, s), f(14, s), f(15, s)
#elif LANES == 8
#define EACH_LANE(f, s) f(0, s), f(1, s), f(2, s), f(3, s), f(4, s), f(5, s), f(6, s), f(7, s)
#else
#define EACH_LANE(f, s) f(0, s), f(1, s), f(2, s), f(3, s)
#endif
#define LANE_NUMBER(lane, s) (lane)
#define LANE_UPPER(lane, s) ((lane) & (s) ? LANES + (lane) - (s) : (lane))
#define LANE_LOWER(lane, s) ((lane) & (s) ? LANES + (lane) : (lane) + (s))

/* Rows i and i + s change places of what is off the diagonal in squares of s x s. */
#define EXCHANGE(r, s)                                                                                            \
    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++)                                                      \
    {                                                                                                             \
        if (i & (s))                                                                                              \
            continue;                                                                                             \
        luint upper = r[i], lower = r[i + (s)];                                                                   \
        r[i] = __builtin_shuffle(upper, lower, (luint){EACH_LANE(LANE_UPPER, s)});                                \
        r[i + (s)] = __builtin_shuffle(upper, lower, (luint){EACH_LANE(LANE_LOWER, s)});                          \
    }

VECTOR_INLINE void tile_transpose(luint r[LANES])
{
    EXCHANGE(r, 1)
    EXCHANGE(r, 2)
#if LANES >= 8
    EXCHANGE(r, 4)
#endif
#if LANES >= 16
    EXCHANGE(r, 8)
#endif
}

/* The first `count` (any number) elements; the other lanes are 0. Touches no memory beyond. */
VECTOR_INLINE lfloat lanes_load_first(const float *data, int64_t count)
{
    if (__builtin_constant_p(count >= LANES) && count >= LANES)
        return lanes_load(data, 0);
#if LANES == 16
    unsigned mask = count >= LANES ? 0xffffu : count <= 0 ? 0 : (1u << count) - 1; /* no branch: it is in inner loops */
    return (lfloat)_mm512_maskz_loadu_ps((__mmask16)mask, data);
#else
    if (count >= LANES)
        return lanes_load(data, 0);
    if (count <= 0)
        return (lfloat){0};
#if LANES == 8
    return (lfloat)_mm256_maskload_ps(data, (__m256i)((lint){EACH_LANE(LANE_NUMBER, 0)} < (int32_t)count));
#else
    lfloat x = {0};
    memcpy(&x, data, (size_t)count * sizeof *data);
    return x;
#endif
#endif
}

/*
 * bfloat16 in the upper halves, the lower ones dirty; as the bfloat16 instructions of CPUs do it, and so oneDNN: to
 * nearest even, subnormal numbers to zero.
 */
VECTOR_INLINE luint round_like_hardware(lfloat x)
{
    luint u = (luint)x;
#if LANES == 16
    __m512i bits = (__m512i)u, odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i sum = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    __mmask16 nan = _mm512_cmp_ps_mask((__m512)x, (__m512)x, _CMP_UNORD_Q);
    __mmask16 small = _mm512_testn_epi32_mask(bits, _mm512_set1_epi32(0x7f800000));
    sum = _mm512_mask_or_epi32(sum, nan, bits, _mm512_set1_epi32(0x400000));
    return (luint)_mm512_mask_and_epi32(sum, small, bits, _mm512_set1_epi32(INT32_MIN));
#else
    luint small = (luint)((u & 0x7f800000u) == 0);
    return (pair_round(x) & ~small) | (u & 0x80000000u & small);
#endif
}

/* Words of two elements each: `first` goes to the lower halves. */
VECTOR_INLINE luint words_of(lfloat first, lfloat second)
{
    return round_like_hardware(first) >> 16 | (round_like_hardware(second) & 0xffff0000u);
}

/* LANES words along deep, the source contiguous along it, `left` elements before its end. */
VECTOR_INLINE luint load_deep(bool paired, const float *from, int64_t left)
{
    lfloat x = lanes_load_first(from, left);
    if (!paired)
        return (luint)x;
    lfloat y = lanes_load_first(from + LANES, left - LANES);
    return lanes_pack(round_like_hardware(x) >> 16, round_like_hardware(y) >> 16);
}

/*
 * LANES words of one line or of one row of columns: `count` of them from `from`, paired with those `pitch` further. Of
 * deep `left` elements are left: with 1, those are not there.
 */
VECTOR_INLINE luint load_across(bool paired, const float *from, int64_t pitch, int64_t left, int64_t count)
{
    lfloat x = lanes_load_first(from, left > 0 ? count : 0);
    return paired ? words_of(x, lanes_load_first(from + pitch, left > 1 ? count : 0)) : (luint)x;
}

/* As load_across, with a short way for whole vectors. */
VECTOR_INLINE luint load_line(bool paired, const float *from, int64_t pitch, int64_t left, int64_t count)
{
    if (left > 1 && count >= LANES)
        return load_across(paired, from, pitch, 2, LANES);
    return load_across(paired, from, pitch, left, count);
}

/* What a vector of words is made of: one of the source's, or two `pitch` apart. */
VECTOR_INLINE void prefetch_words(bool paired, const float *from, int64_t pitch)
{
    __builtin_prefetch(from);
    if (paired)
        __builtin_prefetch(from + pitch);
}

VECTOR_INLINE void store_first(uint32_t *to, luint words, int64_t count)
{
    if (count >= LANES)
        memcpy(to, &words, sizeof words);
    else
        memcpy(to, &words, (size_t)count * sizeof *to);
}

VECTOR_INLINE int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
