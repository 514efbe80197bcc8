/* Adaptive max pooling: the windows of adaptive average pooling, the index of each maximum in its plane. */
#include "kernels/ops/facts.h"

static enum status infer_adaptive_max_pool(const struct op_query *query, struct tensor *out)
{
    const int *output = query->attrs->average.output;
    TRY(facts_need(query, 0, 4));
    if (output[0] < 1 || output[1] < 1)
        return FAIL(USAGE, "%s: output size %dx%d must be positive", op_name(query->op), output[0], output[1]);
    const struct tensor *input = query->in[0];
    out[0] = tensor_make_4d(input->dtype, input->size[0], input->size[1], output[0], output[1], FORMAT_CONTIGUOUS);
    out[1] = tensor_with_dtype(&out[0], DTYPE_INT64);
    return STATUS_OK;
}

static enum status infer_adaptive_max_pool_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need_same(query, 0, 2));
    TRY(facts_need(query, 1, 4));
    out[0] = facts_like(query->in[1]);
    return STATUS_OK;
}

/* Windows cover the input about once. */
const struct op_facts facts_adaptive_max_pool = {infer_adaptive_max_pool, flops_per_input, 0};
const struct op_facts facts_adaptive_max_pool_backward = {infer_adaptive_max_pool_backward, flops_per_input, 1 << 1};
