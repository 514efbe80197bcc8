/* Operators that only move data and are no views: cat, zeros, shuffles, gradients of slices. */
#include "kernels/ops/facts.h"

static enum status check_part(const struct op_query *query, int position, int dim)
{
    const struct tensor *first = query->in[0], *part = query->in[position];
    char first_shape[FACTS_SHAPE_BYTES], part_shape[FACTS_SHAPE_BYTES];
    bool fits = part->dims == first->dims;
    for (int d = 0; fits && d < first->dims; d++)
        fits = d == dim || part->size[d] == first->size[d];
    if (fits)
        return STATUS_OK;
    return FAIL(USAGE, "%s: tensor %d %s and the first one %s must have equal sizes but for dimension %d",
                op_name(query->op), position, facts_shape(part_shape, part), facts_shape(first_shape, first), dim);
}

static enum status infer_cat(const struct op_query *query, struct tensor *out)
{
    int dim = query->attrs->cat.dim;
    TRY(facts_need(query, 0, -1));
    struct tensor made = *query->in[0];
    if (dim < 0 || dim >= made.dims)
        return FAIL(USAGE, "%s: tensors of %d dimensions have no dimension %d", op_name(query->op), made.dims, dim);
    for (int i = 1; i < OP_MAX_IN && query->in[i]; i++) {
        TRY(check_part(query, i, dim));
        made.size[dim] += query->in[i]->size[dim];
        made.dtype = facts_promote(made.dtype, query->in[i]->dtype);
    }
    out[0] = facts_like(&made);
    return STATUS_OK;
}

static enum status infer_zeros(const struct op_query *query, struct tensor *out)
{
    const struct view_attrs *view = &query->attrs->view;
    out[0] = tensor_make(DTYPE_FLOAT32, view->dims, view->size, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

const struct op_facts facts_cat = {infer_cat, NULL, 0};
const struct op_facts facts_zeros = {infer_zeros, NULL, 0};

/* (N, C*f*f, H, W) to (N, C, H*f, W*f), and back. */
static enum status infer_pixel_shuffle(const struct op_query *query, struct tensor *out)
{
    int64_t f = query->attrs->shuffle.factor;
    bool back = query->op == OP_PIXEL_UNSHUFFLE;
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, 4));
    const struct tensor *in = query->in[0];
    const int64_t *s = in->size;
    if (f < 1 || (back ? s[2] % f || s[3] % f : s[1] % (f * f)))
        return FAIL(USAGE, "%s: input %s does not divide by a factor of %lld", op_name(query->op),
                    facts_shape(shape, in), (long long)f);
    out[0] = back ? tensor_make_4d(in->dtype, s[0], s[1] * f * f, s[2] / f, s[3] / f, FORMAT_CONTIGUOUS)
                  : tensor_make_4d(in->dtype, s[0], s[1] / (f * f), s[2] * f, s[3] * f, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_channel_shuffle(const struct op_query *query, struct tensor *out)
{
    int64_t groups = query->attrs->shuffle.factor;
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, 4));
    if (groups < 1 || query->in[0]->size[1] % groups)
        return FAIL(USAGE, "%s: %lld groups do not divide the channels of input %s", op_name(query->op),
                    (long long)groups, facts_shape(shape, query->in[0]));
    out[0] = facts_like(query->in[0]);
    return STATUS_OK;
}

static enum status infer_unslice(const struct op_query *query, struct tensor *out)
{
    char shape[FACTS_SHAPE_BYTES];
    (void)out;
    TRY(facts_need(query, 0, -1));
    return FAIL(USAGE, "%s: grad_output %s does not tell the sliced tensor's sizes; they must be given",
                op_name(query->op), facts_shape(shape, query->in[0]));
}

const struct op_facts facts_pixel_shuffle = {infer_pixel_shuffle, NULL, 0};
const struct op_facts facts_channel_shuffle = {infer_channel_shuffle, NULL, 0};
const struct op_facts facts_unslice = {infer_unslice, NULL, 0};
