/* Batch normalisation over (N,H,W) per channel, with the fused residual and relu, and its gradients. */
#include <math.h>

#include "kernels/ref/ref.h"

struct statistics {
    double mean, variance; /* biased: divided by the count */
};

static int64_t values_per_channel(const struct tensor *tensor)
{
    return tensor->size[0] * tensor->size[2] * tensor->size[3];
}

/* Heads a statement that runs for every n, h, w of one channel of a tensor. */
#define FOR_CHANNEL(tensor, n, h, w)                            \
    for (int64_t n = 0; n < (tensor)->size[0]; n++)             \
        for (int64_t h = 0; h < (tensor)->size[2]; h++)         \
            for (int64_t w = 0; w < (tensor)->size[3]; w++)

static struct statistics channel_statistics(const struct tensor *input, int64_t c)
{
    double count = (double)values_per_channel(input), sum = 0, squares = 0;
    FOR_CHANNEL(input, n, h, w)
        sum += ref_load_4d(input, n, c, h, w);
    double mean = sum / count;
    FOR_CHANNEL(input, n, h, w)
        squares += pow(ref_load_4d(input, n, c, h, w) - mean, 2);
    return (struct statistics){mean, squares / count};
}

static void update_running(const struct op_call *call, int64_t c, struct statistics batch)
{
    double momentum = call->attrs.norm.momentum, count = (double)values_per_channel(call->in[0]);
    double unbiased = count > 1 ? batch.variance * count / (count - 1) : batch.variance;
    ref_store(call->in[3], c, (1 - momentum) * ref_load(call->in[3], c) + momentum * batch.mean);
    ref_store(call->in[4], c, (1 - momentum) * ref_load(call->in[4], c) + momentum * unbiased);
}

static void normalize_channel(const struct op_call *call, int64_t c, double mean, double invstd)
{
    const struct tensor *input = call->in[0], *residual = call->in[5];
    double weight = ref_load(call->in[1], c), bias = ref_load(call->in[2], c);
    FOR_CHANNEL(input, n, h, w)
    {
        double value = (ref_load_4d(input, n, c, h, w) - mean) * invstd * weight + bias;
        if (residual)
            value = ref_round(call->out[0]->dtype, value) + ref_load_4d(residual, n, c, h, w);
        ref_store_4d(call->out[0], n, c, h, w, call->attrs.norm.relu ? ref_rectify(value) : value);
    }
}

static void compute_batch_norm(const struct op_call *call)
{
    const struct norm_attrs *attrs = &call->attrs.norm;
    for (int64_t c = 0; c < call->in[0]->size[1]; c++) {
        struct statistics used = {ref_load(call->in[3], c), ref_load(call->in[4], c)};
        if (attrs->training) {
            used = channel_statistics(call->in[0], c);
            update_running(call, c, used);
        }
        double invstd = 1 / sqrt(used.variance + attrs->eps);
        normalize_channel(call, c, used.mean, invstd);
        if (attrs->training) {
            ref_store(call->out[1], c, used.mean);
            ref_store(call->out[2], c, invstd);
        }
    }
}
REF_OP(batch_norm)

struct channel {
    double mean, invstd, weight, bias;
};

/* The normalised input and the gradient behind the fused relu's mask at one place. */
static double gradient_at(const struct op_call *call, const struct channel *channel, int64_t n, int64_t c, int64_t h,
                          int64_t w, double *normalized)
{
    *normalized = (ref_load_4d(call->in[1], n, c, h, w) - channel->mean) * channel->invstd;
    bool masked = call->attrs.norm.relu && *normalized * channel->weight + channel->bias <= 0;
    return masked ? 0 : ref_load_4d(call->in[0], n, c, h, w);
}

static void channel_backward(const struct op_call *call, int64_t c)
{
    struct channel channel = {ref_load(call->in[4], c), ref_load(call->in[5], c), ref_load(call->in[2], c),
                              ref_load(call->in[3], c)};
    const struct tensor *input = call->in[1];
    double count = (double)values_per_channel(input), sum = 0, dot = 0, normalized;
    FOR_CHANNEL(input, n, h, w)
    {
        double gradient = gradient_at(call, &channel, n, c, h, w, &normalized);
        sum += gradient;
        dot += gradient * normalized;
    }
    FOR_CHANNEL(input, n, h, w)
    {
        double gradient = gradient_at(call, &channel, n, c, h, w, &normalized);
        double centred = gradient - sum / count - normalized * dot / count;
        ref_store_4d(call->out[0], n, c, h, w, channel.weight * channel.invstd * centred);
    }
    ref_store(call->out[1], c, dot);
    ref_store(call->out[2], c, sum);
}

static void compute_batch_norm_backward(const struct op_call *call)
{
    for (int64_t c = 0; c < call->in[1]->size[1]; c++)
        channel_backward(call, c);
}
REF_OP(batch_norm_backward)
