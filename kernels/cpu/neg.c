/* aten::neg: a product with -1, which rounds nothing. */
#include "kernels/cpu/simple.h"

static enum status check_neg(const struct op_call *call)
{
    return simple_check_broadcast(call, 1);
}

static void compute_neg(const struct device *device, const struct op_call *call)
{
    const struct tensor *output = call->out[0];
    struct tensor input = broadcast_to(call->in[0], output);
    device->vector->pointwise(POINTWISE_mul_scalar, &input, NULL, output, -1, device->threads);
}
SIMPLE_OP(neg)
