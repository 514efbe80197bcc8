/* sum over dimensions, softmax over one. */
#include "kernels/ops/facts.h"

static enum status infer_sum(const struct op_query *query, struct tensor *out)
{
    const struct reduce_attrs *attrs = &query->attrs->reduce;
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, -1));
    const struct tensor *input = query->in[0];
    struct tensor made = {.dtype = input->dtype};
    if (attrs->dims == 0 || attrs->dims >> input->dims)
        return FAIL(USAGE, "%s: input %s has not all dimensions that are summed over", op_name(query->op),
                    facts_shape(shape, input));
    for (int d = 0; d < input->dims; d++) {
        if (!(attrs->dims >> d & 1))
            made.size[made.dims++] = input->size[d];
        else if (attrs->keep)
            made.size[made.dims++] = 1;
    }
    out[0] = facts_like(&made);
    return STATUS_OK;
}

static enum status check_dim(const struct op_query *query)
{
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, -1));
    if (query->attrs->dim.dim < 0 || query->attrs->dim.dim >= query->in[0]->dims)
        return FAIL(USAGE, "%s: input %s has no dimension %d", op_name(query->op), facts_shape(shape, query->in[0]),
                    query->attrs->dim.dim);
    return STATUS_OK;
}

static enum status infer_softmax(const struct op_query *query, struct tensor *out)
{
    TRY(check_dim(query));
    return infer_like_first(query, out);
}

static enum status infer_stack(const struct op_query *query, struct tensor *out)
{
    int dim = query->attrs->dim.dim, count = 0;
    TRY(check_dim(query));
    struct tensor made = *query->in[0];
    if (made.dims == TENSOR_MAX_DIMS)
        return FAIL(USAGE, "%s: tensors of %d dimensions can't get another one", op_name(query->op), made.dims);
    for (; count < OP_MAX_IN && query->in[count]; count++) {
        TRY(facts_need_same(query, 0, count));
        made.dtype = facts_promote(made.dtype, query->in[count]->dtype);
    }
    for (int d = made.dims++; d > dim; d--)
        made.size[d] = made.size[d - 1];
    made.size[dim] = count;
    out[0] = facts_like(&made);
    return STATUS_OK;
}

/* As log_softmax (ops/loss.c): maximum, difference and exponential, sum, quotient. */
static int64_t flops_softmax(const struct op_call *call)
{
    return 5 * flops_per_input(call);
}

static int64_t flops_softmax_backward(const struct op_call *call)
{
    return 4 * flops_per_input(call);
}

const struct op_facts facts_sum = {infer_sum, flops_per_input, 0};
const struct op_facts facts_softmax = {infer_softmax, flops_softmax, 0};
const struct op_facts facts_softmax_backward = {infer_like_second, flops_softmax_backward, 0};
const struct op_facts facts_stack = {infer_stack, NULL, 0};
