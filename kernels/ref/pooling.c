/* Max pooling with the position of each maximum inside its window, its gradient, and the mean over H and W. */
#include <math.h>

#include "kernels/ref/ref.h"

static struct ref_window window_of(const struct pool_attrs *attrs, int dimension)
{
    return (struct ref_window){attrs->kernel[dimension], attrs->stride[dimension], attrs->padding[dimension],
                               attrs->dilation[dimension]};
}

/* The first of equal maxima wins; NaN counts as larger than anything, as in PyTorch. Padding never wins. */
static double window_maximum(const struct pool_attrs *attrs, const struct tensor *input, int64_t n, int64_t c,
                             int64_t oh, int64_t ow, int64_t *position)
{
    struct ref_window vertical = window_of(attrs, 0), horizontal = window_of(attrs, 1);
    double maximum = -INFINITY;
    bool any = false;
    *position = 0;
    for (int64_t kh = 0; kh < vertical.kernel; kh++)
        for (int64_t kw = 0; kw < horizontal.kernel; kw++) {
            int64_t h = ref_window_input(&vertical, oh, kh), w = ref_window_input(&horizontal, ow, kw);
            if (h < 0 || h >= input->size[2] || w < 0 || w >= input->size[3])
                continue;
            double value = ref_load_4d(input, n, c, h, w);
            if (any && !(value > maximum) && !isnan(value))
                continue;
            any = true;
            maximum = value;
            *position = kh * horizontal.kernel + kw;
        }
    return maximum;
}

static void compute_max_pool2d(const struct op_call *call)
{
    const struct tensor *output = call->out[0];
    for (int64_t n = 0; n < output->size[0]; n++)
        for (int64_t c = 0; c < output->size[1]; c++)
            for (int64_t oh = 0; oh < output->size[2]; oh++)
                for (int64_t ow = 0; ow < output->size[3]; ow++) {
                    int64_t position;
                    double maximum = window_maximum(&call->attrs.pool, call->in[0], n, c, oh, ow, &position);
                    ref_store_4d(output, n, c, oh, ow, maximum);
                    ref_store_4d(call->out[1], n, c, oh, ow, (double)position);
                }
}
REF_OP(max_pool2d)

/* The gradients of all windows whose maximum was the input at (h, w). */
static double pooled_gradient(const struct op_call *call, int64_t n, int64_t c, int64_t h, int64_t w)
{
    const struct tensor *grad_output = call->in[0], *indices = call->in[2];
    struct ref_window vertical = window_of(&call->attrs.pool, 0), horizontal = window_of(&call->attrs.pool, 1);
    double sum = 0;
    for (int64_t kh = 0; kh < vertical.kernel; kh++)
        for (int64_t kw = 0; kw < horizontal.kernel; kw++) {
            int64_t oh = ref_window_output(&vertical, h, kh, grad_output->size[2]);
            int64_t ow = ref_window_output(&horizontal, w, kw, grad_output->size[3]);
            int64_t position = kh * horizontal.kernel + kw;
            if (oh >= 0 && ow >= 0 && (int64_t)ref_load_4d(indices, n, c, oh, ow) == position)
                sum += ref_load_4d(grad_output, n, c, oh, ow);
        }
    return sum;
}

static void compute_max_pool2d_backward(const struct op_call *call)
{
    const struct tensor *grad_input = call->out[0];
    for (int64_t n = 0; n < grad_input->size[0]; n++)
        for (int64_t c = 0; c < grad_input->size[1]; c++)
            for (int64_t h = 0; h < grad_input->size[2]; h++)
                for (int64_t w = 0; w < grad_input->size[3]; w++)
                    ref_store_4d(grad_input, n, c, h, w, pooled_gradient(call, n, c, h, w));
}
REF_OP(max_pool2d_backward)

static void compute_mean(const struct op_call *call)
{
    const struct tensor *input = call->in[0];
    for (int64_t n = 0; n < input->size[0]; n++)
        for (int64_t c = 0; c < input->size[1]; c++) {
            double sum = 0;
            for (int64_t h = 0; h < input->size[2]; h++)
                for (int64_t w = 0; w < input->size[3]; w++)
                    sum += ref_load_4d(input, n, c, h, w);
            ref_store_4d(call->out[0], n, c, 0, 0, sum / (double)(input->size[2] * input->size[3]));
        }
}
REF_OP(mean)
