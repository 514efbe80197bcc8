/* Operators of linear layers: addmm, mm. */
#include "kernels/ops/facts.h"

static enum status infer_product(const struct op_query *query, int left, int right, struct tensor *out)
{
    char a_shape[FACTS_SHAPE_BYTES], b_shape[FACTS_SHAPE_BYTES];

    TRY(facts_need(query, left, 2));
    TRY(facts_need(query, right, 2));
    const struct tensor *a = query->in[left], *b = query->in[right];
    if (a->size[1] != b->size[0])
        return FAIL(USAGE, "%s: %s can't be multiplied by %s; the inner sizes %lld and %lld must be equal",
                    op_name(query->op), facts_shape(a_shape, a), facts_shape(b_shape, b), (long long)a->size[1],
                    (long long)b->size[0]);
    out[0] = tensor_make(a->dtype, 2, (int64_t[]){a->size[0], b->size[1]}, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_addmm(const struct op_query *query, struct tensor *out)
{
    TRY(infer_product(query, 1, 2, out));
    TRY(facts_need(query, 0, 1));
    return facts_need_vector(query, 0, query->in[2]->size[1], "outputs");
}

/* The narrower of both dtypes is what is computed in. */
static enum status infer_mm(const struct op_query *query, struct tensor *out)
{
    TRY(infer_product(query, 0, 1, out));
    if (dtype_bytes(query->in[1]->dtype) < dtype_bytes(out[0].dtype))
        out[0].dtype = query->in[1]->dtype;
    return STATUS_OK;
}

static int64_t flops_mm(const struct op_call *call)
{
    return 2 * tensor_count(call->out[0]) * call->in[0]->size[1];
}

static int64_t flops_addmm(const struct op_call *call)
{
    return tensor_count(call->out[0]) * (2 * call->in[1]->size[1] + 1);
}

const struct op_facts facts_addmm = {infer_addmm, flops_addmm, 0};
const struct op_facts facts_mm = {infer_mm, flops_mm, 0};
