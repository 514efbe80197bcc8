/* aten::_amp_foreach_non_finite_check_and_unscale_: takes the loss scale off the gradients and looks for overflow. */
#include "kernels/cpu/simple.h"

static void compute_amp_unscale(const struct device *device, const struct op_call *call)
{
    float inverse = (float)(1.0 / (double)simple_scalar(call->in[1], 1));
    simple_hand_on(call->in[0], call->out[0]);
    device->vector->unscale(call->out[0]->data, tensor_count(call->in[0]), inverse, call->out[1]->data,
                            device->threads);
}

FLAT_OP(amp_unscale)
