/*
 * aten::convolution_backward on oneDNN: backward data and backward weights, each in the layouts it likes best. A 1x1
 * convolution's weight gradient may be made as a matrix product instead (conv_product.c).
 */
#include "kernels/cpu/conv_1d.h"
#include "kernels/cpu/conv_common.h"
#include "kernels/cpu/conv_transposed.h"

/* What the call asks for, in one dtype. grad_bias comes with grad_weight in one primitive. */
struct backward {
    const struct op_call *call;
    struct conv_shape shape;
    dnnl_primitive_desc_t forward; /* the hint */
    dnnl_primitive_desc_t data;    /* NULL when grad_input is not wanted */
    dnnl_primitive_desc_t weights; /* NULL when neither grad_weight nor grad_bias is wanted */
};

static void backward_release(struct backward *backward)
{
    dnnl_primitive_desc_destroy(backward->weights);
    dnnl_primitive_desc_destroy(backward->data);
    dnnl_primitive_desc_destroy(backward->forward);
    conv_shape_release(&backward->shape);
    backward->weights = backward->data = backward->forward = NULL;
}

static enum status describe_data(struct device *device, struct backward *backward,
                                 const_dnnl_primitive_attr_t attributes)
{
    const struct conv_shape *s = &backward->shape;

    return cpu_check(dnnl_convolution_backward_data_primitive_desc_create(
                         &backward->data, device->engine, dnnl_convolution_direct, s->input, s->weight, s->output,
                         s->stride, s->dilation, s->padding, s->padding, backward->forward, attributes),
                     "choosing a convolution backward data");
}

static enum status choose_data(struct device *device, struct backward *backward, const_dnnl_primitive_attr_t attributes)
{
    TRY(describe_data(device, backward, attributes));
    if (conv_settle(&backward->shape, backward->data))
        return STATUS_OK;
    dnnl_primitive_desc_destroy(backward->data);
    backward->data = NULL;
    return describe_data(device, backward, attributes);
}

static enum status choose_weights(struct device *device, struct backward *backward,
                                  const_dnnl_primitive_attr_t attributes)
{
    const struct conv_shape *s = &backward->shape;

    return cpu_check(dnnl_convolution_backward_weights_primitive_desc_create(
                         &backward->weights, device->engine, dnnl_convolution_direct, s->input, s->grad_weight, s->bias,
                         s->output, s->stride, s->dilation, s->padding, s->padding, backward->forward, attributes),
                     "choosing a convolution backward weights");
}

static enum status choose_in(struct device *device, struct backward *backward, enum dtype dtype)
{
    enum status status;
    const struct op_call *call = backward->call;
    dnnl_primitive_attr_t attributes = NULL;

    TRY_OUT(conv_shape_init(&backward->shape, &call->attrs.conv, call->in[1], call->in[2], call->in[0],
                            call->out[2] != NULL, dtype));
    TRY_OUT(conv_forward_desc(device, &backward->shape, &backward->forward));
    TRY_OUT(steps_attributes(&attributes));
    if (call->out[0])
        TRY_OUT(choose_data(device, backward, attributes));
    if (call->out[1] || call->out[2])
        TRY_OUT(choose_weights(device, backward, attributes));
out:
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static bool is_fast(const struct backward *backward)
{
    return !(backward->data && steps_is_reference(backward->data)) &&
           !(backward->weights && steps_is_reference(backward->weights));
}

/* As in convolution.c: the first dtype in which all that is wanted runs on more than plain loops. */
static enum status choose(struct device *device, struct backward *backward)
{
    enum dtype candidates[2];
    int count = cpu_compute_dtypes(backward->call->in[1]->dtype, candidates);

    for (int i = 0; i < count; i++) {
        enum status status = choose_in(device, backward, candidates[i]);
        bool last = i == count - 1;
        if (status != STATUS_OK && (status != STATUS_UNSUPPORTED || last))
            return status;
        if (last || (status == STATUS_OK && is_fast(backward)))
            return STATUS_OK;
        backward_release(backward);
    }
    return STATUS_OK;
}

static enum status add_data(struct steps *steps, const struct backward *backward, const struct operand *grad_output)
{
    const struct op_call *call = backward->call;
    const_dnnl_memory_desc_t weight = dnnl_primitive_desc_query_md(backward->data, dnnl_query_weights_md, 0);
    struct operand grad_input;
    struct argument arguments[3] = {{DNNL_ARG_DIFF_DST, grad_output->place}, {DNNL_ARG_WEIGHTS}, {DNNL_ARG_DIFF_SRC}};

    TRY(conv_bring_weight(steps, call->in[2], backward->shape.groups, weight, &arguments[1].place));
    grad_input = steps_target(steps, call->out[0], backward->shape.dtype, FORMAT_CHANNELS_LAST);
    arguments[2].place = grad_input.place;
    TRY(steps_add_primitive(steps, backward->data, "convolution_bwd_data", conv_flops(call->in[0], call->in[2]),
                            arguments, 3));
    return steps_deliver(steps, &grad_input, call->out[0]);
}

/* Adds backward weights, writing grad_weight in oneDNN's layout to `computed`, and grad_bias when wanted. */
static enum status add_primitive(struct steps *steps, const struct backward *backward, struct place input,
                                 struct place grad_output, struct place computed)
{
    const struct op_call *call = backward->call;
    const struct tensor *grad_bias = call->out[2];
    struct operand bias = {0};
    struct argument arguments[4] = {{DNNL_ARG_SRC, input}, {DNNL_ARG_DIFF_DST, grad_output},
                                    {DNNL_ARG_DIFF_WEIGHTS, computed}, {DNNL_ARG_DIFF_BIAS}};

    if (grad_bias) {
        bias = steps_target(steps, grad_bias, DTYPE_FLOAT32, FORMAT_CONTIGUOUS);
        arguments[3].place = bias.place;
    }
    TRY(steps_add_primitive(steps, backward->weights, "convolution_bwd_weights", conv_flops(call->in[0], call->in[2]),
                            arguments, grad_bias ? 4 : 3));
    return grad_bias ? steps_deliver(steps, &bias, grad_bias) : STATUS_OK;
}

/* grad_weight is computed in place where oneDNN's layout is its own, and thrown away when only grad_bias is wanted. */
static enum status add_weights(struct steps *steps, const struct backward *backward, const struct operand *grad_output,
                               const struct operand *input)
{
    enum status status = STATUS_OK;
    const struct tensor *grad_weight = backward->call->out[1];
    struct opaque computed = {dnnl_primitive_desc_query_md(backward->weights, dnnl_query_diff_weights_md, 0)};
    dnnl_memory_desc_t plain = NULL;
    bool in_place = false;

    if (grad_weight) {
        TRY_OUT(conv_weight_desc(grad_weight, backward->shape.groups, &plain));
        in_place = dnnl_memory_desc_equal(plain, computed.desc);
    }
    computed.place = in_place ? (struct place){grad_weight, 0} : steps_reserve_desc(steps, computed.desc);
    TRY_OUT(add_primitive(steps, backward, input->place, grad_output->place, computed.place));
    if (grad_weight && !in_place)
        TRY_OUT(steps_add_gradient(steps, &computed, &(struct plain){grad_weight, plain}));
out:
    dnnl_memory_desc_destroy(plain);
    return status;
}

/* Both passes that were chosen, on activations brought to channels_last in the compute dtype. */
static enum status add_passes(struct steps *steps, const struct backward *backward)
{
    const struct op_call *call = backward->call;
    enum dtype dtype = backward->shape.dtype;
    struct operand grad_output, input;

    TRY(steps_bring(steps, call->in[0], dtype, FORMAT_CHANNELS_LAST, &grad_output));
    if (backward->data)
        TRY(add_data(steps, backward, &grad_output));
    if (!backward->weights)
        return STATUS_OK;
    TRY(steps_bring(steps, call->in[1], dtype, FORMAT_CHANNELS_LAST, &input));
    if (conv_takes_product(call, dtype))
        return conv_add_product(steps, call, &grad_output, &input);
    return add_weights(steps, backward, &grad_output, &input);
}

static enum status prepare_2d(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    enum status status;
    struct steps *steps = NULL;
    struct backward backward = {.call = call};

    if (call->attrs.conv.transposed)
        return conv_transposed_prepare(device, call, out);
    TRY_OUT(cpu_require_float(call, call->in[1]));
    TRY_OUT(cpu_require_float(call, call->in[2]));
    TRY_OUT(steps_create(device, call, &steps));
    TRY_OUT(choose(device, &backward));
    TRY_OUT(add_passes(steps, &backward));
    steps_finish(steps, out);
    steps = NULL;
out:
    backward_release(&backward);
    steps_destroy(steps);
    return status;
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return conv_is_1d(call) ? conv_1d_prepare(device, call, prepare_2d, out) : prepare_2d(device, call, out);
}

extern const struct op_impl cpu_convolution_backward;
const struct op_impl cpu_convolution_backward = {prepare};
