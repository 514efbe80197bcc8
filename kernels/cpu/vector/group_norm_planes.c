/*
 * Group norm of contiguous tensors: a group of an image is one run of neighbouring elements, summed and then written
 * while it is in the thread's cache. Backward sums channel by channel, because each has its own weight.
 */
#include <math.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/planes.h"

static void group_forward(const struct op_call *call, int64_t item)
{
    const struct tensor *x = call->in[0];
    const struct tensor *weight = call->in[1], *bias = call->in[2];
    int64_t pixels = x->size[2] * x->size[3], channels = x->size[1] / call->attrs.norm.groups;
    int64_t first = item % call->attrs.norm.groups * channels, at = item * channels * pixels;
    struct planes group = {at, channels * pixels, 0, 1};
    struct planes_source source = {.x = x->data, .shift = planes_shift(x->dtype, x->data, &group)};
    double sum = 0, product = 0, count = (double)(channels * pixels);
    VECTOR_NAME(planes_reduce)(x->dtype, REDUCE_SQUARES, &source, &group, &sum, &product);
    double spread = product - sum * sum / count;
    float mean = (float)((double)source.shift + sum / count);
    float rstd = (float)(1 / sqrt((spread < 0 ? 0 : spread) / count + call->attrs.norm.eps));
    ((float *)call->out[1]->data)[item] = mean;
    ((float *)call->out[2]->data)[item] = rstd;
    for (int64_t c = channels - 1; c >= 0; c--) {
        float scale = norm_affine(weight, first + c, 1) * rstd;
        struct planes plane = {at + c * pixels, pixels, 0, 1};
        struct planes_result result = {.x = x->data,
                                       .out = call->out[0]->data,
                                       .scale = scale,
                                       .offset = norm_affine(bias, first + c, 0) - mean * scale};
        VECTOR_NAME(planes_apply)(x->dtype, APPLY_FORWARD, call->attrs.norm.relu, &result, &plane);
    }
}

void VECTOR_NAME(vector_group_norm_planes)(const struct op_call *call, void *scratch, int threads)
{
    int64_t items = call->in[0]->size[0] * call->attrs.norm.groups;
    (void)scratch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t item = 0; item < items; item++)
        group_forward(call, item);
}

/* Per (image, channel): sum of dy, and of dy (x - mean) rstd. */
struct sums {
    double *dy, *dy_xhat;
};

static void group_backward(const struct op_call *call, int64_t item, struct sums sums)
{
    const struct tensor *dy = call->in[0], *x = call->in[1];
    float mean = ((const float *)call->in[2]->data)[item], rstd = ((const float *)call->in[3]->data)[item];
    int64_t pixels = x->size[2] * x->size[3], channels = x->size[1] / call->attrs.norm.groups;
    const struct tensor *weight = call->in[4];
    int64_t first = item % call->attrs.norm.groups * channels;
    double sum = 0, dot = 0, count = (double)(channels * pixels);
    struct planes_source source = {.x = x->data, .dy = dy->data, .shift = mean};
    for (int64_t c = 0; c < channels; c++) {
        struct planes plane = {(item * channels + c) * pixels, pixels, 0, 1};
        double *to = sums.dy + item * channels + c, *to_xhat = sums.dy_xhat + item * channels + c;
        *to = *to_xhat = 0;
        VECTOR_NAME(planes_reduce)(x->dtype, REDUCE_GRAD, &source, &plane, to, to_xhat);
        *to_xhat *= rstd;
        sum += *to * norm_affine(weight, first + c, 1);
        dot += *to_xhat * norm_affine(weight, first + c, 1);
    }
    double x_factor = -(double)rstd * rstd * dot / count;
    struct planes_result result = {.x = x->data,
                                   .other = dy->data,
                                   .out = call->out[0]->data,
                                   .x_factor = (float)x_factor,
                                   .constant = (float)(-rstd * sum / count - x_factor * mean)};
    for (int64_t c = channels - 1; c >= 0; c--) {
        struct planes plane = {(item * channels + c) * pixels, pixels, 0, 1};
        result.dy_factor = rstd * norm_affine(weight, first + c, 1);
        VECTOR_NAME(planes_apply)(x->dtype, APPLY_GRAD, false, &result, &plane);
    }
}

void VECTOR_NAME(vector_group_norm_backward_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *x = call->in[1];
    int64_t channels = x->size[1], items = x->size[0] * call->attrs.norm.groups;
    struct sums sums = {scratch, (double *)scratch + x->size[0] * channels};
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t item = 0; item < items; item++)
        group_backward(call, item, sums);
    for (int64_t c = 0; c < channels; c++) {
        double weight_sum = 0, bias_sum = 0;
        for (int64_t i = c; i < x->size[0] * channels; i += channels) {
            weight_sum += sums.dy_xhat[i];
            bias_sum += sums.dy[i];
        }
        norm_affine_set(call->out[1], c, weight_sum);
        norm_affine_set(call->out[2], c, bias_sum);
    }
}
