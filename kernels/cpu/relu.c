/* aten::relu, aten::relu_: a clamp without an upper bound. */
#include <math.h>

#include "kernels/cpu/simple.h"

static enum status check_relu(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0]};
    return simple_check_alike(call, tensors, 2);
}

static void compute_relu(const struct device *device, const struct op_call *call)
{
    device->vector->clamp(call->in[0], call->out[0], 0, INFINITY, device->threads);
}

SIMPLE_OP(relu)
