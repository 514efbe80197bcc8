/*
 * The back end "cpu-blocked": the CPU back end, with convolutions on contiguous tensors left to oneDNN's own choice of
 * formats (format_any) and reordered into and out of it, as PyTorch's CPU convolutions are. It is what channels_last has to
 * beat, since clprof's own contiguous convolution converts around a channels_last kernel. Where oneDNN offers nothing (a
 * dtype), and on tensors that are not contiguous, the CPU back end's own implementation runs.
 */
#include "kernels/cpu/conv_common.h"

#include "kernels/cpu/blocked.h"

extern const struct op_impl cpu_convolution, cpu_convolution_backward;

/* A convolution whose activations and weights may lie as oneDNN likes. */
struct choice {
    const struct op_call *call;
    enum dtype dtype;
    struct conv_shape shape; /* attributes, weights and bias; its activations are replaced by these two */
    dnnl_memory_desc_t input, output;
    dnnl_primitive_desc_t forward, data, weights;
};

static void choice_release(struct choice *choice)
{
    dnnl_primitive_desc_destroy(choice->weights);
    dnnl_primitive_desc_destroy(choice->data);
    dnnl_primitive_desc_destroy(choice->forward);
    dnnl_memory_desc_destroy(choice->input);
    dnnl_memory_desc_destroy(choice->output);
    conv_shape_release(&choice->shape);
    choice->weights = choice->data = choice->forward = NULL;
    choice->input = choice->output = NULL;
}

static enum status describe_any(const struct tensor *tensor, enum dtype dtype, dnnl_memory_desc_t *out)
{
    const dnnl_dims_t size = {tensor->size[0], tensor->size[1], tensor->size[2], tensor->size[3]};

    return cpu_check(dnnl_memory_desc_create_with_tag(out, 4, size, cpu_data_type(dtype), dnnl_format_tag_any),
                     "describing an activation");
}

static enum status choice_init(struct choice *choice, const struct tensor *input, const struct tensor *weight,
                               const struct tensor *output, bool bias)
{
    TRY(conv_shape_init(&choice->shape, &choice->call->attrs.conv, input, weight, output, bias, choice->dtype));
    TRY(describe_any(input, choice->dtype, &choice->input));
    return describe_any(output, choice->dtype, &choice->output);
}

static enum status choose_forward(struct device *device, struct choice *choice, const_dnnl_primitive_attr_t attributes)
{
    const struct conv_shape *s = &choice->shape;
    return cpu_check(dnnl_convolution_forward_primitive_desc_create(
                         &choice->forward, device->engine, dnnl_forward_training, dnnl_convolution_direct, choice->input,
                         s->weight, s->bias, choice->output, s->stride, s->dilation, s->padding, s->padding, attributes),
                     "choosing a convolution");
}

static enum status choose_data(struct device *device, struct choice *choice, const_dnnl_primitive_attr_t attributes)
{
    const struct conv_shape *s = &choice->shape;
    return cpu_check(dnnl_convolution_backward_data_primitive_desc_create(
                         &choice->data, device->engine, dnnl_convolution_direct, choice->input, s->weight,
                         choice->output, s->stride, s->dilation, s->padding, s->padding, choice->forward, attributes),
                     "choosing a convolution backward data");
}

static enum status choose_weights(struct device *device, struct choice *choice, const_dnnl_primitive_attr_t attributes)
{
    const struct conv_shape *s = &choice->shape;
    return cpu_check(dnnl_convolution_backward_weights_primitive_desc_create(
                         &choice->weights, device->engine, dnnl_convolution_direct, choice->input, s->grad_weight, s->bias,
                         choice->output, s->stride, s->dilation, s->padding, s->padding, choice->forward, attributes),
                     "choosing a convolution backward weights");
}

static const_dnnl_memory_desc_t wanted(const_dnnl_primitive_desc_t desc, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(desc, what, 0);
}

static enum status add_forward(struct steps *steps, const struct choice *choice)
{
    const struct op_call *call = choice->call;
    struct argument arguments[4] = {{DNNL_ARG_SRC}, {DNNL_ARG_WEIGHTS}, {DNNL_ARG_DST}, {DNNL_ARG_BIAS}};
    const_dnnl_primitive_desc_t desc = choice->forward;
    struct operand bias;

    TRY(blocked_bring(steps, call->in[0], wanted(desc, dnnl_query_src_md), &arguments[0].place));
    TRY(conv_bring_weight(steps, call->in[1], choice->shape.groups, wanted(desc, dnnl_query_weights_md), &arguments[1].place));
    if (call->in[2]) {
        TRY(steps_bring_rounded(steps, call->in[2], call->in[0]->dtype, &bias));
        arguments[3].place = bias.place;
    }
    struct opaque output = {wanted(desc, dnnl_query_dst_md)};
    TRY(blocked_target(steps, call->out[0], &output));
    arguments[2].place = output.place;
    TRY(steps_add_primitive(steps, desc, "convolution_fwd", conv_flops(call->out[0], call->in[1]), arguments,
                            call->in[2] ? 4 : 3));
    return blocked_deliver(steps, &output, call->out[0]);
}

static enum status add_data(struct steps *steps, const struct choice *choice)
{
    const struct op_call *call = choice->call;
    struct argument arguments[3] = {{DNNL_ARG_DIFF_DST}, {DNNL_ARG_WEIGHTS}, {DNNL_ARG_DIFF_SRC}};
    const_dnnl_primitive_desc_t desc = choice->data;

    TRY(blocked_bring(steps, call->in[0], wanted(desc, dnnl_query_diff_dst_md), &arguments[0].place));
    TRY(conv_bring_weight(steps, call->in[2], choice->shape.groups, wanted(desc, dnnl_query_weights_md), &arguments[1].place));
    struct opaque made = {wanted(desc, dnnl_query_diff_src_md)};
    TRY(blocked_target(steps, call->out[0], &made));
    arguments[2].place = made.place;
    TRY(steps_add_primitive(steps, desc, "convolution_bwd_data", conv_flops(call->in[0], call->in[2]), arguments, 3));
    return blocked_deliver(steps, &made, call->out[0]);
}

/* grad_weight is made in oneDNN's layout and reordered; grad_bias is a vector of float32. */
static enum status add_weights(struct steps *steps, const struct choice *choice)
{
    const struct op_call *call = choice->call;
    struct argument arguments[4] = {{DNNL_ARG_SRC}, {DNNL_ARG_DIFF_DST}, {DNNL_ARG_DIFF_WEIGHTS}, {DNNL_ARG_DIFF_BIAS}};
    const_dnnl_primitive_desc_t desc = choice->weights;
    struct opaque computed = {wanted(desc, dnnl_query_diff_weights_md)};
    dnnl_memory_desc_t plain = NULL;
    struct operand bias;
    enum status status;

    TRY_OUT(blocked_bring(steps, call->in[1], wanted(desc, dnnl_query_src_md), &arguments[0].place));
    TRY_OUT(blocked_bring(steps, call->in[0], wanted(desc, dnnl_query_diff_dst_md), &arguments[1].place));
    TRY_OUT(conv_weight_desc(call->out[1], choice->shape.groups, &plain));
    bool in_place = dnnl_memory_desc_equal(plain, computed.desc);
    computed.place = in_place ? (struct place){call->out[1], 0} : steps_reserve_desc(steps, computed.desc);
    arguments[2].place = computed.place;
    if (call->out[2]) {
        bias = steps_target(steps, call->out[2], DTYPE_FLOAT32, FORMAT_CONTIGUOUS);
        arguments[3].place = bias.place;
    }
    TRY_OUT(steps_add_primitive(steps, desc, "convolution_bwd_weights", conv_flops(call->in[0], call->in[2]), arguments,
                                call->out[2] ? 4 : 3));
    if (!in_place)
        TRY_OUT(steps_add_gradient(steps, &computed, &(struct plain){call->out[1], plain}));
    if (call->out[2])
        TRY_OUT(steps_deliver(steps, &bias, call->out[2]));
out:
    dnnl_memory_desc_destroy(plain);
    return status;
}

static enum status choose_passes(struct device *device, struct choice *choice)
{
    const struct op_call *call = choice->call;
    bool backward = call->op == OP_CONVOLUTION_BACKWARD;
    dnnl_primitive_attr_t attributes = NULL;
    enum status status;

    TRY_OUT(choice_init(choice, call->in[backward], call->in[backward + 1], backward ? call->in[0] : call->out[0],
                        backward ? call->out[2] != NULL : call->in[2] != NULL));
    TRY_OUT(steps_attributes(&attributes));
    TRY_OUT(choose_forward(device, choice, attributes));
    if (backward && call->out[0])
        TRY_OUT(choose_data(device, choice, attributes));
    if (backward && call->out[1])
        TRY_OUT(choose_weights(device, choice, attributes));
out:
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static bool is_reference(const struct choice *choice)
{
    return steps_is_reference(choice->forward) || (choice->data && steps_is_reference(choice->data)) ||
           (choice->weights && steps_is_reference(choice->weights));
}

/* UNSUPPORTED where oneDNN has nothing but plain loops for what is asked. */
static enum status prepare_blocked(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct choice choice = {.call = call, .dtype = call->in[call->op == OP_CONVOLUTION_BACKWARD]->dtype};
    enum dtype candidates[2];
    struct steps *steps = NULL;
    enum status status;

    cpu_compute_dtypes(choice.dtype, candidates);
    if (candidates[0] != choice.dtype) {
        status = FAIL(UNSUPPORTED, "%s: oneDNN does not compute in %s here", op_name(call->op), dtype_name(choice.dtype));
        goto out;
    }
    TRY_OUT(choose_passes(device, &choice));
    if (is_reference(&choice)) {
        status = FAIL(UNSUPPORTED, "%s: oneDNN has only plain loops for it", op_name(call->op));
        goto out;
    }
    TRY_OUT(steps_create(device, call, &steps));
    if (call->op == OP_CONVOLUTION)
        TRY_OUT(add_forward(steps, &choice));
    if (choice.data)
        TRY_OUT(add_data(steps, &choice));
    if (choice.weights)
        TRY_OUT(add_weights(steps, &choice));
    steps_finish(steps, out);
    steps = NULL;
out:
    choice_release(&choice);
    steps_destroy(steps);
    return status;
}

/* A transposed call, or one that asks for grad_bias alone, is left to the other implementation. */
static bool is_contiguous(const struct op_call *call)
{
    if (call->attrs.conv.transposed)
        return false;
    const struct tensor *images[] = {call->in[0], call->op == OP_CONVOLUTION ? call->out[0] : call->in[1],
                                     call->op == OP_CONVOLUTION ? NULL : call->out[0]};

    for (int i = 0; i < 3; i++) {
        enum memory_format format = images[i] ? tensor_format(images[i]) : FORMAT_EITHER;
        if (format != FORMAT_CONTIGUOUS && format != FORMAT_EITHER)
            return false;
    }
    return call->op == OP_CONVOLUTION || call->out[1] || !call->out[2];
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct op_impl *other = call->op == OP_CONVOLUTION ? &cpu_convolution : &cpu_convolution_backward;
    enum status status = is_contiguous(call) ? prepare_blocked(device, call, out) : STATUS_UNSUPPORTED;

    return status == STATUS_UNSUPPORTED || status == STATUS_BACKEND ? other->prepare(device, call, out) : status;
}

const struct op_impl cpu_blocked_convolution = {prepare};
