/* Upsampling and the pads that repeat or mirror the edge. */
#include "kernels/ops/resample.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/ops/facts.h"

struct resample_row {
    enum op_id op, backward;
    int (*taps)(const struct resample_axis *axis, int64_t out, int64_t *index, double *weight);
};

/* Input pixels per output pixel. */
static double scale_of(const struct resample_axis *axis)
{
    const struct upsample_attrs *attrs = &axis->attrs->upsample;
    if (attrs->align_corners)
        return axis->out > 1 ? (double)(axis->in - 1) / (double)(axis->out - 1) : 0;
    return attrs->scale[axis->axis] > 0 ? 1 / attrs->scale[axis->axis] : (double)axis->in / (double)axis->out;
}

static int64_t clamp(int64_t value, int64_t most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* In float, as PyTorch: near a whole number the position depends on it. */
static int nearest_taps(const struct resample_axis *axis, int64_t out, int64_t *index, double *weight)
{
    index[0] = clamp((int64_t)floorf((float)out * (float)scale_of(axis)), axis->in - 1);
    weight[0] = 1;
    return 1;
}

static double source_of(const struct resample_axis *axis, int64_t out)
{
    double scale = scale_of(axis);
    return axis->attrs->upsample.align_corners ? scale * (double)out : scale * ((double)out + 0.5) - 0.5;
}

static int bilinear_taps(const struct resample_axis *axis, int64_t out, int64_t *index, double *weight)
{
    double source = fmax(0, source_of(axis, out));
    index[0] = clamp((int64_t)source, axis->in - 1);
    index[1] = clamp(index[0] + 1, axis->in - 1);
    weight[1] = fmin(1, source - (double)index[0]);
    weight[0] = 1 - weight[1];
    return 2;
}

/* Keys' cubic convolution with a = -0.75, at distances up to 1 and from 1 to 2. */
static double cubic_near(double x)
{
    return ((-0.75 + 2) * x - (-0.75 + 3)) * x * x + 1;
}

static double cubic_far(double x)
{
    return ((-0.75 * x + 5 * 0.75) * x - 8 * 0.75) * x + 4 * 0.75;
}

static int bicubic_taps(const struct resample_axis *axis, int64_t out, int64_t *index, double *weight)
{
    double source = source_of(axis, out), base = floor(source), t = source - base;
    for (int i = 0; i < 4; i++)
        index[i] = clamp((int64_t)base - 1 + i, axis->in - 1);
    weight[0] = cubic_far(t + 1);
    weight[1] = cubic_near(t);
    weight[2] = cubic_near(1 - t);
    weight[3] = cubic_far(2 - t);
    return 4;
}

static int replication_taps(const struct resample_axis *axis, int64_t out, int64_t *index, double *weight)
{
    index[0] = clamp(out - axis->attrs->pad.before[2 + axis->axis], axis->in - 1);
    weight[0] = 1;
    return 1;
}

/* The edge itself is not repeated. */
static int reflection_taps(const struct resample_axis *axis, int64_t out, int64_t *index, double *weight)
{
    int64_t position = out - axis->attrs->pad.before[2 + axis->axis];
    index[0] = position < 0 ? -position : position >= axis->in ? 2 * (axis->in - 1) - position : position;
    weight[0] = 1;
    return 1;
}

static const struct resample_row rows[] = {
    {OP_UPSAMPLE_NEAREST2D, OP_UPSAMPLE_NEAREST2D_BACKWARD, nearest_taps},
    {OP_UPSAMPLE_BILINEAR2D, OP_UPSAMPLE_BILINEAR2D_BACKWARD, bilinear_taps},
    {OP_UPSAMPLE_BICUBIC2D, OP_UPSAMPLE_BICUBIC2D_BACKWARD, bicubic_taps},
    {OP_REFLECTION_PAD2D, OP_REFLECTION_PAD2D_BACKWARD, reflection_taps},
    {OP_REPLICATION_PAD2D, OP_REPLICATION_PAD2D_BACKWARD, replication_taps},
};
#define ROWS (sizeof rows / sizeof *rows)

int resample_taps(const struct resample_axis *axis, int64_t out, int64_t index[RESAMPLE_MAX_TAPS],
                  double weight[RESAMPLE_MAX_TAPS])
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].op == axis->op || rows[i].backward == axis->op)
            return rows[i].taps(axis, out, index, weight);
    }
    return 0;
}

/*
 * Puts every tap where its row of the matrix wants it: the result's position forward, the source's backward. `start` is
 * all zero and one longer than what stays of it: filling moves start[p + 1] from the begin of row p to its end.
 */
static void fill_taps(const struct resample_axis *axis, bool backward, int32_t *start, int32_t *index, float *weight)
{
    int64_t taps[RESAMPLE_MAX_TAPS], positions = backward ? axis->in : axis->out;
    double weights[RESAMPLE_MAX_TAPS];
    for (int64_t o = 0; o < axis->out; o++) {
        int count = resample_taps(axis, o, taps, weights);
        for (int i = 0; i < count; i++)
            start[(backward ? taps[i] : o) + 2]++;
    }
    for (int64_t p = 0; p < positions; p++)
        start[p + 2] += start[p + 1];
    for (int64_t o = 0; o < axis->out; o++) {
        int count = resample_taps(axis, o, taps, weights);
        for (int i = 0; i < count; i++) {
            int32_t at = start[(backward ? taps[i] : o) + 1]++;
            index[at] = (int32_t)(backward ? o : taps[i]);
            weight[at] = (float)weights[i];
        }
    }
}

enum status resample_rows_create(const struct resample_axis *axis, bool backward, struct resample_rows *out)
{
    int64_t positions = backward ? axis->in : axis->out, most = axis->out * RESAMPLE_MAX_TAPS;
    size_t bytes = (size_t)(positions + 2 + most) * sizeof(int32_t) + (size_t)most * sizeof(float);
    int32_t *start = calloc(1, bytes);
    if (!start)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(axis->op), bytes);
    int32_t *index = start + positions + 2;
    *out = (struct resample_rows){positions, start, index, (float *)(index + most), bytes};
    fill_taps(axis, backward, start, index, out->weight);
    return STATUS_OK;
}

bool resample_is_backward(enum op_id op)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].backward == op)
            return true;
    }
    return false;
}

static enum status infer_upsample(const struct op_query *query, struct tensor *out)
{
    const struct upsample_attrs *attrs = &query->attrs->upsample;
    TRY(facts_need(query, 0, 4));
    const struct tensor *in = query->in[0];
    if (attrs->size[0] < 1 || attrs->size[1] < 1)
        return FAIL(USAGE, "%s: the output would be %lldx%lld; sizes must be positive", op_name(query->op),
                    (long long)attrs->size[0], (long long)attrs->size[1]);
    out[0] = tensor_make_4d(in->dtype, in->size[0], in->size[1], attrs->size[0], attrs->size[1], FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_upsample_backward(const struct op_query *query, struct tensor *out)
{
    char shape[FACTS_SHAPE_BYTES];
    (void)out;
    TRY(facts_need(query, 0, 4));
    return FAIL(USAGE, "%s: grad_output %s does not tell the input's height and width; its shape must be given",
                op_name(query->op), facts_shape(shape, query->in[0]));
}

/* Sizes with the pads added, which may be negative (a crop). */
static enum status padded(const struct op_query *query, struct tensor *out)
{
    const struct pad_attrs *pad = &query->attrs->pad;
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, -1));
    struct tensor made = *query->in[0];
    for (int d = 0; d < made.dims; d++) {
        made.size[d] += pad->before[d] + pad->after[d];
        if (made.size[d] < 1)
            return FAIL(USAGE, "%s: input %s with %lld and %lld added to dimension %d leaves nothing",
                        op_name(query->op), facts_shape(shape, query->in[0]), (long long)pad->before[d],
                        (long long)pad->after[d], d);
    }
    *out = facts_like(&made);
    return STATUS_OK;
}

static enum status infer_edge_pad(const struct op_query *query, struct tensor *out)
{
    const struct pad_attrs *pad = &query->attrs->pad;
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, 4));
    const struct tensor *in = query->in[0];
    bool reflects = query->op == OP_REFLECTION_PAD2D;
    for (int d = 0; d < 4; d++) {
        int64_t most = d < 2 ? 0 : reflects ? in->size[d] - 1 : pad->before[d] + pad->after[d];
        if (pad->before[d] < 0 || pad->after[d] < 0 || pad->before[d] > most || pad->after[d] > most)
            return FAIL(USAGE, "%s: input %s can't be padded by %lld and %lld in dimension %d", op_name(query->op),
                        facts_shape(shape, in), (long long)pad->before[d], (long long)pad->after[d], d);
    }
    return padded(query, out);
}

static enum status infer_constant_pad(const struct op_query *query, struct tensor *out)
{
    return padded(query, out);
}

static enum status infer_edge_pad_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 4));
    TRY(facts_need(query, 1, 4));
    out[0] = facts_like(query->in[1]);
    return STATUS_OK;
}

/* A multiply-add for each tap of both axes. */
static int64_t flops_upsample(const struct op_call *call)
{
    bool backward = resample_is_backward(call->op);
    int64_t pixels = tensor_count(backward ? call->in[0] : call->out[0]);
    int64_t taps = call->op == OP_UPSAMPLE_BILINEAR2D || call->op == OP_UPSAMPLE_BILINEAR2D_BACKWARD ? 4
                   : call->op == OP_UPSAMPLE_BICUBIC2D || call->op == OP_UPSAMPLE_BICUBIC2D_BACKWARD ? 16
                                                                                                     : 0;
    return 2 * taps * pixels;
}

const struct op_facts facts_upsample = {infer_upsample, flops_upsample, 0};
const struct op_facts facts_upsample_backward = {infer_upsample_backward, flops_upsample, 0};
const struct op_facts facts_edge_pad = {infer_edge_pad, NULL, 0};
const struct op_facts facts_edge_pad_backward = {infer_edge_pad_backward, NULL, 1 << 1};
const struct op_facts facts_constant_pad = {infer_constant_pad, NULL, 0};
