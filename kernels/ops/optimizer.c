/* Optimizer steps and GradScaler's kernels: flat float32 vectors, updated in place. */
#include "kernels/ops/facts.h"

/* in[0] is a vector and in[position], when present, one of equal length. */
static enum status need_flat(const struct op_query *query, int position)
{
    TRY(facts_need(query, 0, 1));
    return facts_need_vector(query, position, query->in[0]->size[0], "parameter's elements");
}

static enum status infer_sgd(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 1, 1));
    TRY(need_flat(query, 1));
    TRY(need_flat(query, 2));
    if (query->attrs->sgd.momentum != 0)
        TRY(facts_need(query, 2, 1));
    TRY(facts_need(query, 3, 0));
    out[0] = facts_like(query->in[0]);
    if (query->in[2])
        out[1] = facts_like(query->in[2]);
    return STATUS_OK;
}

static enum status infer_adamw(const struct op_query *query, struct tensor *out)
{
    for (int position = 1; position <= 3; position++) {
        TRY(facts_need(query, position, 1));
        TRY(need_flat(query, position));
    }
    TRY(facts_need(query, 4, 0));
    TRY(facts_need(query, 5, 0));
    out[0] = facts_like(query->in[0]);
    out[1] = facts_like(query->in[2]);
    out[2] = facts_like(query->in[3]);
    out[3] = facts_like(query->in[5]);
    return STATUS_OK;
}

static enum status infer_amp_unscale(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 1));
    TRY(facts_need(query, 1, 0));
    out[0] = facts_like(query->in[0]);
    out[1] = facts_scalar(DTYPE_FLOAT32);
    return STATUS_OK;
}

static enum status infer_amp_update_scale(const struct op_query *query, struct tensor *out)
{
    for (int position = 0; position < 3; position++)
        TRY(facts_need(query, position, 0));
    out[0] = facts_like(query->in[0]);
    out[1] = facts_like(query->in[1]);
    return STATUS_OK;
}

/* Per element: the update 2; weight decay, momentum and nesterov 2 each; dampening 1. */
static int64_t flops_sgd(const struct op_call *call)
{
    const struct sgd_attrs *sgd = &call->attrs.sgd;
    int each = 2 + (sgd->weight_decay != 0 ? 2 : 0) + (sgd->momentum != 0 ? 2 : 0) + (sgd->dampening != 0 ? 1 : 0) +
               (sgd->nesterov ? 2 : 0);
    return each * flops_per_input(call);
}

/* Per element: decay 1, exp_avg 3, exp_avg_sq 4, root, scale and eps 3, quotient and update 3. */
static int64_t flops_adamw(const struct op_call *call)
{
    return 14 * flops_per_input(call);
}

const struct op_facts facts_sgd = {infer_sgd, flops_sgd, 0};
const struct op_facts facts_adamw = {infer_adamw, flops_adamw, 0};
const struct op_facts facts_amp_unscale = {infer_amp_unscale, flops_per_input, 0};
const struct op_facts facts_amp_update_scale = {infer_amp_update_scale, NULL, 0};
