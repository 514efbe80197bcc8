/* aten::_fused_adamw_: torch.optim.AdamW on flat float32 memory. */
#include "kernels/cpu/simple.h"

static void compute_adamw(const struct device *device, const struct op_call *call)
{
    static const int input_of_output[] = {0, 2, 3, 5};
    for (int i = 0; i < 4; i++)
        simple_hand_on(call->in[input_of_output[i]], call->out[i]);
    if (simple_scalar(call->in[6], 0) != 0)
        return;
    float *step = call->out[3]->data;
    *step += 1;
    device->vector->adamw(call->out[0]->data, call->in[1]->data, call->out[1]->data, call->out[2]->data,
                          tensor_count(call->in[0]), &call->attrs.adamw, simple_scalar(call->in[4], 0), *step,
                          device->threads);
}

FLAT_OP(adamw)
