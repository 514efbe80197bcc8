/*
 * Loops over rows of lanes (norm.h): sums over rows, and element-wise results with coefficients per lane. The
 * channels_last half of the normalisation kernels; planes.h is the other half. Internal to this folder.
 */
#ifndef KERNELS_CPU_VECTOR_ROWS_H
#define KERNELS_CPU_VECTOR_ROWS_H

#include "kernels/cpu/vector/norm.h"
#include "kernels/cpu/vector/norm_math.h"

/* Some rows of a tensor: [begin, end) of the full ones, and the rest when `with_rest`. */
struct rows_part {
    const struct norm_rows *rows;
    int64_t begin, end;
    bool with_rest;
};

/* Part `index` of `parts`; the last one has the rest. */
static inline struct rows_part rows_part_of(const struct norm_rows *rows, int index, int parts)
{
    return (struct rows_part){rows, norm_split(rows->count, index, parts), norm_split(rows->count, index + 1, parts),
                              index == parts - 1};
}

/* The channels that thread `index` of `parts` finishes: whole pairs, so that rows_spread can move them so. */
static inline int64_t rows_split_channels(int64_t channels, int index, int parts)
{
    int64_t begin = norm_split((channels + 31) / 32, index, parts) * 32;
    return begin < channels ? begin : channels;
}

/* Per-channel values [begin, end) to all lanes of those channels, in the pair order of dtype. */
static inline void rows_spread(enum dtype dtype, const struct norm_rows *rows, const float *per_channel, float *lanes,
                               int64_t begin, int64_t end)
{
    for (int64_t r = 0; r < rows->pixels_per_row; r++) {
        int64_t c = begin, shift = r * rows->channels;
        for (; (c + shift) % PAIR_WIDTH == 0 && c + PAIR_WIDTH <= end; c += PAIR_WIDTH)
            pair_from_natural(dtype, per_channel + c, lanes + shift + c);
        for (; c < end; c++)
            lanes[pair_place(dtype, shift + c)] = float_plain_nan(per_channel[c]);
    }
}

/* What the sums read. Arrays of the tensor's dtype; one float per lane in pair order (pair.h). */
struct reduce_source {
    const void *x, *dy;
    const float *shift, *scale, *offset;
};

/*
 * Adds a part's sums to `sum` and `product` (one double per lane in natural order; product is untouched by REDUCE_SUM),
 * lanes [first, last), both multiples of 32.
 */
void VECTOR_NAME(rows_reduce)(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                              const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product);

/* What an element-wise pass reads and writes; arrays of the tensor's dtype, one float per lane in pair order. */
struct apply_args {
    const void *x;
    const void *other; /* forward: residual; backward: grad_output */
    void *out;
    const float *scale, *offset; /* forward's y = scale x + offset; in backward they give the relu's mask */
    const float *dy_factor, *x_factor, *constant; /* backward: dx = dy_factor dy + x_factor x + constant */
};

/* Writes a part of the result, last row first: what the sums read last is still in the cache. */
void VECTOR_NAME(rows_apply)(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                             const struct rows_part *part);

#endif
