/*
 * Transposed 2-D convolution, weight (I, O/groups, kH, kW), and its three gradients, each as the sum that defines it:
 * input pixel (h, w) reaches output pixel (h * stride - padding + kh * dilation, and likewise w) by tap (kh, kw).
 */
#include "kernels/ref/transposed.h"

#include "kernels/ref/ref.h"

struct shape {
    int64_t batch, in_channels, in_h, in_w, out_channels, out_h, out_w;
    int64_t group_in, group_out; /* channels of one group */
    struct ref_window h, w;      /* whose "input" is the output here */
};

static struct ref_window window_of(const struct conv_attrs *attrs, const struct tensor *weight, int dimension)
{
    return (struct ref_window){weight->size[2 + dimension], attrs->stride[dimension], attrs->padding[dimension],
                               attrs->dilation[dimension]};
}

static struct shape shape_of(const struct op_call *call, const struct tensor *input, const struct tensor *weight,
                             const struct tensor *output)
{
    const struct conv_attrs *attrs = &call->attrs.conv;
    return (struct shape){.batch = input->size[0],
                          .in_channels = input->size[1],
                          .in_h = input->size[2],
                          .in_w = input->size[3],
                          .out_channels = output->size[1],
                          .out_h = output->size[2],
                          .out_w = output->size[3],
                          .group_in = input->size[1] / attrs->groups,
                          .group_out = weight->size[1],
                          .h = window_of(attrs, weight, 0),
                          .w = window_of(attrs, weight, 1)};
}

static double load_weight(const struct tensor *weight, enum dtype dtype, int64_t i, int64_t o, int64_t kh, int64_t kw)
{
    double value = ref_load_4d(weight, i, o, kh, kw);
    return weight->dtype == dtype ? value : ref_round(dtype, value);
}

static double output_at(const struct shape *shape, const struct tensor *input, const struct tensor *weight, int64_t n,
                        int64_t o, int64_t oh, int64_t ow)
{
    int64_t group = o / shape->group_out;
    double sum = 0;
    for (int64_t kh = 0; kh < shape->h.kernel; kh++)
        for (int64_t kw = 0; kw < shape->w.kernel; kw++) {
            int64_t h = ref_window_output(&shape->h, oh, kh, shape->in_h);
            int64_t w = ref_window_output(&shape->w, ow, kw, shape->in_w);
            for (int64_t i = group * shape->group_in; h >= 0 && w >= 0 && i < (group + 1) * shape->group_in; i++)
                sum += ref_load_4d(input, n, i, h, w) *
                       load_weight(weight, input->dtype, i, o % shape->group_out, kh, kw);
        }
    return sum;
}

void ref_transposed_forward(const struct op_call *call)
{
    const struct tensor *input = call->in[0], *weight = call->in[1], *bias = call->in[2];
    struct shape shape = shape_of(call, input, weight, call->out[0]);
    for (int64_t n = 0; n < shape.batch; n++)
        for (int64_t o = 0; o < shape.out_channels; o++)
            for (int64_t oh = 0; oh < shape.out_h; oh++)
                for (int64_t ow = 0; ow < shape.out_w; ow++) {
                    double sum = output_at(&shape, input, weight, n, o, oh, ow);
                    ref_store_4d(call->out[0], n, o, oh, ow, sum + (bias ? ref_load(bias, o) : 0));
                }
}

/* The tap of an input pixel in grad_output; 0 outside. */
static double gradient_at(const struct shape *shape, const struct tensor *grad_output, int64_t n, int64_t o, int64_t h,
                          int64_t w, int64_t kh, int64_t kw)
{
    int64_t oh = ref_window_input(&shape->h, h, kh), ow = ref_window_input(&shape->w, w, kw);
    bool inside = oh >= 0 && oh < shape->out_h && ow >= 0 && ow < shape->out_w;
    return inside ? ref_load_4d(grad_output, n, o, oh, ow) : 0;
}

static double grad_input_at(const struct shape *shape, const struct op_call *call, int64_t n, int64_t i, int64_t h,
                            int64_t w)
{
    int64_t first = i / shape->group_in * shape->group_out;
    double sum = 0;
    for (int64_t o = 0; o < shape->group_out; o++)
        for (int64_t kh = 0; kh < shape->h.kernel; kh++)
            for (int64_t kw = 0; kw < shape->w.kernel; kw++)
                sum += gradient_at(shape, call->in[0], n, first + o, h, w, kh, kw) *
                       load_weight(call->in[2], call->in[0]->dtype, i, o, kh, kw);
    return sum;
}

static double grad_weight_at(const struct shape *shape, const struct op_call *call, int64_t i, int64_t o, int64_t kh,
                             int64_t kw)
{
    int64_t channel = i / shape->group_in * shape->group_out + o;
    double sum = 0;
    for (int64_t n = 0; n < shape->batch; n++)
        for (int64_t h = 0; h < shape->in_h; h++)
            for (int64_t w = 0; w < shape->in_w; w++)
                sum += gradient_at(shape, call->in[0], n, channel, h, w, kh, kw) * ref_load_4d(call->in[1], n, i, h, w);
    return sum;
}

static void compute_grad_input(const struct shape *shape, const struct op_call *call)
{
    for (int64_t n = 0; n < shape->batch; n++)
        for (int64_t i = 0; i < shape->in_channels; i++)
            for (int64_t h = 0; h < shape->in_h; h++)
                for (int64_t w = 0; w < shape->in_w; w++)
                    ref_store_4d(call->out[0], n, i, h, w, grad_input_at(shape, call, n, i, h, w));
}

static void compute_grad_weight(const struct shape *shape, const struct op_call *call)
{
    for (int64_t i = 0; i < shape->in_channels; i++)
        for (int64_t o = 0; o < shape->group_out; o++)
            for (int64_t kh = 0; kh < shape->h.kernel; kh++)
                for (int64_t kw = 0; kw < shape->w.kernel; kw++)
                    ref_store_4d(call->out[1], i, o, kh, kw, grad_weight_at(shape, call, i, o, kh, kw));
}

void ref_transposed_backward(const struct op_call *call)
{
    const struct shape shape = shape_of(call, call->in[1], call->in[2], call->in[0]);
    if (call->out[0])
        compute_grad_input(&shape, call);
    if (call->out[1])
        compute_grad_weight(&shape, call);
    for (int64_t o = 0; call->out[2] && o < shape.out_channels; o++) {
        double sum = 0;
        for (int64_t n = 0; n < shape.batch; n++)
            for (int64_t h = 0; h < shape.out_h; h++)
                for (int64_t w = 0; w < shape.out_w; w++)
                    sum += ref_load_4d(call->in[0], n, o, h, w);
        ref_store(call->out[2], o, sum);
    }
}
