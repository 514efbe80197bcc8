/* aten::_fused_sgd_: torch.optim.SGD on flat float32 memory. */
#include "kernels/cpu/simple.h"

static enum status check_sgd(const struct op_call *call)
{
    struct tensor *const flat[] = {call->in[0], call->in[1], call->in[2], call->out[0], call->out[1]};
    struct tensor *const scalars[] = {call->in[3], call->in[4], call->in[5]};
    if (call->attrs.sgd.momentum != 0 && (!call->in[2] || !call->out[1]))
        return FAIL(UNSUPPORTED, "%s with momentum %g but without a momentum buffer", op_name(call->op),
                    call->attrs.sgd.momentum);
    TRY(simple_check_flat(call, flat, 5, tensor_count(call->in[0])));
    return simple_check_flat(call, scalars, 3, 1);
}

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

SIMPLE_OP(sgd)
