/* Cross entropy as PyTorch splits it: _log_softmax over the classes, then nll_loss over the batch. */
#include "kernels/ops/facts.h"

static enum status infer_log_softmax(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 2));
    out[0] = facts_like(query->in[0]);
    out[0].dtype = facts_promote(query->in[0]->dtype, DTYPE_FLOAT32);
    return STATUS_OK;
}

static enum status check_target(const struct op_query *query, int log_probabilities, int target)
{
    TRY(facts_need(query, log_probabilities, 2));
    TRY(facts_need(query, target, 1));
    TRY(facts_need_vector(query, target, query->in[log_probabilities]->size[0], "samples"));
    if (query->in[target]->dtype != DTYPE_INT64)
        return FAIL(USAGE, "%s: target is %s; class numbers must be int64", op_name(query->op),
                    dtype_name(query->in[target]->dtype));
    return STATUS_OK;
}

static enum status infer_nll_loss(const struct op_query *query, struct tensor *out)
{
    TRY(check_target(query, 0, 1));
    out[0] = facts_scalar(DTYPE_FLOAT32);
    return STATUS_OK;
}

static enum status infer_nll_loss_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 0));
    TRY(check_target(query, 1, 2));
    out[0] = facts_like(query->in[1]);
    return STATUS_OK;
}

/* Per element: maximum 1, subtract and exponential 2, sum 1, final subtract 1. */
static int64_t flops_log_softmax(const struct op_call *call)
{
    return 5 * flops_per_input(call);
}

/* Per element: sum 1, exponential 1, multiply-subtract 2. */
static int64_t flops_log_softmax_backward(const struct op_call *call)
{
    return 4 * flops_per_input(call);
}

/* One term per sample; with label smoothing every class has its share. */
static int64_t flops_nll_loss(const struct op_call *call)
{
    return call->attrs.loss.label_smoothing != 0 ? 2 * tensor_count(call->in[0]) : 2 * call->in[0]->size[0];
}

const struct op_facts facts_log_softmax = {infer_log_softmax, flops_log_softmax, 0};
const struct op_facts facts_log_softmax_backward = {infer_like_first, flops_log_softmax_backward, 0};
const struct op_facts facts_nll_loss = {infer_nll_loss, flops_nll_loss, 0};
const struct op_facts facts_nll_loss_backward = {infer_nll_loss_backward, NULL, 1 << 1};
