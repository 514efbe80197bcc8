/* aten::hardtanh_ (relu6 and kin): a clamp. */
#include "kernels/cpu/simple.h"

static enum status check_hardtanh(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0]};
    return simple_check_alike(call, tensors, 2);
}

static void compute_hardtanh(const struct device *device, const struct op_call *call)
{
    const struct clamp_attrs *attrs = &call->attrs.clamp;
    device->vector->clamp(call->in[0], call->out[0], (float)attrs->low, (float)attrs->high, device->threads);
}

SIMPLE_OP(hardtanh)
