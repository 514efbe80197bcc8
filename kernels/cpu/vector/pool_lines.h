/*
 * Lines that pooling of contiguous tensors works on. The rows of a plane are kept as float32, taken apart by column modulo the
 * stride: what tap j of LANES neighbouring outputs meets is then one piece of a line, whatever the stride. A ring holds as many
 * rows as a window spans. "Rows" are those of the side that windows move over, the input or grad_input; "out" is a row of
 * the side with one element a window. Internal to this folder.
 */
#ifndef KERNELS_CPU_VECTOR_POOL_LINES_H
#define KERNELS_CPU_VECTOR_POOL_LINES_H

#include "kernels/cpu/vector/natural.h"
#include "kernels/cpu/vector/norm.h"

struct pool_lines {
    const struct pool_attrs *attrs;
    struct pool_planes size;
    int height, width, out_height, out_width;
    float *row; /* [span][phases][length] */
    float *out; /* [width of an output row in whole vectors] */
};

/* Of `in` and `out`, contiguous; `memory` holds pool_planes_floats(). */
static inline struct pool_lines lines_make(const struct pool_attrs *attrs, const struct tensor *in, const struct tensor *out,
                                           float *memory)
{
    struct pool_lines p = {attrs, pool_planes_make(attrs, in->size[3], out->size[3]), (int)in->size[2], (int)in->size[3],
                           (int)out->size[2], (int)out->size[3]};
    p.row = memory;
    p.out = p.row + p.size.span * p.size.phases * p.size.length;
    memset(p.out, 0, (size_t)p.size.width * sizeof *p.out);
    return p;
}

static inline float *lines_at(const struct pool_lines *p, int row, int phase)
{
    return p->row + ((row % p->size.span) * p->size.phases + phase) * p->size.length;
}

/* Where column `x` of a row lies. */
static inline float *lines_column(const struct pool_lines *p, int row, int x)
{
    int padded = x + p->attrs->padding[1];
    return lines_at(p, row, padded % p->size.phases) + padded / p->size.phases;
}

/* How far into a row's lines the piece lies that tap `tap` of the outputs from 0 on meets. */
static inline int64_t lines_tap(const struct pool_lines *p, int tap)
{
    int reach = tap * p->attrs->dilation[1];
    return reach % p->size.phases * p->size.length + reach / p->size.phases;
}

static inline void lines_fill(const struct pool_lines *p, int row, float value)
{
    float *line = lines_at(p, row, 0);
    for (int64_t i = 0; i < p->size.phases * p->size.length; i++)
        line[i] = value;
}

/* The window rows [*begin, *end) of output row `h` that are no padding; returns the row of tap 0. */
static inline int lines_window(const struct pool_lines *p, int h, int *begin, int *end)
{
    const struct pool_attrs *attrs = p->attrs;
    int first = h * attrs->stride[0] - attrs->padding[0], dilation = attrs->dilation[0];

    *begin = first < 0 ? (-first + dilation - 1) / dilation : 0;
    *end = first >= p->height ? 0 : (p->height - 1 - first) / dilation + 1;
    *end = *end > attrs->kernel[0] ? attrs->kernel[0] : *end;
    return first;
}

/* A row of a tensor to its lines, and back. Even and odd columns are the two halves of a pair of bfloat16. */
VECTOR_INLINE void lines_load(enum dtype dtype, const struct pool_lines *p, const void *data, int64_t at, int row)
{
    int x = 0;
    if (p->size.phases == 1) {
        for (; x + LANES <= p->width; x += LANES)
            lanes_store(lines_column(p, row, x), 0, natural_load(dtype, data, at + x));
    } else if (p->size.phases == 2 && dtype == DTYPE_BFLOAT16) {
        float *even = lines_column(p, row, 0), *odd = lines_column(p, row, 1);
        for (; x + PAIR_WIDTH <= p->width; x += PAIR_WIDTH) {
            struct vpair pair = pair_load(dtype, data, at + x);
            lanes_store(even, x / 2, pair.a);
            lanes_store(odd, x / 2, pair.b);
        }
    }
    for (; x < p->width; x++)
        *lines_column(p, row, x) = natural_load_one(dtype, data, at + x);
}

VECTOR_INLINE void lines_store(enum dtype dtype, const struct pool_lines *p, void *data, int64_t at, int row)
{
    int x = 0;
    if (p->size.phases == 1) {
        for (; x + LANES <= p->width; x += LANES)
            natural_store(dtype, data, at + x, lanes_load(lines_column(p, row, x), 0));
    } else if (p->size.phases == 2 && dtype == DTYPE_BFLOAT16) {
        const float *even = lines_column(p, row, 0), *odd = lines_column(p, row, 1);
        for (; x + PAIR_WIDTH <= p->width; x += PAIR_WIDTH)
            pair_store(dtype, data, at + x, (struct vpair){lanes_load(even, x / 2), lanes_load(odd, x / 2)});
    }
    for (; x < p->width; x++)
        natural_store_one(dtype, data, at + x, *lines_column(p, row, x));
}

/* A row of outputs, from and to p->out. */
VECTOR_INLINE void lines_load_out(enum dtype dtype, const struct pool_lines *p, const void *data, int64_t at)
{
    int w = 0;
    for (; w + LANES <= p->out_width; w += LANES)
        lanes_store(p->out, w, natural_load(dtype, data, at + w));
    for (; w < p->out_width; w++)
        p->out[w] = natural_load_one(dtype, data, at + w);
}

VECTOR_INLINE void lines_store_out(enum dtype dtype, const struct pool_lines *p, void *data, int64_t at)
{
    int w = 0;
    for (; w + LANES <= p->out_width; w += LANES)
        natural_store(dtype, data, at + w, lanes_load(p->out, w));
    for (; w < p->out_width; w++)
        natural_store_one(dtype, data, at + w, p->out[w]);
}

/* What a pooling does to one row of outputs, `h`, whose first element is number `at` of the outputs: from the lines to p->out, or back. */
typedef void lines_row(const void *pooling, int h, int64_t at);

/* Forward over plane `n`: rows are loaded as the windows reach them. */
VECTOR_INLINE void lines_forward(enum dtype dtype, const struct pool_lines *p, const void *from, void *to, int64_t n, lines_row *row,
                                 const void *pooling)
{
    int64_t in = n * p->height * p->width, out = n * p->out_height * p->out_width;
    int next = 0, begin, end;

    for (int h = 0; h < p->out_height; h++, out += p->out_width) {
        int first = lines_window(p, h, &begin, &end);
        next = next < first ? first : next;
        for (; next < first + p->size.span && next < p->height; next++)
            lines_load(dtype, p, from, in + (int64_t)next * p->width, next);
        row(pooling, h, out);
        lines_store_out(dtype, p, to, out);
    }
}

/* Backward: rows [*made, end) start at 0; rows [*done, end) are written, since no later window meets them. */
static inline void lines_start(const struct pool_lines *p, int *made, int end)
{
    for (; *made < end && *made < p->height; ++*made)
        lines_fill(p, *made, 0);
}
VECTOR_INLINE void lines_finish(enum dtype dtype, const struct pool_lines *p, void *data, int64_t at, int *made, int *done, int end)
{
    for (; *done < end && *done < p->height; ++*done) {
        lines_start(p, made, *done + 1);
        lines_store(dtype, p, data, at + (int64_t)*done * p->width, *done);
    }
}
VECTOR_INLINE void lines_backward(enum dtype dtype, const struct pool_lines *p, const void *from, void *to, int64_t n, lines_row *row,
                                  const void *pooling)
{
    int64_t in = n * p->height * p->width, out = n * p->out_height * p->out_width;
    int made = 0, done = 0, begin, end;

    for (int h = 0; h < p->out_height; h++, out += p->out_width) {
        int first = lines_window(p, h, &begin, &end);
        lines_finish(dtype, p, to, in, &made, &done, first);
        lines_start(p, &made, first + p->size.span);
        lines_load_out(dtype, p, from, out);
        row(pooling, h, out);
    }
    lines_finish(dtype, p, to, in, &made, &done, p->height);
}

#endif
