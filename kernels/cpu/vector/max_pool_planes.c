/*
 * Max pooling of contiguous tensors and its gradient, in vectors over the columns of a plane. Input rows are kept as float32 lines,
 * taken apart by column modulo the stride: what tap j of LANES neighbouring outputs reads is then one piece of a line,
 * whatever the stride. A ring holds as many rows as a window spans. The rules of max_pool.c.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/natural.h"
#include "kernels/cpu/vector/norm_kernels.h"

/* A plane's pooling, and a thread's scratch. "Input" is the larger side: grad_input backward. */
struct plane {
    const struct pool_attrs *attrs;
    struct pool_planes lines;
    int height, width, out_height, out_width;
    float *row;        /* [span][phases][length] */
    float *out;        /* [width of an output row in whole vectors] */
    uint8_t *position; /* as wide: the winning taps */
    uint8_t *first;    /* as wide: the first tap of a window's row that is no padding */
};

static float *line_of(const struct plane *p, int row, int phase)
{
    return p->row + ((row % p->lines.span) * p->lines.phases + phase) * p->lines.length;
}

/* Where column `x` of a row lies. */
static float *column_of(const struct plane *p, int row, int x)
{
    int padded = x + p->attrs->padding[1];
    return line_of(p, row, padded % p->lines.phases) + padded / p->lines.phases;
}

/* The piece of a line that tap `tap` of the outputs from 0 on meets. */
static float *tap_line(const struct plane *p, int row, int tap)
{
    int reach = tap * p->attrs->dilation[1];
    return line_of(p, row, reach % p->lines.phases) + reach / p->lines.phases;
}

static void fill_row(const struct plane *p, int row, float value)
{
    float *line = line_of(p, row, 0);
    for (int64_t i = 0; i < p->lines.phases * p->lines.length; i++)
        line[i] = value;
}

static struct plane plane_make(const struct pool_attrs *attrs, const struct tensor *in, const struct tensor *out,
                               char *scratch)
{
    struct plane p = {attrs, pool_planes_make(attrs, in->size[3], out->size[3]), (int)in->size[2], (int)in->size[3],
                      (int)out->size[2], (int)out->size[3]};
    p.row = (float *)scratch;
    p.out = p.row + p.lines.span * p.lines.phases * p.lines.length;
    p.position = (uint8_t *)(p.out + p.lines.width);
    p.first = p.position + p.lines.width;
    for (int w = 0; w < p.lines.width; w++) {
        int before = attrs->padding[1] - w * attrs->stride[1];
        p.first[w] = (uint8_t)(before > 0 ? (before + attrs->dilation[1] - 1) / attrs->dilation[1] : 0);
        p.out[w] = 0;
        p.position[w] = 0;
    }
    return p;
}

/* A row of a tensor to its lines. Even and odd columns are the two halves of a pair of bfloat16. */
VECTOR_INLINE void load_row(enum dtype dtype, const struct plane *p, const void *data, int64_t at, int row)
{
    int x = 0;
    if (p->lines.phases == 1) {
        for (; x + LANES <= p->width; x += LANES)
            lanes_store(column_of(p, row, x), 0, natural_load(dtype, data, at + x));
    } else if (p->lines.phases == 2 && dtype == DTYPE_BFLOAT16) {
        float *even = column_of(p, row, 0), *odd = column_of(p, row, 1);
        for (; x + PAIR_WIDTH <= p->width; x += PAIR_WIDTH) {
            struct vpair pair = pair_load(dtype, data, at + x);
            lanes_store(even, x / 2, pair.a);
            lanes_store(odd, x / 2, pair.b);
        }
    }
    for (; x < p->width; x++)
        *column_of(p, row, x) = natural_load_one(dtype, data, at + x);
}

VECTOR_INLINE void store_row(enum dtype dtype, const struct plane *p, void *data, int64_t at, int row)
{
    int x = 0;
    if (p->lines.phases == 1) {
        for (; x + LANES <= p->width; x += LANES)
            natural_store(dtype, data, at + x, lanes_load(column_of(p, row, x), 0));
    } else if (p->lines.phases == 2 && dtype == DTYPE_BFLOAT16) {
        const float *even = column_of(p, row, 0), *odd = column_of(p, row, 1);
        for (; x + PAIR_WIDTH <= p->width; x += PAIR_WIDTH)
            pair_store(dtype, data, at + x, (struct vpair){lanes_load(even, x / 2), lanes_load(odd, x / 2)});
    }
    for (; x < p->width; x++)
        natural_store_one(dtype, data, at + x, *column_of(p, row, x));
}

/* A row of outputs, from and to p->out. */
VECTOR_INLINE void load_out(enum dtype dtype, const struct plane *p, const void *data, int64_t at)
{
    int w = 0;
    for (; w + LANES <= p->out_width; w += LANES)
        lanes_store(p->out, w, natural_load(dtype, data, at + w));
    for (; w < p->out_width; w++)
        p->out[w] = natural_load_one(dtype, data, at + w);
}

VECTOR_INLINE void store_out(enum dtype dtype, const struct plane *p, void *data, int64_t at)
{
    int w = 0;
    for (; w + LANES <= p->out_width; w += LANES)
        natural_store(dtype, data, at + w, lanes_load(p->out, w));
    for (; w < p->out_width; w++)
        natural_store_one(dtype, data, at + w, p->out[w]);
}

/* The window rows [*begin, *end) of output row `h` that are no padding; returns the input row of tap 0. */
static int window_rows(const struct plane *p, int h, int *begin, int *end)
{
    const struct pool_attrs *attrs = p->attrs;
    int first = h * attrs->stride[0] - attrs->padding[0], dilation = attrs->dilation[0];

    *begin = first < 0 ? (-first + dilation - 1) / dilation : 0;
    *end = first >= p->height ? 0 : (p->height - 1 - first) / dilation + 1;
    *end = *end > attrs->kernel[0] ? attrs->kernel[0] : *end;
    return first;
}

static void find_maxima(const struct plane *p, int h)
{
    int begin, end, first = window_rows(p, h, &begin, &end), columns = p->attrs->kernel[1];

    for (int w = 0; w < p->out_width; w += LANES) {
        lfloat best = lanes_set(-INFINITY);
        lint position = natural_load_bytes(p->first + w) + begin * columns;
        for (int i = begin; i < end; i++) {
            for (int j = 0; j < columns; j++) {
                lfloat value = lanes_load(tap_line(p, first + i * p->attrs->dilation[0], j), w);
                lint better = (value > best) | (value != value);
                best = lanes_select(better, value, best);
                position = (better & (i * columns + j)) | (~better & position);
            }
        }
        lanes_store(p->out, w, best);
        natural_store_bytes(p->position + w, position);
    }
}

static void add_gradients(const struct plane *p, int h)
{
    int begin, end, first = window_rows(p, h, &begin, &end), columns = p->attrs->kernel[1];

    for (int w = 0; w < p->out_width; w += LANES) {
        lint position = natural_load_bytes(p->position + w);
        lint gradient = (lint)lanes_load(p->out, w);
        for (int i = begin; i < end; i++) {
            for (int j = 0; j < columns; j++) {
                float *line = tap_line(p, first + i * p->attrs->dilation[0], j);
                lint won = position == i * columns + j;
                lanes_store(line, w, lanes_load(line, w) + (lfloat)(gradient & won));
            }
        }
    }
}

/* Rows come as the windows reach them; columns that are padding stay -infinity. */
VECTOR_INLINE void forward_plane(enum dtype dtype, const struct op_call *call, const struct plane *p, int64_t n)
{
    int64_t in = n * p->height * p->width, out = n * p->out_height * p->out_width;
    int next = 0, begin, end;

    for (int h = 0; h < p->out_height; h++, out += p->out_width) {
        int first = window_rows(p, h, &begin, &end), last = first + (p->lines.span - 1);
        next = next < first ? first : next;
        for (; next <= last && next < p->height; next++)
            load_row(dtype, p, call->in[0]->data, in + (int64_t)next * p->width, next);
        find_maxima(p, h);
        store_out(dtype, p, call->out[0]->data, out);
        memcpy((uint8_t *)call->out[1]->data + out, p->position, (size_t)p->out_width);
    }
}

/* Rows [*made, end) start at 0, rows [*done, end) are written: no later window meets them. */
static void start_rows(const struct plane *p, int *made, int end)
{
    for (; *made < end && *made < p->height; ++*made)
        fill_row(p, *made, 0);
}
VECTOR_INLINE void finish_rows(enum dtype dtype, const struct plane *p, void *data, int64_t at, int *made, int *done, int end)
{
    for (; *done < end && *done < p->height; ++*done) {
        start_rows(p, made, *done + 1);
        store_row(dtype, p, data, at + (int64_t)*done * p->width, *done);
    }
}

VECTOR_INLINE void backward_plane(enum dtype dtype, const struct op_call *call, const struct plane *p, int64_t n)
{
    int64_t in = n * p->height * p->width, out = n * p->out_height * p->out_width;
    void *gradient = call->out[0]->data;
    int made = 0, done = 0, begin, end;

    for (int h = 0; h < p->out_height; h++, out += p->out_width) {
        int first = window_rows(p, h, &begin, &end);
        finish_rows(dtype, p, gradient, in, &made, &done, first);
        start_rows(p, &made, first + p->lines.span);
        load_out(dtype, p, call->in[0]->data, out);
        memcpy(p->position, (const uint8_t *)call->in[2]->data + out, (size_t)p->out_width);
        add_gradients(p, h);
    }
    finish_rows(dtype, p, gradient, in, &made, &done, p->height);
}

static char *thread_scratch(const struct op_call *call, const struct tensor *in, const struct tensor *out, void *scratch)
{
    return (char *)scratch + max_pool_planes_scratch_bytes(&call->attrs.pool, in->size[3], out->size[3], omp_get_thread_num());
}

void VECTOR_NAME(vector_max_pool2d_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *in = call->in[0], *out = call->out[0];
#pragma omp parallel num_threads(threads)
    {
        struct plane p = plane_make(&call->attrs.pool, in, out, thread_scratch(call, in, out, scratch));
        for (int row = 0; row < p.lines.span; row++)
            fill_row(&p, row, -INFINITY);
#pragma omp for schedule(static)
        for (int64_t n = 0; n < in->size[0] * in->size[1]; n++)
            VECTOR_FOR_DTYPE(in->dtype, forward_plane, call, &p, n);
    }
}

void VECTOR_NAME(vector_max_pool2d_backward_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *in = call->out[0], *out = call->in[0];
#pragma omp parallel num_threads(threads)
    {
        struct plane p = plane_make(&call->attrs.pool, in, out, thread_scratch(call, in, out, scratch));
#pragma omp for schedule(static)
        for (int64_t n = 0; n < in->size[0] * in->size[1]; n++)
            VECTOR_FOR_DTYPE(in->dtype, backward_plane, call, &p, n);
    }
}
