/*
 * 2-D convolution with stride, padding, dilation and groups, and its three gradients, each as the sum that defines it.
 * The weight may be wider than the input (float32 master weights): it is then rounded to the input's dtype first.
 *
 * A transposed convolution of weight (I, O/groups, kH, kW) is the gradient of the convolution with that weight: what goes in
 * takes the output's part, what comes out the input's, in all four sums.
 */
#include "kernels/ops/widen.h"
#include "kernels/ref/ref.h"

/* The sizes and windows of a call, from its input, weight and output (or grad_output). */
struct shape {
    int64_t batch, in_channels, in_h, in_w, out_channels, out_h, out_w;
    int64_t group_in, group_out; /* channels of one group */
    struct ref_window h, w;
};

static struct ref_window window_of(const struct conv_attrs *attrs, const struct tensor *weight, int dimension)
{
    return (struct ref_window){.kernel = weight->size[2 + dimension],
                               .stride = attrs->stride[dimension],
                               .padding = attrs->padding[dimension],
                               .dilation = attrs->dilation[dimension]};
}

static struct shape shape_of(const struct conv_attrs *attrs, const struct tensor *input, const struct tensor *weight,
                             const struct tensor *output)
{
    return (struct shape){.batch = input->size[0],
                          .in_channels = input->size[1],
                          .in_h = input->size[2],
                          .in_w = input->size[3],
                          .out_channels = output->size[1],
                          .out_h = output->size[2],
                          .out_w = output->size[3],
                          .group_in = weight->size[1],
                          .group_out = output->size[1] / attrs->groups,
                          .h = window_of(attrs, weight, 0),
                          .w = window_of(attrs, weight, 1)};
}

/* The weight as the arithmetic sees it: in the input's dtype. */
static double load_weight(const struct tensor *weight, enum dtype dtype, int64_t o, int64_t i, int64_t kh, int64_t kw)
{
    double value = ref_load_4d(weight, o, i, kh, kw);
    return weight->dtype == dtype ? value : ref_round(dtype, value);
}

/* One element of what the sums run over, at (n, channel, h, w). */
typedef double element_at(const struct shape *shape, const struct tensor *from, const struct tensor *weight, int64_t n,
                          int64_t channel, int64_t h, int64_t w);

static double output_at(const struct shape *shape, const struct tensor *input, const struct tensor *weight, int64_t n,
                        int64_t o, int64_t oh, int64_t ow)
{
    int64_t first = o / shape->group_out * shape->group_in; /* first input channel of o's group */
    double sum = 0;
    for (int64_t kh = 0; kh < shape->h.kernel; kh++)
        for (int64_t kw = 0; kw < shape->w.kernel; kw++) {
            int64_t h = ref_window_input(&shape->h, oh, kh), w = ref_window_input(&shape->w, ow, kw);
            if (h < 0 || h >= shape->in_h || w < 0 || w >= shape->in_w)
                continue;
            for (int64_t i = 0; i < shape->group_in; i++)
                sum += ref_load_4d(input, n, first + i, h, w) * load_weight(weight, input->dtype, o, i, kh, kw);
        }
    return sum;
}

static double grad_input_at(const struct shape *shape, const struct tensor *grad_output, const struct tensor *weight,
                            int64_t n, int64_t c, int64_t h, int64_t w)
{
    int64_t group = c / shape->group_in;
    double sum = 0;
    for (int64_t kh = 0; kh < shape->h.kernel; kh++)
        for (int64_t kw = 0; kw < shape->w.kernel; kw++) {
            int64_t oh = ref_window_output(&shape->h, h, kh, shape->out_h);
            int64_t ow = ref_window_output(&shape->w, w, kw, shape->out_w);
            if (oh < 0 || ow < 0)
                continue;
            for (int64_t o = group * shape->group_out; o < (group + 1) * shape->group_out; o++)
                sum += ref_load_4d(grad_output, n, o, oh, ow) *
                       load_weight(weight, grad_output->dtype, o, c % shape->group_in, kh, kw);
        }
    return sum;
}

static void fill(const struct shape *shape, element_at *at, const struct tensor *from, const struct tensor *weight,
                 const struct tensor *bias, const struct tensor *to)
{
    for (int64_t n = 0; n < to->size[0]; n++)
        for (int64_t c = 0; c < to->size[1]; c++)
            for (int64_t h = 0; h < to->size[2]; h++)
                for (int64_t w = 0; w < to->size[3]; w++)
                    ref_store_4d(to, n, c, h, w, at(shape, from, weight, n, c, h, w) + (bias ? ref_round(from->dtype, ref_load(bias, c)) : 0));
}

static void convolve(const struct op_call *call)
{
    const struct tensor *input = call->in[0], *weight = call->in[1], *output = call->out[0];
    bool transposed = call->attrs.conv.transposed;
    struct shape shape = transposed ? shape_of(&call->attrs.conv, output, weight, input)
                                    : shape_of(&call->attrs.conv, input, weight, output);
    fill(&shape, transposed ? grad_input_at : output_at, input, weight, call->in[2], output);
}

/* 1-D convolutions as 2-D ones of height 1. */
static void compute_widened(const struct op_call *call, ref_compute *compute)
{
    struct widened_call wide;
    if (call->in[0]->dims == 4) {
        compute(call);
        return;
    }
    widened_call_init(&wide, call);
    compute(&wide.call);
}

static void compute_convolution(const struct op_call *call)
{
    compute_widened(call, convolve);
}
REF_OP(convolution)

static double grad_weight_at(const struct shape *shape, const struct tensor *grad_output, const struct tensor *input,
                             int64_t o, int64_t i, int64_t kh, int64_t kw)
{
    int64_t c = o / shape->group_out * shape->group_in + i;
    double sum = 0;
    for (int64_t n = 0; n < shape->batch; n++)
        for (int64_t oh = 0; oh < shape->out_h; oh++)
            for (int64_t ow = 0; ow < shape->out_w; ow++) {
                int64_t h = ref_window_input(&shape->h, oh, kh), w = ref_window_input(&shape->w, ow, kw);
                if (h >= 0 && h < shape->in_h && w >= 0 && w < shape->in_w)
                    sum += ref_load_4d(grad_output, n, o, oh, ow) * ref_load_4d(input, n, c, h, w);
            }
    return sum;
}

static void fill_grad_weight(const struct shape *shape, const struct tensor *grad_output, const struct tensor *input,
                             const struct tensor *grad_weight)
{
    for (int64_t o = 0; o < grad_weight->size[0]; o++)
        for (int64_t i = 0; i < grad_weight->size[1]; i++)
            for (int64_t kh = 0; kh < shape->h.kernel; kh++)
                for (int64_t kw = 0; kw < shape->w.kernel; kw++)
                    ref_store_4d(grad_weight, o, i, kh, kw, grad_weight_at(shape, grad_output, input, o, i, kh, kw));
}

static void fill_grad_bias(const struct tensor *grad_output, const struct tensor *grad_bias)
{
    for (int64_t o = 0; o < grad_output->size[1]; o++) {
        double sum = 0;
        for (int64_t n = 0; n < grad_output->size[0]; n++)
            for (int64_t oh = 0; oh < grad_output->size[2]; oh++)
                for (int64_t ow = 0; ow < grad_output->size[3]; ow++)
                    sum += ref_load_4d(grad_output, n, o, oh, ow);
        ref_store(grad_bias, o, sum);
    }
}

static void differentiate(const struct op_call *call)
{
    const struct tensor *grad_output = call->in[0], *input = call->in[1], *weight = call->in[2];
    bool transposed = call->attrs.conv.transposed;
    const struct tensor *wide = transposed ? grad_output : input, *narrow = transposed ? input : grad_output;
    struct shape shape = shape_of(&call->attrs.conv, wide, weight, narrow);
    if (call->out[0])
        fill(&shape, transposed ? output_at : grad_input_at, grad_output, weight, NULL, call->out[0]);
    if (call->out[1])
        fill_grad_weight(&shape, narrow, wide, call->out[1]);
    if (call->out[2])
        fill_grad_bias(grad_output, call->out[2]);
}

static void compute_convolution_backward(const struct op_call *call)
{
    compute_widened(call, differentiate);
}
REF_OP(convolution_backward)
