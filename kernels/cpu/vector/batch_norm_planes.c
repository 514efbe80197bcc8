/*
 * Batch norm of contiguous tensors: one channel at a time, its N planes summed and then written while they are still in
 * the thread's cache.
 */
#include <math.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/planes.h"

/* The planes of channel `c`. */
static struct planes channel_planes(const struct tensor *x, int64_t c)
{
    int64_t channels = x->size[1], count = tensor_count(x) / (x->size[0] * channels);
    return (struct planes){c * count, count, channels * count, x->size[0]};
}

/* Mean and 1/sqrt(var + eps) of a channel, to save_* and running_*. */
static void channel_statistics(const struct op_call *call, const struct planes *planes, int64_t c, float *mean,
                               float *invstd)
{
    const struct tensor *x = call->in[0];
    const struct norm_attrs *attrs = &call->attrs.norm;
    struct planes_source source = {.x = x->data, .shift = planes_shift(x->dtype, x->data, planes)};
    float *running_mean = (float *)call->in[3]->data + c, *running_var = (float *)call->in[4]->data + c;
    double sum = 0, product = 0, count = (double)(planes->count * planes->planes);
    VECTOR_NAME(planes_reduce)(x->dtype, REDUCE_SQUARES, &source, planes, &sum, &product);
    double centre = (double)source.shift + sum / count, spread = product - sum * sum / count;
    spread = spread < 0 ? 0 : spread;
    *mean = ((float *)call->out[1]->data)[c] = (float)centre;
    *invstd = ((float *)call->out[2]->data)[c] = (float)(1 / sqrt(spread / count + attrs->eps));
    *running_mean = (float)((1 - attrs->momentum) * *running_mean + attrs->momentum * centre);
    *running_var =
        (float)((1 - attrs->momentum) * *running_var + attrs->momentum * spread / (count > 1 ? count - 1 : 1));
}

void VECTOR_NAME(vector_batch_norm_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *x = call->in[0], *residual = call->in[5];
    const float *weight = call->in[1]->data, *bias = call->in[2]->data;
    (void)scratch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t c = 0; c < x->size[1]; c++) {
        struct planes planes = channel_planes(x, c);
        float mean = ((const float *)call->in[3]->data)[c];
        float invstd = (float)(1 / sqrt((double)((const float *)call->in[4]->data)[c] + call->attrs.norm.eps));
        if (call->attrs.norm.training)
            channel_statistics(call, &planes, c, &mean, &invstd);
        float scale = weight[c] * invstd;
        struct planes_result result = {x->data, residual ? residual->data : NULL, call->out[0]->data, scale,
                                       bias[c] - mean * scale};
        VECTOR_NAME(planes_apply)
        (x->dtype, residual ? APPLY_RESIDUAL : APPLY_FORWARD, call->attrs.norm.relu, &result, &planes);
    }
}

/* One channel of the backward pass; formulas as in batch_norm_rows.c. */
static void channel_backward(const struct op_call *call, int64_t c)
{
    const struct tensor *dy = call->in[0], *x = call->in[1];
    float weight = ((const float *)call->in[2]->data)[c], bias = ((const float *)call->in[3]->data)[c];
    float mean = ((const float *)call->in[4]->data)[c], invstd = ((const float *)call->in[5]->data)[c];
    struct planes planes = channel_planes(x, c);
    struct planes_source source = {x->data, dy->data, mean, weight * invstd, bias - mean * (weight * invstd)};
    double sum = 0, product = 0;
    VECTOR_NAME(planes_reduce)
    (x->dtype, call->attrs.norm.relu ? REDUCE_GRAD_RELU : REDUCE_GRAD, &source, &planes, &sum, &product);
    double per_pixel = 1 / (double)(planes.count * planes.planes);
    double factor = (double)weight * invstd, grad_weight = product * invstd;
    double x_factor = -factor * invstd * grad_weight * per_pixel;
    struct planes_result result = {
        x->data,       dy->data,      call->out[0]->data, source.scale,
        source.offset, (float)factor, (float)x_factor,    (float)(-factor * sum * per_pixel - x_factor * mean)};
    ((float *)call->out[1]->data)[c] = (float)grad_weight;
    ((float *)call->out[2]->data)[c] = (float)sum;
    VECTOR_NAME(planes_apply)(x->dtype, APPLY_GRAD, call->attrs.norm.relu, &result, &planes);
}

void VECTOR_NAME(vector_batch_norm_backward_planes)(const struct op_call *call, void *scratch, int threads)
{
    (void)scratch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t c = 0; c < call->in[1]->size[1]; c++)
        channel_backward(call, c);
}
