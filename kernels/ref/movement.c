/* Operators that only move data. */
#include "kernels/ref/ref.h"

/* The index along every dimension of element number `logical`. */
static void indices_of(const struct tensor *tensor, int64_t logical, int64_t *index)
{
    for (int d = tensor->dims - 1; d >= 0; d--) {
        index[d] = logical % tensor->size[d];
        logical /= tensor->size[d];
    }
}

static int64_t logical_of(const struct tensor *tensor, const int64_t *index)
{
    int64_t logical = 0;
    for (int d = 0; d < tensor->dims; d++)
        logical = logical * tensor->size[d] + index[d];
    return logical;
}

static void compute_cat(const struct op_call *call)
{
    const struct tensor *output = call->out[0];
    int dim = call->attrs.cat.dim;
    int64_t index[TENSOR_MAX_DIMS], start = 0;
    for (int i = 0; i < OP_MAX_IN && call->in[i]; i++) {
        const struct tensor *part = call->in[i];
        for (int64_t k = 0; k < tensor_count(part); k++) {
            indices_of(part, k, index);
            index[dim] += start;
            ref_store(output, logical_of(output, index), ref_load(part, k));
        }
        start += part->size[dim];
    }
}
REF_OP(cat)

static void compute_zeros(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, 0);
}
REF_OP(zeros)

/* Channel c*f*f + i*f + j of a pixel becomes channel c of pixel (h*f + i, w*f + j). */
static void compute_pixel_shuffle(const struct op_call *call)
{
    bool back = call->op == OP_PIXEL_UNSHUFFLE;
    const struct tensor *deep = call->in[0], *wide = call->out[0];
    int64_t f = call->attrs.shuffle.factor;
    if (back) {
        deep = call->out[0];
        wide = call->in[0];
    }
    for (int64_t n = 0; n < wide->size[0]; n++)
        for (int64_t c = 0; c < wide->size[1]; c++)
            for (int64_t y = 0; y < wide->size[2]; y++)
                for (int64_t x = 0; x < wide->size[3]; x++) {
                    int64_t channel = c * f * f + y % f * f + x % f;
                    if (back)
                        ref_store_4d(deep, n, channel, y / f, x / f, ref_load_4d(wide, n, c, y, x));
                    else
                        ref_store_4d(wide, n, c, y, x, ref_load_4d(deep, n, channel, y / f, x / f));
                }
}
REF_OP(pixel_shuffle)

/* Channel k of group g becomes channel k*groups + g. */
static void compute_channel_shuffle(const struct op_call *call)
{
    const struct tensor *in = call->in[0];
    int64_t groups = call->attrs.shuffle.factor, each = in->size[1] / groups;
    for (int64_t n = 0; n < in->size[0]; n++)
        for (int64_t c = 0; c < in->size[1]; c++)
            for (int64_t h = 0; h < in->size[2]; h++)
                for (int64_t w = 0; w < in->size[3]; w++)
                    ref_store_4d(call->out[0], n, c % each * groups + c / each, h, w, ref_load_4d(in, n, c, h, w));
}
REF_OP(channel_shuffle)

/* slice_backward: elements of the slice; select_backward: of one index. All others are 0. */
static void compute_unslice(const struct op_call *call)
{
    const struct view_attrs *view = &call->attrs.view;
    const struct tensor *grad = call->in[0], *out = call->out[0];
    bool selects = call->op == OP_SELECT_BACKWARD;
    int64_t index[TENSOR_MAX_DIMS], length = selects ? 1 : view->length;
    for (int64_t k = 0; k < tensor_count(out); k++) {
        indices_of(out, k, index);
        int64_t at = index[view->dim] - view->start, place = 0;
        for (int d = 0; d < out->dims; d++) {
            if (d == view->dim && selects)
                continue;
            place = d == view->dim ? place * length + at : place * out->size[d] + index[d];
        }
        ref_store(out, k, at >= 0 && at < length ? ref_load(grad, place) : 0);
    }
}
REF_OP(unslice)

static void compute_constant_pad(const struct op_call *call)
{
    const struct pad_attrs *pad = &call->attrs.pad;
    const struct tensor *in = call->in[0], *out = call->out[0];
    int64_t index[TENSOR_MAX_DIMS];
    for (int64_t k = 0; k < tensor_count(out); k++) {
        bool inside = true;
        indices_of(out, k, index);
        for (int d = 0; d < out->dims; d++) {
            index[d] -= pad->before[d];
            inside = inside && index[d] >= 0 && index[d] < in->size[d];
        }
        ref_store(out, k, inside ? ref_load(in, logical_of(in, index)) : pad->value);
    }
}
REF_OP(constant_pad)
