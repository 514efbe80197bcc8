/*
 * Group normalisation: each sample in `groups` groups of channels, statistics over (C/groups,H,W), and its gradients. Instance
 * normalisation is the one with a channel a group; it may have no weight and bias.
 */
#include <math.h>

#include "kernels/ref/ref.h"

/* Heads a statement that runs for every c, h, w of group g of a sample. */
#define FOR_GROUP(tensor, groups, g, c, h, w)                                                                  \
    for (int64_t c = (g) * ((tensor)->size[1] / (groups)); c < ((g) + 1) * ((tensor)->size[1] / (groups)); c++) \
        for (int64_t h = 0; h < (tensor)->size[2]; h++)                                                        \
            for (int64_t w = 0; w < (tensor)->size[3]; w++)

static double group_count(const struct tensor *tensor, int groups)
{
    return (double)(tensor->size[1] / groups * tensor->size[2] * tensor->size[3]);
}

static double affine(const struct tensor *tensor, int64_t c, double otherwise)
{
    return tensor ? ref_load(tensor, c) : otherwise;
}

static void normalize_group(const struct op_call *call, int64_t n, int64_t g)
{
    const struct norm_attrs *attrs = &call->attrs.norm;
    const struct tensor *input = call->in[0];
    double count = group_count(input, attrs->groups), sum = 0, squares = 0;
    FOR_GROUP(input, attrs->groups, g, c, h, w)
        sum += ref_load_4d(input, n, c, h, w);
    double mean = sum / count;
    FOR_GROUP(input, attrs->groups, g, c, h, w)
        squares += pow(ref_load_4d(input, n, c, h, w) - mean, 2);
    double rstd = 1 / sqrt(squares / count + attrs->eps);
    FOR_GROUP(input, attrs->groups, g, c, h, w)
    {
        double normalized = (ref_load_4d(input, n, c, h, w) - mean) * rstd;
        double value = normalized * affine(call->in[1], c, 1) + affine(call->in[2], c, 0);
        ref_store_4d(call->out[0], n, c, h, w, attrs->relu ? ref_rectify(value) : value);
    }
    ref_store_2d(call->out[1], n, g, mean);
    ref_store_2d(call->out[2], n, g, rstd);
}

static void compute_group_norm(const struct op_call *call)
{
    for (int64_t n = 0; n < call->in[0]->size[0]; n++)
        for (int64_t g = 0; g < call->attrs.norm.groups; g++)
            normalize_group(call, n, g);
}
REF_OP(group_norm)

static void compute_instance_norm(const struct op_call *call)
{
    compute_group_norm(call);
}
REF_OP(instance_norm)

static double normalized_at(const struct op_call *call, int64_t n, int64_t c, int64_t h, int64_t w)
{
    int64_t g = c / (call->in[1]->size[1] / call->attrs.norm.groups);
    return (ref_load_4d(call->in[1], n, c, h, w) - ref_load_2d(call->in[2], n, g)) * ref_load_2d(call->in[3], n, g);
}

static void group_grad_input(const struct op_call *call, int64_t n, int64_t g)
{
    const struct tensor *grad_output = call->in[0];
    int groups = call->attrs.norm.groups;
    double count = group_count(grad_output, groups), sum = 0, dot = 0;
    FOR_GROUP(grad_output, groups, g, c, h, w)
    {
        double gradient = ref_load_4d(grad_output, n, c, h, w) * affine(call->in[4], c, 1);
        sum += gradient;
        dot += gradient * normalized_at(call, n, c, h, w);
    }
    FOR_GROUP(grad_output, groups, g, c, h, w)
    {
        double gradient = ref_load_4d(grad_output, n, c, h, w) * affine(call->in[4], c, 1);
        double centred = gradient - sum / count - normalized_at(call, n, c, h, w) * dot / count;
        ref_store_4d(call->out[0], n, c, h, w, ref_load_2d(call->in[3], n, g) * centred);
    }
}

static void channel_grad_affine(const struct op_call *call, int64_t c)
{
    const struct tensor *grad_output = call->in[0];
    double grad_weight = 0, grad_bias = 0;
    for (int64_t n = 0; n < grad_output->size[0]; n++)
        for (int64_t h = 0; h < grad_output->size[2]; h++)
            for (int64_t w = 0; w < grad_output->size[3]; w++) {
                double gradient = ref_load_4d(grad_output, n, c, h, w);
                grad_weight += gradient * normalized_at(call, n, c, h, w);
                grad_bias += gradient;
            }
    if (call->out[1])
        ref_store(call->out[1], c, grad_weight);
    if (call->out[2])
        ref_store(call->out[2], c, grad_bias);
}

static void compute_group_norm_backward(const struct op_call *call)
{
    for (int64_t n = 0; n < call->in[0]->size[0]; n++)
        for (int64_t g = 0; g < call->attrs.norm.groups; g++)
            group_grad_input(call, n, g);
    for (int64_t c = 0; c < call->in[0]->size[1]; c++)
        channel_grad_affine(call, c);
}
REF_OP(group_norm_backward)

static void compute_instance_norm_backward(const struct op_call *call)
{
    compute_group_norm_backward(call);
}
REF_OP(instance_norm_backward)
