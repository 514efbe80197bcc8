/* aten::bmm: a product of matrices for each sample. */
#include "kernels/ops/facts.h"

static enum status infer_bmm(const struct op_query *query, struct tensor *out)
{
    char a_shape[FACTS_SHAPE_BYTES], b_shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, 3));
    TRY(facts_need(query, 1, 3));
    const struct tensor *a = query->in[0], *b = query->in[1];
    if (a->size[0] != b->size[0] || a->size[2] != b->size[1])
        return FAIL(USAGE, "%s: %s by %s: batches and inner sizes must agree", op_name(query->op),
                    facts_shape(a_shape, a), facts_shape(b_shape, b));
    out[0] = tensor_make(a->dtype, 3, (int64_t[]){a->size[0], a->size[1], b->size[2]}, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static int64_t flops_bmm(const struct op_call *call)
{
    return 2 * tensor_count(call->out[0]) * call->in[0]->size[2];
}

const struct op_facts facts_bmm = {infer_bmm, flops_bmm, 0};
