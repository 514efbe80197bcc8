/* Adaptive max pooling and its gradient. The first of equal maxima wins; NaN counts as larger than anything. */
#include <math.h>

#include "kernels/ref/ref.h"

static void maximum_of(const struct op_call *call, int64_t n, int64_t c, int64_t oh, int64_t ow)
{
    const struct tensor *input = call->in[0], *output = call->out[0];
    int64_t height = input->size[2], width = input->size[3], at = -1;
    double maximum = 0;
    for (int64_t h = oh * height / output->size[2]; h * output->size[2] < (oh + 1) * height; h++)
        for (int64_t w = ow * width / output->size[3]; w * output->size[3] < (ow + 1) * width; w++) {
            double value = ref_load_4d(input, n, c, h, w);
            if (at >= 0 && !(value > maximum) && !isnan(value))
                continue;
            maximum = value;
            at = h * width + w;
        }
    ref_store_4d(output, n, c, oh, ow, maximum);
    ref_store_4d(call->out[1], n, c, oh, ow, (double)at);
}

static void compute_adaptive_max_pool(const struct op_call *call)
{
    const int64_t *size = call->out[0]->size;
    for (int64_t n = 0; n < size[0]; n++)
        for (int64_t c = 0; c < size[1]; c++)
            for (int64_t oh = 0; oh < size[2]; oh++)
                for (int64_t ow = 0; ow < size[3]; ow++)
                    maximum_of(call, n, c, oh, ow);
}
REF_OP(adaptive_max_pool)

/* The gradients of all windows whose maximum was element `at` of the plane. */
static double gradient_of(const struct op_call *call, int64_t n, int64_t c, int64_t at)
{
    const struct tensor *grad = call->in[0];
    double sum = 0;
    for (int64_t oh = 0; oh < grad->size[2]; oh++)
        for (int64_t ow = 0; ow < grad->size[3]; ow++)
            if ((int64_t)ref_load_4d(call->in[2], n, c, oh, ow) == at)
                sum += ref_load_4d(grad, n, c, oh, ow);
    return sum;
}

static void compute_adaptive_max_pool_backward(const struct op_call *call)
{
    const struct tensor *made = call->out[0];
    for (int64_t n = 0; n < made->size[0]; n++)
        for (int64_t c = 0; c < made->size[1]; c++)
            for (int64_t at = 0; at < made->size[2] * made->size[3]; at++)
                ref_store_4d(made, n, c, at / made->size[3], at % made->size[3], gradient_of(call, n, c, at));
}
REF_OP(adaptive_max_pool_backward)
