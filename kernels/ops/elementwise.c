/* Operators that work element by element: relu, hardtanh, add, copies, and their backwards. */
#include "kernels/ops/facts.h"

static enum status infer_threshold_backward(const struct op_query *query, struct tensor *out)
{
    if (query->in[2])
        TRY(facts_need_same(query, 1, 2));
    return infer_like_second(query, out);
}

/* alpha = 1 needs no multiplication. */
static int64_t flops_add(const struct op_call *call)
{
    const struct add_attrs *add = &call->attrs.add;
    return tensor_count(call->out[0]) * (1 + (add->alpha != 1) + (add->relu ? 1 : 0));
}

static int64_t flops_hardtanh(const struct op_call *call)
{
    return 2 * flops_per_input(call);
}

static int64_t flops_threshold_backward(const struct op_call *call)
{
    return flops_per_input(call) * (call->in[2] ? 2 : 1);
}

const struct op_facts facts_relu = {infer_like_first, flops_per_input, 0};
const struct op_facts facts_threshold_backward = {infer_threshold_backward, flops_threshold_backward, 0};
const struct op_facts facts_hardtanh = {infer_like_first, flops_hardtanh, 0};
const struct op_facts facts_hardtanh_backward = {infer_like_second, flops_hardtanh, 0};
const struct op_facts facts_add = {facts_broadcast, flops_add, 0};
const struct op_facts facts_copy = {infer_like_first, NULL, 0};
