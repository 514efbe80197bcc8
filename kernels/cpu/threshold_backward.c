/* aten::threshold_backward: relu's gradient, with another gradient added first when asked. */
#include <math.h>

#include "kernels/cpu/simple.h"

static enum status check_threshold_backward(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0], call->in[1], call->in[2]};
    return simple_check_alike(call, tensors, 4);
}

static void compute_threshold_backward(const struct device *device, const struct op_call *call)
{
    device->vector->clamp_backward(call->in[0], call->in[1], call->in[2], call->out[0], 0, NAN, device->threads);
}

SIMPLE_OP(threshold_backward)
