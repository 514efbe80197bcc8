/* Operators over all parameters at once, on flat float32 memory: the norm of gradients, clipping, a moving average, ranks. */
#include "kernels/ops/facts.h"

static enum status infer_norm(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 1));
    out[0] = facts_scalar(DTYPE_FLOAT32);
    return STATUS_OK;
}

static enum status infer_mul(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 1));
    TRY(facts_need(query, 1, 0));
    out[0] = facts_like(query->in[0]);
    return STATUS_OK;
}

static enum status infer_lerp(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 1));
    TRY(facts_need(query, 1, 1));
    TRY(facts_need_vector(query, 1, query->in[0]->size[0], "average's elements"));
    out[0] = facts_like(query->in[0]);
    return STATUS_OK;
}

static enum status infer_all_reduce(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 1));
    out[0] = facts_like(query->in[0]);
    return STATUS_OK;
}

/* A square and a sum. */
static int64_t flops_norm(const struct op_call *call)
{
    return 2 * flops_per_input(call);
}

/* A difference, a product, a sum. */
static int64_t flops_lerp(const struct op_call *call)
{
    return 3 * flops_per_input(call);
}

const struct op_facts facts_foreach_norm = {infer_norm, flops_norm, 0};
const struct op_facts facts_foreach_mul = {infer_mul, flops_per_input, 0};
const struct op_facts facts_foreach_lerp = {infer_lerp, flops_lerp, 0};
const struct op_facts facts_all_reduce = {infer_all_reduce, NULL, 0}; /* flops: as many as there are ranks, which no call tells */
