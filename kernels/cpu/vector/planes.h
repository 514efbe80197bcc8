/*
 * Loops over planes: runs of neighbouring elements that share their coefficients. The contiguous half of the
 * normalisation kernels; rows.h is the other half. Internal to this folder.
 */
#ifndef KERNELS_CPU_VECTOR_PLANES_H
#define KERNELS_CPU_VECTOR_PLANES_H

#include "kernels/cpu/vector/norm_math.h"

/* `planes` planes of `count` elements; the first starts at element `at`, the next ones `stride` further each. */
struct planes {
    int64_t at, count, stride, planes;
};

/* What the sums read: arrays of the tensor's dtype; the coefficients of these planes. */
struct planes_source {
    const void *x, *dy;
    float shift, scale, offset;
};

/* Adds all elements' sums to *sum and *product (untouched by REDUCE_SUM). */
void VECTOR_NAME(planes_reduce)(enum dtype dtype, enum reduce_kind kind, const struct planes_source *source,
                                const struct planes *planes, double *sum, double *product);

/* What an element-wise pass reads and writes: arrays of the tensor's dtype; the coefficients of these planes. */
struct planes_result {
    const void *x, *other; /* other: residual, or grad_output */
    void *out;
    float scale, offset;
    float dy_factor, x_factor, constant;
};

/* Writes the result, last plane first. out may be x or other. */
void VECTOR_NAME(planes_apply)(enum dtype dtype, enum apply_kind kind, bool relu, const struct planes_result *result,
                               const struct planes *planes);

/* A value near the planes' mean, from a few of their elements. */
static inline float planes_shift(enum dtype dtype, const void *x, const struct planes *planes)
{
    double sum = 0;
    for (int i = 0; i < 16; i++)
        sum += dtype_load(x, dtype, planes->at + planes->planes * i / 16 * planes->stride + planes->count * i / 16);
    return float_coarse((float)(sum / 16));
}

#endif
