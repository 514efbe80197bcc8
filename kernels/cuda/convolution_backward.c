/* aten::convolution_backward on cuDNN: the gradients of input, weight and bias that are wanted. */
#include "kernels/cuda/conv_steps.h"

enum { GRAD_OUTPUT, INPUT, WEIGHT };
enum { GRAD_INPUT, GRAD_WEIGHT, GRAD_BIAS };

/* A transposed convolution's gradient of its input is an untransposed forward pass. */
static enum status add_data(struct conv_steps *steps, const struct op_call *call, const struct conv_operand *grad_output)
{
    bool transposed = call->attrs.conv.transposed;
    struct conv_operand operand[CONV_OPERANDS], grad_input = conv_steps_target(steps, call->out[GRAD_INPUT], steps->padded);

    TRY(conv_steps_bring(steps, call->in[WEIGHT], steps->padded, CAUSE_WEIGHT, &operand[CONV_FILTER]));
    operand[CONV_INPUT] = transposed ? *grad_output : grad_input;
    operand[CONV_OUTPUT] = transposed ? grad_input : *grad_output;
    TRY(conv_steps_cudnn(steps, transposed ? CONV_FORWARD : CONV_DATA, operand));
    return conv_steps_deliver(steps, &grad_input, call->out[GRAD_INPUT], CAUSE_LIBRARY);
}

/* In the dtype computed in, as autocast's PyTorch has it, then brought to the parameter's. */
static enum status add_weight(struct conv_steps *steps, const struct op_call *call, const struct conv_operand *grad_output)
{
    bool transposed = call->attrs.conv.transposed;
    struct conv_operand input, operand[CONV_OPERANDS];

    TRY(conv_steps_bring(steps, call->in[INPUT], steps->padded, CAUSE_LIBRARY, &input));
    operand[CONV_FILTER] = conv_steps_target(steps, call->out[GRAD_WEIGHT], steps->padded);
    operand[CONV_INPUT] = transposed ? *grad_output : input;
    operand[CONV_OUTPUT] = transposed ? input : *grad_output;
    TRY(conv_steps_cudnn(steps, CONV_WEIGHT, operand));
    return conv_steps_deliver(steps, &operand[CONV_FILTER], call->out[GRAD_WEIGHT], CAUSE_GRADIENT);
}

static enum status add_passes(struct conv_steps *steps, const struct op_call *call)
{
    struct conv_operand grad_output;

    TRY(conv_steps_bring(steps, call->in[GRAD_OUTPUT], 0, CAUSE_LIBRARY, &grad_output));
    if (call->out[GRAD_INPUT])
        TRY(add_data(steps, call, &grad_output));
    if (call->out[GRAD_WEIGHT])
        TRY(add_weight(steps, call, &grad_output));
    return call->out[GRAD_BIAS] ? conv_steps_sum_bias(steps, &grad_output, call->out[GRAD_BIAS]) : STATUS_OK;
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const like[CONV_LIKE] = {call->in[INPUT], call->in[GRAD_OUTPUT], call->in[WEIGHT]};
    return conv_steps_prepare(device, call, like, add_passes, out);
}

extern const struct op_impl cuda_convolution_backward;
const struct op_impl cuda_convolution_backward = {prepare};
