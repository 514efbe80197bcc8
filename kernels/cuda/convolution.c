/* aten::convolution on cuDNN: forward, transposed (a backward data), one dimension (of height 1), bias. */
#include "kernels/cuda/conv_steps.h"

enum { INPUT, WEIGHT, BIAS };

static enum status add_passes(struct conv_steps *steps, const struct op_call *call)
{
    bool transposed = call->attrs.conv.transposed;
    struct conv_operand input, operand[CONV_OPERANDS], output = conv_steps_target(steps, call->out[0], 0);

    TRY(conv_steps_bring(steps, call->in[INPUT], steps->padded, CAUSE_LIBRARY, &input));
    TRY(conv_steps_bring(steps, call->in[WEIGHT], steps->padded, CAUSE_WEIGHT, &operand[CONV_FILTER]));
    operand[CONV_INPUT] = transposed ? output : input;
    operand[CONV_OUTPUT] = transposed ? input : output;
    TRY(conv_steps_cudnn(steps, transposed ? CONV_DATA : CONV_FORWARD, operand));
    if (call->in[BIAS])
        TRY(conv_steps_add_bias(steps, &output, call->in[BIAS]));
    return conv_steps_deliver(steps, &output, call->out[0], CAUSE_LIBRARY);
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const like[CONV_LIKE] = {call->in[INPUT], call->out[0], call->in[WEIGHT]};
    return conv_steps_prepare(device, call, like, add_passes, out);
}

extern const struct op_impl cuda_convolution;
const struct op_impl cuda_convolution = {prepare};
