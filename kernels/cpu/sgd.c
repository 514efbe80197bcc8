/* aten::_fused_sgd_: torch.optim.SGD on flat float32 memory. */
#include "kernels/cpu/simple.h"

static void compute_sgd(const struct device *device, const struct op_call *call)
{
    const struct sgd_attrs *attrs = &call->attrs.sgd;
    simple_hand_on(call->in[0], call->out[0]);
    if (call->in[2])
        simple_hand_on(call->in[2], call->out[1]);
    if (simple_scalar(call->in[5], 0) != 0)
        return;
    device->vector->sgd(call->out[0]->data, call->in[1]->data, attrs->momentum != 0 ? call->out[1]->data : NULL,
                        tensor_count(call->in[0]), attrs, simple_scalar(call->in[3], 0),
                        simple_scalar(call->in[4], 0) != 0, device->threads);
}

FLAT_OP(sgd)
