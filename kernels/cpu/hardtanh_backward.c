/* aten::hardtanh_backward: the gradient where the result touches neither bound. */
#include "kernels/cpu/simple.h"

static enum status check_hardtanh_backward(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0], call->in[1]};
    return simple_check_alike(call, tensors, 3);
}

static void compute_hardtanh_backward(const struct device *device, const struct op_call *call)
{
    const struct clamp_attrs *attrs = &call->attrs.clamp;
    device->vector->clamp_backward(call->in[0], call->in[1], NULL, call->out[0], (float)attrs->low, (float)attrs->high,
                                   device->threads);
}

SIMPLE_OP(hardtanh_backward)
