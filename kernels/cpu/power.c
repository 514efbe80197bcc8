/* aten::add and aten::pow with a number, aten::neg. */
#include "kernels/cpu/simple.h"

#define POWER_OP(object)                                                                                           \
    static enum status check_##object(const struct op_call *call)                                                  \
    {                                                                                                              \
        const struct tensor *tensors[] = {call->out[0], call->in[0]};                                              \
        return simple_check_alike(call, tensors, 2);                                                               \
    }                                                                                                              \
    static void compute_##object(const struct device *device, const struct op_call *call)                          \
    {                                                                                                              \
        device->vector->object(call->in[0], call->out[0], (float)call->attrs.scalar.value, device->threads);       \
    }                                                                                                              \
    SIMPLE_OP(object)

POWER_OP(add_scalar)
POWER_OP(pow)
POWER_OP(neg)
