/* aten::add, aten::add_: output = self + alpha * other, with relu fused when asked. Operands of any layouts. */
#include "kernels/cpu/simple.h"

static enum status check_add(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0], call->in[1]};
    return simple_check_alike(call, tensors, 3);
}

static void compute_add(const struct device *device, const struct op_call *call)
{
    const struct add_attrs *attrs = &call->attrs.add;
    device->vector->add(call->in[0], call->in[1], call->out[0], (float)attrs->alpha, attrs->relu, device->threads);
}

SIMPLE_OP(add)
