/* Layer normalisation over the last dimensions, as many as the weight has. Parameters and statistics are float32. */
#include "kernels/ops/facts.h"

/* The weight's sizes are the input's last ones. */
static enum status need_trailing(const struct op_query *query, int input, int weight)
{
    char shape[FACTS_SHAPE_BYTES], wanted[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, input, -1));
    TRY(facts_need(query, weight, -1));
    const struct tensor *x = query->in[input], *w = query->in[weight];
    bool same = w->dims >= 1 && w->dims <= x->dims;
    for (int d = 0; same && d < w->dims; d++)
        same = w->size[d] == x->size[x->dims - w->dims + d];
    if (!same)
        return FAIL(USAGE, "%s: input %s must end in the weight's sizes, which are %s", op_name(query->op),
                    facts_shape(shape, x), facts_shape(wanted, w));
    return STATUS_OK;
}

/* One value for each row: the input's sizes with 1 for those of the weight. */
static struct tensor statistics(const struct tensor *input, const struct tensor *weight)
{
    struct tensor rows = *input;
    for (int d = 0; d < weight->dims; d++)
        rows.size[input->dims - weight->dims + d] = 1;
    return tensor_make(DTYPE_FLOAT32, rows.dims, rows.size, FORMAT_CONTIGUOUS);
}

static enum status infer_layer_norm(const struct op_query *query, struct tensor *out)
{
    TRY(need_trailing(query, 0, 1));
    TRY(facts_need_same(query, 1, 2));
    out[0] = facts_like(query->in[0]);
    out[1] = out[2] = statistics(query->in[0], query->in[1]);
    return STATUS_OK;
}

static enum status infer_layer_norm_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need_same(query, 0, 1));
    TRY(need_trailing(query, 1, 4));
    TRY(facts_need_same(query, 4, 5));
    out[0] = facts_like(query->in[1]);
    out[1] = out[2] = facts_like(query->in[4]);
    return STATUS_OK;
}

/* Per element: the sum 1, the squared distance 3, scale and shift 4. */
static int64_t flops_layer_norm(const struct op_call *call)
{
    return 8 * tensor_count(call->in[0]);
}

/* Per element: normalised input 2, gradient by weight 1, the two sums 3, grad_input 4, grad_weight and grad_bias 3. */
static int64_t flops_layer_norm_backward(const struct op_call *call)
{
    return 13 * tensor_count(call->in[1]);
}

const struct op_facts facts_layer_norm = {infer_layer_norm, flops_layer_norm, 0};
const struct op_facts facts_layer_norm_backward = {infer_layer_norm_backward, flops_layer_norm_backward, 1 << 5};
