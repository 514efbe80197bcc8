/* aten::convolution on oneDNN: the weight into the library's layout, the convolution, and what is brought around it. */
#include "kernels/cpu/conv_1d.h"
#include "kernels/cpu/conv_common.h"
#include "kernels/cpu/conv_transposed.h"

static enum status choose_in(struct device *device, const struct conv_shape *shape, dnnl_primitive_desc_t *desc)
{
    TRY(conv_forward_desc(device, shape, desc));
    if (conv_settle(shape, *desc))
        return STATUS_OK;
    dnnl_primitive_desc_destroy(*desc);
    *desc = NULL;
    return conv_forward_desc(device, shape, desc);
}

/* The descriptor of the first dtype that oneDNN has more than plain loops for; of the last dtype if it has not. */
static enum status choose(struct device *device, const struct op_call *call, struct conv_shape *shape,
                          dnnl_primitive_desc_t *desc)
{
    enum dtype candidates[2];
    int count = cpu_compute_dtypes(call->in[0]->dtype, candidates);

    for (int i = 0; i < count; i++) {
        TRY(conv_shape_init(shape, &call->attrs.conv, call->in[0], call->in[1], call->out[0], call->in[2] != NULL,
                            candidates[i]));
        enum status status = choose_in(device, shape, desc);
        bool last = i == count - 1;
        if (status != STATUS_OK && (status != STATUS_UNSUPPORTED || last))
            return status;
        if (last || (status == STATUS_OK && !steps_is_reference(*desc)))
            return STATUS_OK;
        dnnl_primitive_desc_destroy(*desc);
        *desc = NULL;
        conv_shape_release(shape);
    }
    return STATUS_OK;
}

static enum status add_convolution(struct steps *steps, const struct op_call *call, const struct conv_shape *shape,
                                   const_dnnl_primitive_desc_t desc)
{
    const struct tensor *bias = call->in[2];
    struct operand input, ready_bias, output;
    struct argument arguments[4] = {{DNNL_ARG_SRC}, {DNNL_ARG_WEIGHTS}, {DNNL_ARG_DST}, {DNNL_ARG_BIAS}};
    const_dnnl_memory_desc_t weight = dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);

    TRY(steps_bring(steps, call->in[0], shape->dtype, FORMAT_CHANNELS_LAST, &input));
    TRY(conv_bring_weight(steps, call->in[1], shape->groups, weight, &arguments[1].place));
    if (bias) {
        TRY(steps_bring_rounded(steps, bias, call->in[0]->dtype, &ready_bias));
        arguments[3].place = ready_bias.place;
    }
    output = steps_target(steps, call->out[0], shape->dtype, FORMAT_CHANNELS_LAST);
    arguments[0].place = input.place;
    arguments[2].place = output.place;
    TRY(steps_add_primitive(steps, desc, "convolution_fwd", conv_flops(call->out[0], call->in[1]), arguments,
                            bias ? 4 : 3));
    return steps_deliver(steps, &output, call->out[0]);
}

static enum status prepare_2d(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    enum status status;
    struct steps *steps = NULL;
    struct conv_shape shape = {0};
    dnnl_primitive_desc_t desc = NULL;

    if (call->attrs.conv.transposed)
        return conv_transposed_prepare(device, call, out);
    TRY_OUT(cpu_require_float(call, call->in[0]));
    TRY_OUT(cpu_require_float(call, call->in[1]));
    TRY_OUT(steps_create(device, call, &steps));
    TRY_OUT(choose(device, call, &shape, &desc));
    TRY_OUT(add_convolution(steps, call, &shape, desc));
    steps_finish(steps, out);
    steps = NULL;
out:
    dnnl_primitive_desc_destroy(desc);
    conv_shape_release(&shape);
    steps_destroy(steps);
    return status;
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return conv_is_1d(call) ? conv_1d_prepare(device, call, prepare_2d, out) : prepare_2d(device, call, out);
}

extern const struct op_impl cpu_convolution;
const struct op_impl cpu_convolution = {prepare};
