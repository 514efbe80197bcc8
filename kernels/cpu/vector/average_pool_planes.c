/*
 * Average pooling of contiguous 4-D tensors over windows, and its gradient, in vectors over the columns of a plane (pool_lines.h).
 * A window's sum is one over rows and then one over columns. Padding counts 0; divisors as in average_pool.c.
 */
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/pool_lines.h"

/* A plane's pooling, in a thread's scratch. */
struct plane {
    struct pool_lines lines;
    const struct average_attrs *attrs;
    float *sum;   /* [phases][length]: a window's rows together */
    float *share; /* [width]: 1 / (columns counted) by output column */
};

/* 1 / (elements counted) along dimension `d` (0 H, 1 W) for an output index. */
static float share_of(const struct average_attrs *attrs, int d, int64_t output, int64_t inputs)
{
    int64_t kernel = attrs->kernel[1 + d], padding = attrs->padding[1 + d], start = output * attrs->stride[1 + d] - padding;
    int64_t end = start + kernel < inputs + padding ? start + kernel : inputs + padding;

    if (attrs->exclude_padding) {
        start = start < 0 ? 0 : start;
        end = end < inputs ? end : inputs;
    }
    return 1 / (float)(end - start);
}

/* `window`: average_window() of the call, which the plane refers to. */
static struct plane plane_make(const struct op_call *call, const struct pool_attrs *window, const struct tensor *in,
                               const struct tensor *out, void *scratch)
{
    size_t bytes = average_pool_planes_scratch_bytes(window, in->size[3], out->size[3], 1);
    struct plane p = {.lines = lines_make(window, in, out, (float *)((char *)scratch + (size_t)omp_get_thread_num() * bytes)),
                      .attrs = &call->attrs.average};

    p.share = p.lines.out + p.lines.size.width;
    p.sum = p.share + p.lines.size.width;
    for (int w = 0; w < p.lines.size.width; w++)
        p.share[w] = w < p.lines.out_width ? share_of(p.attrs, 1, w, p.lines.width) : 0;
    for (int row = 0; row < p.lines.size.span; row++)
        lines_fill(&p.lines, row, 0);
    return p;
}

static void average(const void *pooling, int h, int64_t at)
{
    const struct plane *p = pooling;
    const struct pool_lines *lines = &p->lines;
    float share = share_of(p->attrs, 0, h, lines->height);
    int begin, end, first = lines_window(lines, h, &begin, &end);
    int64_t floats = lines->size.phases * lines->size.length;
    (void)at;

    for (int64_t k = 0; k < floats; k += LANES) {
        lfloat sum = {0};
        for (int i = begin; i < end; i++)
            sum += lanes_load(lines_at(lines, first + i, 0), k);
        lanes_store(p->sum, k, sum);
    }
    for (int w = 0; w < lines->out_width; w += LANES) {
        lfloat sum = {0};
        for (int j = 0; j < lines->attrs->kernel[1]; j++)
            sum += lanes_load(p->sum + w, lines_tap(lines, j));
        lanes_store(lines->out, w, sum * lanes_load(p->share, w) * share);
    }
}

/* The other way round: columns first, and the sum of them to each of the window's rows. */
static void spread(const void *pooling, int h, int64_t at)
{
    const struct plane *p = pooling;
    const struct pool_lines *lines = &p->lines;
    float share = share_of(p->attrs, 0, h, lines->height);
    int begin, end, first = lines_window(lines, h, &begin, &end);
    int64_t floats = lines->size.phases * lines->size.length;
    (void)at;

    memset(p->sum, 0, (size_t)floats * sizeof *p->sum);
    for (int w = 0; w < lines->out_width; w += LANES) {
        lfloat gradient = lanes_load(lines->out, w) * lanes_load(p->share, w) * share;
        for (int j = 0; j < lines->attrs->kernel[1]; j++) {
            int64_t tap = lines_tap(lines, j);
            lanes_store(p->sum + w, tap, lanes_load(p->sum + w, tap) + gradient);
        }
    }
    for (int i = begin; i < end; i++) {
        float *row = lines_at(lines, first + i, 0);
        for (int64_t k = 0; k < floats; k += LANES)
            lanes_store(row, k, lanes_load(row, k) + lanes_load(p->sum, k));
    }
}

void VECTOR_NAME(vector_average_pool_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *in = call->in[0], *out = call->out[0];
    const struct pool_attrs window = average_window(&call->attrs.average);
#pragma omp parallel num_threads(threads)
    {
        struct plane p = plane_make(call, &window, in, out, scratch);
#pragma omp for schedule(static)
        for (int64_t n = 0; n < in->size[0] * in->size[1]; n++)
            VECTOR_FOR_DTYPE(in->dtype, lines_forward, &p.lines, in->data, out->data, n, average, &p);
    }
}

void VECTOR_NAME(vector_average_pool_backward_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *in = call->out[0], *out = call->in[0];
    const struct pool_attrs window = average_window(&call->attrs.average);
#pragma omp parallel num_threads(threads)
    {
        struct plane p = plane_make(call, &window, in, out, scratch);
#pragma omp for schedule(static)
        for (int64_t n = 0; n < in->size[0] * in->size[1]; n++)
            VECTOR_FOR_DTYPE(in->dtype, lines_backward, &p.lines, out->data, in->data, n, spread, &p);
    }
}
