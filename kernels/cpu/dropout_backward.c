/* aten::native_dropout_backward: the gradient of what was kept, scaled as it was. */
#include "kernels/cpu/simple.h"

static enum status check_dropout_backward(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0]};
    if (call->in[1]->dtype != DTYPE_UINT8 || !tensor_same_shape(call->in[1], call->in[0]))
        return FAIL(UNSUPPORTED, "%s with a %s mask: the cpu back end wants uint8 of the gradient's shape",
                    op_name(call->op), dtype_name(call->in[1]->dtype));
    return simple_check_alike(call, tensors, 2);
}

static void compute_dropout_backward(const struct device *device, const struct op_call *call)
{
    device->vector->dropout_backward(call->in[0], call->in[1], call->out[0], call->attrs.dropout.p, device->threads);
}

SIMPLE_OP(dropout_backward)
