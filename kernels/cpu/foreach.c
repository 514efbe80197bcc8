/* aten::_foreach_norm, _foreach_mul_, _foreach_lerp_ on flat float32 memory. */
#include "kernels/cpu/simple.h"

static enum status check_flat(const struct op_call *call, struct tensor *a, struct tensor *b)
{
    struct tensor *const flat[] = {a, b, call->in[0]};
    return simple_check_flat(call, flat, 3, tensor_count(call->in[0]));
}

static enum status check_foreach_norm(const struct op_call *call)
{
    TRY(check_flat(call, NULL, NULL));
    return simple_check_flat(call, &call->out[0], 1, 1);
}

static void compute_foreach_norm(const struct device *device, const struct op_call *call)
{
    device->vector->norm2(call->in[0]->data, tensor_count(call->in[0]), call->out[0]->data, device->threads);
}
SIMPLE_OP(foreach_norm)

static enum status check_foreach_mul(const struct op_call *call)
{
    TRY(check_flat(call, call->out[0], NULL));
    return simple_check_flat(call, &call->in[1], 1, 1);
}

static void compute_foreach_mul(const struct device *device, const struct op_call *call)
{
    float factor = (float)(call->attrs.clip.max_norm / ((double)simple_scalar(call->in[1], 0) + 1e-6));
    simple_hand_on(call->in[0], call->out[0]);
    if (!(factor >= 1)) /* a NaN goes on to the gradients, as in torch */
        device->vector->scale(call->out[0]->data, tensor_count(call->in[0]), factor, device->threads);
}
SIMPLE_OP(foreach_mul)

static enum status check_foreach_lerp(const struct op_call *call)
{
    return check_flat(call, call->in[1], call->out[0]);
}

static void compute_foreach_lerp(const struct device *device, const struct op_call *call)
{
    simple_hand_on(call->in[0], call->out[0]);
    device->vector->lerp(call->out[0]->data, call->in[1]->data, tensor_count(call->in[0]), call->attrs.lerp.weight,
                         device->threads);
}
SIMPLE_OP(foreach_lerp)
