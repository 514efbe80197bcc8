/*
 * aten::convolution and its backward: 2-D, weight (O, I/groups, kH, kW), and 1-D, weight (O, I/groups, k); transposed,
 * 2-D only: (I, O/groups, kH, kW).
 */
#include "kernels/ops/facts.h"

enum { INPUT, WEIGHT, BIAS }; /* forward inputs; backward's are grad_output, input, weight */

static enum status check_attrs(const struct op_query *query)
{
    const struct conv_attrs *conv = &query->attrs->conv;
    for (int i = 0; i < query->in[0]->dims - 2; i++)
        if (conv->stride[i] < 1 || conv->dilation[i] < 1 || conv->padding[i] < 0)
            return FAIL(USAGE,
                        "%s: stride %d, dilation %d, padding %d; stride and dilation must be positive, padding not "
                        "negative",
                        op_name(query->op), conv->stride[i], conv->dilation[i], conv->padding[i]);
    for (int i = 0; conv->transposed && i < 2; i++)
        if (conv->output_padding[i] < 0 || (conv->output_padding[i] >= conv->stride[i] && conv->output_padding[i] >= conv->dilation[i]))
            return FAIL(USAGE, "%s: output padding %d must be smaller than stride %d or dilation %d", op_name(query->op),
                        conv->output_padding[i], conv->stride[i], conv->dilation[i]);
    if (conv->groups < 1)
        return FAIL(USAGE, "%s: groups is %d; it must be positive", op_name(query->op), conv->groups);
    return STATUS_OK;
}

static enum status check_channels(const struct op_query *query, const struct tensor *input, const struct tensor *weight)
{
    int groups = query->attrs->conv.groups;
    char input_shape[FACTS_SHAPE_BYTES], weight_shape[FACTS_SHAPE_BYTES];

    facts_shape(input_shape, input);
    facts_shape(weight_shape, weight);
    if (query->attrs->conv.transposed && (weight->size[0] != input->size[1] || weight->size[0] % groups))
        return FAIL(USAGE, "%s: transposed weight %s with groups=%d does not take input %s", op_name(query->op),
                    weight_shape, groups, input_shape);
    if (query->attrs->conv.transposed)
        return STATUS_OK;
    if (weight->size[1] * groups != input->size[1])
        return FAIL(USAGE, "%s: weight %s with groups=%d takes %lld channels, but input is %s", op_name(query->op),
                    weight_shape, groups, (long long)weight->size[1] * groups, input_shape);
    if (weight->size[0] % groups)
        return FAIL(USAGE, "%s: weight %s has %lld output channels, which groups=%d does not divide",
                    op_name(query->op), weight_shape, (long long)weight->size[0], groups);
    return STATUS_OK;
}

static int64_t output_channels(const struct op_query *query, const struct tensor *weight)
{
    const struct conv_attrs *conv = &query->attrs->conv;
    return conv->transposed ? weight->size[1] * conv->groups : weight->size[0];
}

static enum status transposed_sizes(const struct op_query *query, const struct tensor *input,
                                    const struct tensor *weight, int64_t *size)
{
    const struct conv_attrs *conv = &query->attrs->conv;
    char shape[FACTS_SHAPE_BYTES];

    for (int i = 0; i < 2; i++) {
        int64_t window = conv->dilation[i] * (weight->size[2 + i] - 1) + 1;
        size[i] = (input->size[2 + i] - 1) * conv->stride[i] - 2 * conv->padding[i] + window + conv->output_padding[i];
        if (size[i] < 1)
            return FAIL(USAGE, "%s: input %s is too small: padding %d leaves no %s of the output", op_name(query->op),
                        facts_shape(shape, input), conv->padding[i], i ? "column" : "row");
    }
    return STATUS_OK;
}

static enum status output_sizes(const struct op_query *query, const struct tensor *input, const struct tensor *weight,
                                int64_t *size)
{
    const struct conv_attrs *conv = &query->attrs->conv;
    char shape[FACTS_SHAPE_BYTES];

    if (conv->transposed)
        return transposed_sizes(query, input, weight, size);
    for (int i = 0; i < input->dims - 2; i++) {
        int64_t padded = input->size[2 + i] + 2 * conv->padding[i];
        int64_t window = conv->dilation[i] * (weight->size[2 + i] - 1) + 1;
        if (padded < window)
            return FAIL(USAGE,
                        "%s: input %s is too small: %s %lld with padding, the kernel covers %lld; use larger images",
                        op_name(query->op), facts_shape(shape, input),
                        input->dims == 3 ? "length" : i ? "width" : "height", (long long)padded,
                        (long long)window);
        size[i] = (padded - window) / conv->stride[i] + 1;
    }
    return STATUS_OK;
}

static enum status infer_convolution(const struct op_query *query, struct tensor *out)
{
    int64_t size[2] = {1, 1};

    TRY(facts_need(query, INPUT, -1));
    const struct tensor *input = query->in[INPUT], *weight = query->in[WEIGHT];
    int dims = input->dims == 3 && !query->attrs->conv.transposed ? 3 : 4;
    TRY(facts_need(query, INPUT, dims));
    TRY(facts_need(query, WEIGHT, dims));
    TRY(check_attrs(query));
    TRY(check_channels(query, input, weight));
    TRY(facts_need_vector(query, BIAS, output_channels(query, weight), "output channels"));
    TRY(output_sizes(query, input, weight, size));
    int64_t sizes[4] = {input->size[0], output_channels(query, weight), size[0], dims == 4 ? size[1] : 1};
    out[0] = tensor_make(input->dtype, dims, sizes, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_backward(const struct op_query *query, struct tensor *out)
{
    int64_t size[2] = {1, 1};
    char shape[FACTS_SHAPE_BYTES];

    TRY(facts_need(query, 0, -1));
    for (int i = 0; i < 3; i++)
        TRY(facts_need(query, i, query->in[0]->dims == 3 && !query->attrs->conv.transposed ? 3 : 4));
    const struct tensor *grad = query->in[0], *input = query->in[1], *weight = query->in[2];
    TRY(check_attrs(query));
    TRY(check_channels(query, input, weight));
    TRY(output_sizes(query, input, weight, size));
    if (grad->size[0] != input->size[0] || grad->size[1] != output_channels(query, weight) ||
        grad->size[2] != size[0] || (grad->dims == 4 && grad->size[3] != size[1]))
        return FAIL(USAGE, "%s: grad_output %s must have the forward output's shape (%lld, %lld, %lld, %lld)",
                    op_name(query->op), facts_shape(shape, grad), (long long)input->size[0], (long long)output_channels(query, weight),
                    (long long)size[0], (long long)size[1]);
    out[0] = facts_like(input);
    out[1] = facts_like(weight);
    out[2] = facts_vector(weight->dtype, output_channels(query, weight));
    return STATUS_OK;
}

/* Multiply-adds of one pass over the output (transposed: the input), padding counted, as PyTorch's counter does. */
static int64_t flops_of_pass(const struct tensor *output, const struct tensor *weight)
{
    return 2 * tensor_count(output) * (tensor_count(weight) / weight->size[0]);
}

static int64_t flops_convolution(const struct op_call *call)
{
    const struct tensor *swept = call->attrs.conv.transposed ? call->in[INPUT] : call->out[0];
    return flops_of_pass(swept, call->in[WEIGHT]) + (call->in[BIAS] ? tensor_count(call->out[0]) : 0);
}

static int64_t flops_backward(const struct op_call *call)
{
    int passes = (call->out[0] != NULL) + (call->out[1] != NULL);
    const struct tensor *swept = call->in[call->attrs.conv.transposed ? 1 : 0];
    return passes * flops_of_pass(swept, call->in[2]) + (call->out[2] ? tensor_count(call->in[0]) : 0);
}

const struct op_facts facts_convolution = {infer_convolution, flops_convolution, 0};
const struct op_facts facts_convolution_backward = {infer_backward, flops_backward, 0};
