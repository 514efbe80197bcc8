/* Max pooling of contiguous tensors and its gradient, in vectors over the columns of a plane (pool_lines.h). The rules of max_pool.c. */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/pool_lines.h"

/* A plane's pooling, in a thread's scratch. */
struct plane {
    struct pool_lines lines;
    uint8_t *position; /* of a row of outputs: the winning taps */
    uint8_t *first;    /* the first tap of a window's row that is no padding */
    uint8_t *indices;  /* the tensor that holds the winning taps of all outputs */
};

static struct plane plane_make(const struct op_call *call, const struct tensor *in, const struct tensor *out,
                               const struct tensor *indices, void *scratch)
{
    const struct pool_attrs *attrs = &call->attrs.pool;
    size_t bytes = max_pool_planes_scratch_bytes(attrs, in->size[3], out->size[3], 1);
    struct plane p = {.lines = lines_make(attrs, in, out, (float *)((char *)scratch + (size_t)omp_get_thread_num() * bytes))};
    int64_t width = p.lines.size.width;

    p.position = (uint8_t *)(p.lines.out + width);
    p.first = p.position + width;
    p.indices = indices->data;
    for (int w = 0; w < width; w++) {
        int before = attrs->padding[1] - w * attrs->stride[1];
        p.first[w] = (uint8_t)(before > 0 ? (before + attrs->dilation[1] - 1) / attrs->dilation[1] : 0);
        p.position[w] = 0;
    }
    return p;
}

static void find_maxima(const void *pooling, int h, int64_t at)
{
    const struct plane *p = pooling;
    const struct pool_lines *lines = &p->lines;
    int begin, end, first = lines_window(lines, h, &begin, &end), columns = lines->attrs->kernel[1];

    for (int w = 0; w < lines->out_width; w += LANES) {
        lfloat best = lanes_set(-INFINITY);
        lint position = natural_load_bytes(p->first + w) + begin * columns;
        for (int i = begin; i < end; i++) {
            const float *row = lines_at(lines, first + i * lines->attrs->dilation[0], 0) + w;
            for (int j = 0; j < columns; j++) {
                lfloat value = lanes_load(row, lines_tap(lines, j));
                lint better = (value > best) | (value != value);
                best = lanes_select(better, value, best);
                position = (better & (i * columns + j)) | (~better & position);
            }
        }
        lanes_store(lines->out, w, best);
        natural_store_bytes(p->position + w, position);
    }
    memcpy(p->indices + at, p->position, (size_t)lines->out_width);
}

static void add_gradients(const void *pooling, int h, int64_t at)
{
    const struct plane *p = pooling;
    const struct pool_lines *lines = &p->lines;
    int begin, end, first = lines_window(lines, h, &begin, &end), columns = lines->attrs->kernel[1];

    memcpy(p->position, p->indices + at, (size_t)lines->out_width);
    for (int w = 0; w < lines->out_width; w += LANES) {
        lint position = natural_load_bytes(p->position + w);
        lint gradient = (lint)lanes_load(lines->out, w);
        for (int i = begin; i < end; i++) {
            float *row = lines_at(lines, first + i * lines->attrs->dilation[0], 0) + w;
            for (int j = 0; j < columns; j++) {
                int64_t tap = lines_tap(lines, j);
                lint won = position == i * columns + j;
                lanes_store(row, tap, lanes_load(row, tap) + (lfloat)(gradient & won));
            }
        }
    }
}

/* Columns that are padding stay -infinity. */
void VECTOR_NAME(vector_max_pool2d_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *in = call->in[0], *out = call->out[0];
#pragma omp parallel num_threads(threads)
    {
        struct plane p = plane_make(call, in, out, call->out[1], scratch);
        for (int row = 0; row < p.lines.size.span; row++)
            lines_fill(&p.lines, row, -INFINITY);
#pragma omp for schedule(static)
        for (int64_t n = 0; n < in->size[0] * in->size[1]; n++)
            VECTOR_FOR_DTYPE(in->dtype, lines_forward, &p.lines, in->data, out->data, n, find_maxima, &p);
    }
}

void VECTOR_NAME(vector_max_pool2d_backward_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *in = call->out[0], *out = call->in[0];
#pragma omp parallel num_threads(threads)
    {
        struct plane p = plane_make(call, in, out, call->in[2], scratch);
#pragma omp for schedule(static)
        for (int64_t n = 0; n < in->size[0] * in->size[1]; n++)
            VECTOR_FOR_DTYPE(in->dtype, lines_backward, &p.lines, out->data, in->data, n, add_gradients, &p);
    }
}
