/* One dimension more. */
#include "kernels/ops/widen.h"

struct tensor widen_tensor(const struct tensor *tensor)
{
    struct tensor wide = *tensor;
    if (tensor->dims != 3)
        return wide;
    wide.dims = 4;
    wide.size[2] = 1;
    wide.size[3] = tensor->size[2];
    wide.stride[2] = tensor->size[2] * tensor->stride[2];
    wide.stride[3] = tensor->stride[2];
    return wide;
}

void widen_conv(struct conv_attrs *conv)
{
    conv->stride[1] = conv->stride[0];
    conv->padding[1] = conv->padding[0];
    conv->dilation[1] = conv->dilation[0];
    conv->stride[0] = conv->dilation[0] = 1;
    conv->padding[0] = 0;
}

void widened_call_init(struct widened_call *wide, const struct op_call *call)
{
    wide->call = (struct op_call){.op = call->op, .attrs = call->attrs};
    widen_conv(&wide->call.attrs.conv);
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (!call->in[i])
            continue;
        wide->in[i] = widen_tensor(call->in[i]);
        wide->call.in[i] = &wide->in[i];
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (!call->out[i])
            continue;
        wide->out[i] = widen_tensor(call->out[i]);
        wide->call.out[i] = &wide->out[i];
    }
}

void widened_call_place(struct widened_call *wide, const struct op_call *call)
{
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (call->in[i])
            wide->in[i].data = call->in[i]->data;
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (call->out[i])
            wide->out[i].data = call->out[i]->data;
    }
}
