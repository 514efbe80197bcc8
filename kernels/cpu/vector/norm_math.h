/* The arithmetic of normalisation on one vector, the same for rows of lanes (rows.c) and for planes (planes.c). */
#ifndef KERNELS_CPU_VECTOR_NORM_MATH_H
#define KERNELS_CPU_VECTOR_NORM_MATH_H

#include <stdbool.h>

#include "kernels/cpu/vector/pair.h"

enum reduce_kind {
    REDUCE_SUM,      /* sum: x - shift */
    REDUCE_SQUARES,  /* sum: x - shift; product: (x - shift)^2 */
    REDUCE_GRAD,     /* sum: dy; product: dy (x - shift) */
    REDUCE_GRAD_RELU /* likewise, with dy = 0 where scale x + offset <= 0 */
};

VECTOR_INLINE void reduce_half(enum reduce_kind kind, lfloat x, lfloat dy, lfloat shift, lfloat scale, lfloat offset,
                               lfloat *sum, lfloat *product)
{
    lfloat centred = x - shift;
    if (kind == REDUCE_GRAD_RELU)
        dy = lanes_select(lanes_fma(x, scale, offset) <= lanes_set(0), lanes_set(0), dy);
    lfloat first = kind == REDUCE_SUM || kind == REDUCE_SQUARES ? centred : dy;
    *sum += first;
    if (kind != REDUCE_SUM)
        *product = lanes_fma(first, centred, *product);
}

enum apply_kind { APPLY_FORWARD, APPLY_RESIDUAL, APPLY_GRAD };

/* Calls body(dtype constant, kind constant, relu constant) for every combination, so that the branches on them vanish. */
#define NORM_FOR_KIND(dtype, kind, relu, body)                                                                         \
    do {                                                                                                               \
        switch ((kind)*2 + (relu)) {                                                                                   \
        case APPLY_FORWARD * 2:                                                                                        \
            VECTOR_FOR_DTYPE(dtype, body, APPLY_FORWARD, false);                                                       \
            break;                                                                                                     \
        case APPLY_FORWARD * 2 + 1:                                                                                    \
            VECTOR_FOR_DTYPE(dtype, body, APPLY_FORWARD, true);                                                        \
            break;                                                                                                     \
        case APPLY_RESIDUAL * 2:                                                                                       \
            VECTOR_FOR_DTYPE(dtype, body, APPLY_RESIDUAL, false);                                                      \
            break;                                                                                                     \
        case APPLY_RESIDUAL * 2 + 1:                                                                                   \
            VECTOR_FOR_DTYPE(dtype, body, APPLY_RESIDUAL, true);                                                       \
            break;                                                                                                     \
        case APPLY_GRAD * 2:                                                                                           \
            VECTOR_FOR_DTYPE(dtype, body, APPLY_GRAD, false);                                                          \
            break;                                                                                                     \
        default:                                                                                                       \
            VECTOR_FOR_DTYPE(dtype, body, APPLY_GRAD, true);                                                           \
            break;                                                                                                     \
        }                                                                                                              \
    } while (0)

/* Coefficients of one vector; those that a kind does not need stay 0. */
struct apply_half {
    lfloat scale, offset, dy_factor, x_factor, constant;
};
VECTOR_INLINE lfloat apply_half(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_half *half, lfloat x,
                                lfloat other)
{
    lfloat zero = {0}, y = {0};
    if (kind != APPLY_GRAD || relu)
        y = lanes_fma(x, half->scale, half->offset);
    if (kind == APPLY_GRAD) {
        if (relu)
            other = lanes_select(y <= zero, zero, other);
        return lanes_fma(other, half->dy_factor, lanes_fma(x, half->x_factor, half->constant));
    }
    if (kind == APPLY_RESIDUAL)
        y = lanes_round(dtype, y) + other;
    return relu ? lanes_relu(y) : y;
}

#endif
