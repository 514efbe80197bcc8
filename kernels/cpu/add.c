/* aten::add, aten::add_: output = self + alpha * other, with relu fused when asked. Operands of any layouts, broadcast. */
#include "kernels/cpu/simple.h"

static enum status check_add(const struct op_call *call)
{
    return simple_check_broadcast(call, 2);
}

static void compute_add(const struct device *device, const struct op_call *call)
{
    const struct add_attrs *attrs = &call->attrs.add;
    struct tensor self = broadcast_to(call->in[0], call->out[0]), other = broadcast_to(call->in[1], call->out[0]);
    device->vector->add(&self, &other, call->out[0], (float)attrs->alpha, attrs->relu, device->threads);
}

SIMPLE_OP(add)
