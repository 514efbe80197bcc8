/*
 * Geometry that the normalisation and pooling kernels and their glue share: how a channels_last tensor is cut into lanes, and how
 * much scratch a kernel wants.
 *
 * A row holds `pixels_per_row` whole pixels, so that its length is a multiple of the vector width whatever C is: no
 * tails inside a row, and per-channel values are kept once per lane (lane l belongs to channel l % C). C = 58 makes
 * rows of 928 lanes, 16 pixels each. What is left over at the end (fewer pixels than a row) is the `rest`.
 */
#ifndef KERNELS_CPU_VECTOR_NORM_H
#define KERNELS_CPU_VECTOR_NORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/op.h"
#include "kernels/tensor.h"

#define NORM_MIN_LANES 64 /* four vectors: enough independent sums to hide the latency of an add */

struct norm_rows {
    int64_t channels;
    int64_t lanes; /* of a row; a multiple of 32, at least 64 */
    int64_t pixels_per_row;
    int64_t count; /* full rows */
    int64_t rest;  /* elements after them; less than `lanes` */
};

/* Weight or bias of channel `c`; `otherwise` where there is none. */
static inline float norm_affine(const struct tensor *affine, int64_t c, float otherwise)
{
    return affine ? ((const float *)affine->data)[c] : otherwise;
}

static inline void norm_affine_set(const struct tensor *gradient, int64_t c, double value)
{
    if (gradient)
        ((float *)gradient->data)[c] = (float)value;
}

static inline struct norm_rows norm_rows_make(int64_t channels, int64_t pixels)
{
    struct norm_rows rows = {channels, channels, 1, 0, 0};
    while (rows.lanes % 32 != 0 || rows.lanes < NORM_MIN_LANES) {
        rows.pixels_per_row *= 2;
        rows.lanes *= 2;
    }
    rows.count = pixels / rows.pixels_per_row;
    rows.rest = pixels % rows.pixels_per_row * channels;
    return rows;
}

/* Pixels in `full` rows, and in the rest when it is counted in, that fall on replica `r` of the channels. */
static inline int64_t norm_rows_pixels(const struct norm_rows *rows, int64_t full, bool with_rest, int64_t r)
{
    return full + (with_rest && r * rows->channels < rows->rest);
}

/* First item of part `index` of `parts` equal parts of `count` items. */
static inline int64_t norm_split(int64_t count, int index, int parts)
{
    return count * index / parts;
}

/* Arrays of one value per lane that fit in a kernel's scratch, in this order: doubles, then floats. */
static inline size_t norm_scratch_bytes(int64_t values, int64_t doubles, int64_t floats)
{
    return (size_t)values * ((size_t)doubles * sizeof(double) + (size_t)floats * sizeof(float));
}

/* Scratch of the *_rows kernels: per thread two sums and two shifts for every lane, and coefficients. */
static inline size_t norm_rows_scratch_bytes(int64_t channels, int threads)
{
    struct norm_rows rows = norm_rows_make(channels, 0);
    return norm_scratch_bytes(rows.lanes, 2 * threads + 2, 2 * threads + 10);
}

/* Lines of contiguous pooling (pool_lines.h): per row of the ring and column modulo the stride; and outputs of a row in whole vectors. */
struct pool_planes {
    int span, phases;
    int64_t length, width;
};
static inline struct pool_planes pool_planes_make(const struct pool_attrs *attrs, int64_t in_width, int64_t out_width)
{
    int64_t width = (out_width + 15) / 16 * 16, stride = attrs->stride[1];
    int64_t reach = (attrs->kernel[1] - 1) * attrs->dilation[1] / stride + width;
    int64_t columns = (in_width - 1 + attrs->padding[1]) / stride + 1;
    return (struct pool_planes){(attrs->kernel[0] - 1) * attrs->dilation[0] + 1, (int)stride,
                                ((reach > columns ? reach : columns) + 15) / 16 * 16, width};
}

/* Floats of lines_make(). */
static inline int64_t pool_planes_floats(const struct pool_planes *lines)
{
    return lines->span * lines->phases * lines->length + lines->width;
}

static inline size_t max_pool_planes_scratch_bytes(const struct pool_attrs *attrs, int64_t in_width, int64_t out_width, int threads)
{
    struct pool_planes lines = pool_planes_make(attrs, in_width, out_width);
    return (size_t)threads * ((size_t)(pool_planes_floats(&lines) * 4 + 2 * lines.width + 63) / 64 * 64);
}

/* The windows over H and W of average pooling. */
static inline struct pool_attrs average_window(const struct average_attrs *attrs)
{
    return (struct pool_attrs){{attrs->kernel[1], attrs->kernel[2]}, {attrs->stride[1], attrs->stride[2]},
                               {attrs->padding[1], attrs->padding[2]}, {1, 1}, attrs->ceil_mode};
}

static inline size_t average_pool_planes_scratch_bytes(const struct pool_attrs *window, int64_t in_width, int64_t out_width, int threads)
{
    struct pool_planes lines = pool_planes_make(window, in_width, out_width);
    int64_t floats = pool_planes_floats(&lines) + lines.phases * lines.length + lines.width;
    return (size_t)threads * (((size_t)floats * 4 + 63) / 64 * 64);
}

/* Slots of the group norm rows kernels: one image, or a part of one where there are more threads than images. */
static inline int group_norm_slots(int64_t images, int threads)
{
    return images >= threads ? threads : 2 * threads;
}

static inline size_t group_norm_rows_scratch_bytes(int64_t images, int64_t channels, int threads)
{
    int64_t slots = group_norm_slots(images, threads);
    return norm_scratch_bytes(norm_rows_make(channels, 0).lanes, 4 * slots, 11 * slots);
}

/* Backward of contiguous group norm: two sums for every (image, channel). */
static inline size_t group_norm_planes_scratch_bytes(int64_t images, int64_t channels)
{
    return norm_scratch_bytes(images * channels, 2, 0);
}

/* Layer norm: floats that a row of `length` is padded to. */
static inline int64_t layer_norm_room(int64_t length)
{
    return (length + 31) / 32 * 32;
}

/* Weight and bias, and a row per thread; backward: the weight, and per thread two sums in doubles and four rows of floats. */
static inline size_t layer_norm_scratch_bytes(int64_t length, int threads)
{
    return norm_scratch_bytes(layer_norm_room(length), 0, 2 + threads);
}
static inline size_t layer_norm_backward_scratch_bytes(int64_t length, int threads)
{
    return norm_scratch_bytes(layer_norm_room(length), 2 * threads, 4 * threads + 1);
}

/* Average pooling: a float for each output index of D, H and W. */
static inline size_t average_pool_scratch_bytes(int64_t d, int64_t h, int64_t w)
{
    return norm_scratch_bytes(d + h + w, 0, 1);
}

/* mean_rows: a sum and two floats for every lane, per thread. */
static inline size_t mean_scratch_bytes(int64_t channels, int threads)
{
    return norm_scratch_bytes(norm_rows_make(channels, 0).lanes, threads, 2 * threads);
}

/* sum, of `count` results: as mean_rows where the input is a matrix whose rows are added (sum_rows_of), else nothing. */
static inline size_t sum_scratch_bytes(bool rows, int64_t count)
{
    return rows ? mean_scratch_bytes(count, 1) : 0;
}

/* log_softmax and its backward: two rows of floats per thread. nll_loss: one. */
static inline size_t loss_scratch_bytes(int64_t classes, int threads)
{
    return norm_scratch_bytes((classes + 15) / 16 * 16, 0, 2 * threads);
}

/* softmax and its backward: rows side by side, and two blocks of them per thread. */
#define SOFTMAX_LANES 64
static inline size_t softmax_scratch_bytes(int64_t dim, int threads)
{
    return norm_scratch_bytes(dim * SOFTMAX_LANES, 0, 2 * threads);
}

#endif
