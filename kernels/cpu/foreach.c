/* aten::_foreach_norm, _foreach_mul_, _foreach_lerp_, c10d::allreduce_ on flat float32 memory. */
#include "kernels/cpu/simple.h"

static void compute_foreach_norm(const struct device *device, const struct op_call *call)
{
    device->vector->norm2(call->in[0]->data, tensor_count(call->in[0]), call->out[0]->data, device->threads);
}
FLAT_OP(foreach_norm)

static void compute_foreach_mul(const struct device *device, const struct op_call *call)
{
    float factor = (float)(call->attrs.clip.max_norm / ((double)simple_scalar(call->in[1], 0) + 1e-6));
    simple_hand_on(call->in[0], call->out[0]);
    if (!(factor >= 1)) /* a NaN goes on to the gradients, as in torch */
        device->vector->scale(call->out[0]->data, tensor_count(call->in[0]), factor, device->threads);
}
FLAT_OP(foreach_mul)

static void compute_foreach_lerp(const struct device *device, const struct op_call *call)
{
    simple_hand_on(call->in[0], call->out[0]);
    device->vector->lerp(call->out[0]->data, call->in[1]->data, tensor_count(call->in[0]), call->attrs.lerp.weight,
                         device->threads);
}
FLAT_OP(foreach_lerp)

/* This back end has no ranks: the mean over one. */
static void compute_all_reduce(const struct device *device, const struct op_call *call)
{
    (void)device;
    simple_hand_on(call->in[0], call->out[0]);
}
FLAT_OP(all_reduce)
