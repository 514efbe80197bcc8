/* float16, bfloat16 and TF32 by their bits, for the libraries that compute on the host. */
#ifndef SIMGPU_NUMBER_H
#define SIMGPU_NUMBER_H

#include <stdint.h>
#include <string.h>

enum number_kind { NUMBER_FLOAT, NUMBER_HALF, NUMBER_BFLOAT16 };

static inline float number_from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 1023, bits;
    float value;

    if (exponent == 0) {
        value = (float)mantissa * 0x1p-24f;
        return sign ? -value : value;
    }
    bits = sign | (exponent == 31 ? 255u << 23 : (exponent + 112) << 23) | mantissa << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* To nearest, ties to even. */
static inline uint16_t number_to_half(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;

    if (bits > 0x7f800000)
        return (uint16_t)(sign | 0x7e00);
    if (bits >= 0x477ff000) /* 65520: rounds to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (bits < 0x38800000) { /* below 2^-14: a multiple of 2^-24, rounded by adding 2^-1 of a float whose last bit is that */
        float magnitude;
        memcpy(&magnitude, &bits, sizeof magnitude);
        volatile float shifted = magnitude + 0.5f;
        float sum = shifted;
        uint32_t rounded;
        memcpy(&rounded, &sum, sizeof rounded);
        return (uint16_t)(sign | (rounded - 0x3f000000));
    }
    bits += 0xfff + (bits >> 13 & 1);
    return (uint16_t)(sign | ((bits - (112u << 23)) >> 13));
}

static inline float number_load(const void *memory, enum number_kind type, int64_t at)
{
    float value;

    if (type == NUMBER_FLOAT)
        return ((const float *)memory)[at];
    uint16_t bits = ((const uint16_t *)memory)[at];
    if (type == NUMBER_HALF)
        return number_from_half(bits);
    uint32_t wide = (uint32_t)bits << 16;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static inline void number_store(void *memory, enum number_kind type, int64_t at, float value)
{
    if (type == NUMBER_FLOAT) {
        ((float *)memory)[at] = value;
    } else if (type == NUMBER_HALF) {
        ((uint16_t *)memory)[at] = number_to_half(value);
    } else {
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if ((bits & 0x7fffffff) > 0x7f800000)
            bits |= 0x400000;
        else
            bits += 0x7fff + (bits >> 16 & 1);
        ((uint16_t *)memory)[at] = (uint16_t)(bits >> 16);
    }
}

/* 10 bits of mantissa, to nearest, ties away: what cvt.rna.tf32 does. */
static inline float number_round_tf32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7f800000) != 0x7f800000)
        bits = (bits + 0x1000) & ~0x1fffu;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
