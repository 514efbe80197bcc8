/* aten::gelu and its backward, element by element. */
#include "kernels/cpu/simple.h"

static enum status check_gelu(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0]};
    return simple_check_alike(call, tensors, 2);
}

static void compute_gelu(const struct device *device, const struct op_call *call)
{
    device->vector->gelu(call->in[0], call->out[0], device->threads);
}
SIMPLE_OP(gelu)

static enum status check_gelu_backward(const struct op_call *call)
{
    const struct tensor *tensors[] = {call->out[0], call->in[0], call->in[1]};
    return simple_check_alike(call, tensors, 3);
}

static void compute_gelu_backward(const struct device *device, const struct op_call *call)
{
    device->vector->gelu_backward(call->in[0], call->in[1], call->out[0], device->threads);
}
SIMPLE_OP(gelu_backward)
