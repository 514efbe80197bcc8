/* Layer normalisation: each row (the last dimensions, as many as the weight has) by its own statistics, and its gradients. */
#include <math.h>

#include "kernels/ref/ref.h"

static void normalize_row(const struct op_call *call, int64_t row, int64_t length)
{
    const struct tensor *input = call->in[0];
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < length; i++)
        sum += ref_load(input, row * length + i);
    double mean = sum / (double)length;
    for (int64_t i = 0; i < length; i++)
        squares += pow(ref_load(input, row * length + i) - mean, 2);
    double rstd = 1 / sqrt(squares / (double)length + call->attrs.norm.eps);
    for (int64_t i = 0; i < length; i++) {
        double normalized = (ref_load(input, row * length + i) - mean) * rstd;
        ref_store(call->out[0], row * length + i, normalized * ref_load(call->in[1], i) + ref_load(call->in[2], i));
    }
    ref_store(call->out[1], row, mean);
    ref_store(call->out[2], row, rstd);
}

static void compute_layer_norm(const struct op_call *call)
{
    int64_t length = tensor_count(call->in[1]);
    for (int64_t row = 0; row < tensor_count(call->in[0]) / length; row++)
        normalize_row(call, row, length);
}
REF_OP(layer_norm)

static double normalized_at(const struct op_call *call, int64_t row, int64_t at)
{
    return (ref_load(call->in[1], at) - ref_load(call->in[2], row)) * ref_load(call->in[3], row);
}

static void row_grad_input(const struct op_call *call, int64_t row, int64_t length)
{
    double sum = 0, dot = 0;
    for (int64_t i = 0; i < length; i++) {
        double gradient = ref_load(call->in[0], row * length + i) * ref_load(call->in[4], i);
        sum += gradient;
        dot += gradient * normalized_at(call, row, row * length + i);
    }
    for (int64_t i = 0; i < length; i++) {
        int64_t at = row * length + i;
        double gradient = ref_load(call->in[0], at) * ref_load(call->in[4], i);
        double centred = gradient - sum / (double)length - normalized_at(call, row, at) * dot / (double)length;
        ref_store(call->out[0], at, ref_load(call->in[3], row) * centred);
    }
}

static void element_grad_affine(const struct op_call *call, int64_t i, int64_t rows, int64_t length)
{
    double grad_weight = 0, grad_bias = 0;
    for (int64_t row = 0; row < rows; row++) {
        double gradient = ref_load(call->in[0], row * length + i);
        grad_weight += gradient * normalized_at(call, row, row * length + i);
        grad_bias += gradient;
    }
    ref_store(call->out[1], i, grad_weight);
    ref_store(call->out[2], i, grad_bias);
}

static void compute_layer_norm_backward(const struct op_call *call)
{
    int64_t length = tensor_count(call->in[4]), rows = tensor_count(call->in[0]) / length;
    for (int64_t row = 0; row < rows; row++)
        row_grad_input(call, row, length);
    for (int64_t i = 0; i < length; i++)
        element_grad_affine(call, i, rows, length);
}
REF_OP(layer_norm_backward)
