/* aten::native_dropout: which elements stay is a function of the stream's key, the step and the logical index. */
#include "kernels/cpu/simple.h"

static enum status check_dropout(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0]};
    if (call->out[1]->dtype != DTYPE_UINT8 || !tensor_same_shape(call->out[1], call->in[0]))
        return FAIL(UNSUPPORTED, "%s with a %s mask: the cpu back end wants uint8 of the input's shape",
                    op_name(call->op), dtype_name(call->out[1]->dtype));
    if (call->in[1]->dtype != DTYPE_INT64)
        return FAIL(UNSUPPORTED, "%s with a %s counter: it is int64", op_name(call->op), dtype_name(call->in[1]->dtype));
    return simple_check_alike(call, tensors, 2);
}

static void compute_dropout(const struct device *device, const struct op_call *call)
{
    const struct dropout_attrs *attrs = &call->attrs.dropout;
    uint64_t step = (uint64_t) * (const int64_t *)call->in[1]->data;
    uint64_t first = step * (uint64_t)tensor_count(call->in[0]);
    device->vector->dropout(call->in[0], call->out[0], call->out[1], attrs->p, attrs->key, first, device->threads);
}

SIMPLE_OP(dropout)
