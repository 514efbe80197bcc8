/* aten::native_dropout and its backward. */
#include "kernels/ops/facts.h"

static enum status infer_dropout(const struct op_query *query, struct tensor *out)
{
    double p = query->attrs->dropout.p;
    if (!(p >= 0 && p <= 1))
        return FAIL(USAGE, "%s: p is %g; a probability is from 0 to 1", op_name(query->op), p);
    TRY(infer_like_first(query, out));
    out[1] = tensor_with_dtype(&out[0], DTYPE_UINT8);
    return STATUS_OK;
}

static enum status infer_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need_same(query, 0, 1));
    return infer_like_first(query, out);
}

const struct op_facts facts_dropout = {infer_dropout, flops_per_input, 0};
const struct op_facts facts_dropout_backward = {infer_backward, flops_per_input, 0};
