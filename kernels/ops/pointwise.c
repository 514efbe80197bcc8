/* mul, div and activations that are no clamp: shapes, and floating-point operations per element. */
#include "kernels/ops/facts.h"

/* Floating-point operations of an exponential, as the cpu back end's polynomial takes them. */
#define EXP_FLOPS 15

static enum status infer_binary(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, -1));
    if (query->in[1])
        return facts_broadcast(query, out);
    out[0] = facts_like(query->in[0]);
    return STATUS_OK;
}

static int64_t outputs(const struct op_call *call)
{
    return tensor_count(call->out[0]);
}

static int64_t flops_sigmoid(const struct op_call *call)
{
    return outputs(call) * (EXP_FLOPS + 3);
}

static int64_t flops_sigmoid_backward(const struct op_call *call)
{
    return 3 * outputs(call);
}

static int64_t flops_silu(const struct op_call *call)
{
    return outputs(call) * (EXP_FLOPS + 4);
}

static int64_t flops_silu_backward(const struct op_call *call)
{
    return outputs(call) * (EXP_FLOPS + 8);
}

static int64_t flops_hard(const struct op_call *call)
{
    return 4 * outputs(call);
}

/* Of size (N,1,1,1) for whole images. */
static enum status infer_bernoulli(const struct op_query *query, struct tensor *out)
{
    double p = query->attrs->dropout.p;
    if (!(p >= 0 && p <= 1))
        return FAIL(USAGE, "%s: p is %g; a probability is from 0 to 1", op_name(query->op), p);
    TRY(infer_like_first(query, out));
    for (int d = 1; d < out[0].dims && query->attrs->dropout.rows; d++)
        out[0].size[d] = 1;
    out[0] = facts_like(&out[0]);
    return STATUS_OK;
}

const struct op_facts facts_mul = {infer_binary, outputs, 0};
const struct op_facts facts_div = {infer_binary, outputs, 0};
const struct op_facts facts_sigmoid = {infer_like_first, flops_sigmoid, 0};
const struct op_facts facts_sigmoid_backward = {infer_like_second, flops_sigmoid_backward, 0};
const struct op_facts facts_silu = {infer_like_first, flops_silu, 0};
const struct op_facts facts_silu_backward = {infer_like_second, flops_silu_backward, 0};
const struct op_facts facts_hardswish = {infer_like_first, flops_hard, 0};
const struct op_facts facts_hardswish_backward = {infer_like_second, flops_hard, 0};
const struct op_facts facts_hardsigmoid = {infer_like_first, flops_hard, 0};
const struct op_facts facts_hardsigmoid_backward = {infer_like_second, flops_hard, 0};
const struct op_facts facts_bernoulli = {infer_bernoulli, NULL, 1};
