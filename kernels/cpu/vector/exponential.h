/* The exponential function and what is made of it, in vectors. */
#ifndef KERNELS_CPU_VECTOR_EXPONENTIAL_H
#define KERNELS_CPU_VECTOR_EXPONENTIAL_H

#include "kernels/cpu/vector/pair.h"

/*
 * exp for x <= 0, within 2 units in the last place: 2^n e^r with |r| <= ln 2 / 2, e^r by the polynomial of Cephes' expf
 * (Moshier). Results under the smallest normal number are 0; NaN stays NaN.
 */
VECTOR_INLINE lfloat lanes_exp(lfloat x)
{
    const float round_by = 12582912.0f; /* 1.5 * 2^23: adding it leaves an integer in the low bits */
    lfloat shifted = lanes_fma(x, lanes_set(1.44269504088896341f), lanes_set(round_by));
    lfloat n = shifted - round_by;
    lfloat r = lanes_fma(n, lanes_set(-0.693359375f), x);
    r = lanes_fma(n, lanes_set(2.12194440e-4f), r);
    lfloat p = lanes_set(1.9875691500e-4f);
    p = lanes_fma(p, r, lanes_set(1.3981999507e-3f));
    p = lanes_fma(p, r, lanes_set(8.3334519073e-3f));
    p = lanes_fma(p, r, lanes_set(4.1665795894e-2f));
    p = lanes_fma(p, r, lanes_set(1.6666665459e-1f));
    p = lanes_fma(p, r, lanes_set(5.0000001201e-1f));
    p = lanes_fma(p, r * r, r + 1.0f);
    lint power = ((lint)shifted - (lint)lanes_set(round_by) + 127) << 23;
    return lanes_select(x < lanes_set(-87.0f), lanes_set(0), p * (lfloat)power);
}

/*
 * Natural logarithm of normal numbers, within 2 units in the last place: x = 2^n m with sqrt(1/2) <= m < sqrt(2), log m by the
 * polynomial of Cephes' logf (Moshier).
 */
VECTOR_INLINE lfloat lanes_log(lfloat x)
{
    lint bits = (lint)x, n = (bits - 0x3f3504f3) >> 23; /* sqrt(1/2); the shift rounds down */
    lfloat m = (lfloat)(bits - (n << 23)), f = m - 1.0f, z = f * f;
    lfloat exponent = __builtin_convertvector(n, lfloat);
    lfloat p = lanes_set(7.0376836292e-2f);
    p = lanes_fma(p, f, lanes_set(-1.1514610310e-1f));
    p = lanes_fma(p, f, lanes_set(1.1676998740e-1f));
    p = lanes_fma(p, f, lanes_set(-1.2420140846e-1f));
    p = lanes_fma(p, f, lanes_set(1.4249322787e-1f));
    p = lanes_fma(p, f, lanes_set(-1.6668057665e-1f));
    p = lanes_fma(p, f, lanes_set(2.0000714765e-1f));
    p = lanes_fma(p, f, lanes_set(-2.4999993993e-1f));
    p = lanes_fma(p, f, lanes_set(3.3333331174e-1f));
    p = p * f * z + exponent * -2.12194440e-4f - z * 0.5f;
    return lanes_fma(exponent, lanes_set(0.693359375f), f + p);
}

/*
 * The normal distribution Phi(x), and e^(-x^2/2) that comes with it in *bell; within 1.5e-7. Phi = 1 - erfc(x / sqrt 2) / 2,
 * erfc(z) = (a1 t + ... + a5 t^5) e^(-z^2), t = 1 / (1 + p z) for z >= 0 (Abramowitz and Stegun, 7.1.26).
 */
VECTOR_INLINE lfloat lanes_normal(lfloat x, lfloat *bell)
{
    lfloat zero = {0}, far = lanes_select(x < zero, -x, x);
    lfloat t = 1.0f / lanes_fma(far, lanes_set(0.3275911f * 0.70710678f), lanes_set(1.0f));
    lfloat p = lanes_set(1.061405429f);
    p = lanes_fma(p, t, lanes_set(-1.453152027f));
    p = lanes_fma(p, t, lanes_set(1.421413741f));
    p = lanes_fma(p, t, lanes_set(-0.284496736f));
    p = lanes_fma(p, t, lanes_set(0.254829592f));
    *bell = lanes_exp(x * x * -0.5f);
    lfloat tail = p * t * *bell * 0.5f;
    return lanes_select(x < zero, tail, 1.0f - tail);
}

/* 1 / (1 + exp(-x)), whichever sign x has; NaN stays NaN. */
VECTOR_INLINE lfloat lanes_sigmoid(lfloat x)
{
    lfloat power = lanes_exp((lfloat)((luint)x | 0x80000000u)); /* exp(-|x|) */
    lfloat quotient = 1.0f / (1.0f + power);
    return lanes_select(x >= lanes_set(0), quotient, power * quotient);
}

#endif
