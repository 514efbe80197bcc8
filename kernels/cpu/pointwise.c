/* Operators of one or two operands, element by element, broadcast: each is one function of vector/pointwise.h. */
#include "kernels/cpu/simple.h"

static void compute_pointwise(const struct device *device, const struct op_call *call, enum pointwise function,
                              float scalar)
{
    const struct tensor *output = call->out[0];
    struct tensor a = broadcast_to(call->in[0], output), b = {0};
    if (call->in[1])
        b = broadcast_to(call->in[1], output);
    device->vector->pointwise(function, &a, call->in[1] ? &b : NULL, output, scalar, device->threads);
}

#define POINTWISE(object, function, scalar)                                                                    \
    static enum status check_##object(const struct op_call *call)                                              \
    {                                                                                                          \
        return simple_check_broadcast(call, 2);                                                                \
    }                                                                                                          \
    static void compute_##object(const struct device *device, const struct op_call *call)                      \
    {                                                                                                          \
        compute_pointwise(device, call, function, scalar);                                                     \
    }                                                                                                          \
    SIMPLE_OP(object)

#define POINTWISE_OP(object) POINTWISE(object, POINTWISE_##object, 0)

/* By another tensor or by a number. */
#define POINTWISE_OR_SCALAR_OP(object)                                                                         \
    POINTWISE(object, call->in[1] ? POINTWISE_##object : POINTWISE_##object##_scalar, (float)call->attrs.scalar.value)

POINTWISE_OP(sigmoid)
POINTWISE_OP(sigmoid_backward)
POINTWISE_OP(silu)
POINTWISE_OP(silu_backward)
POINTWISE_OP(hardsigmoid)
POINTWISE_OP(hardsigmoid_backward)
POINTWISE_OP(hardswish)
POINTWISE_OP(hardswish_backward)

POINTWISE_OR_SCALAR_OP(mul)
POINTWISE_OR_SCALAR_OP(div)
