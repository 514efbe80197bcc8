/* log_softmax over dimension 1 of (N,M), the mean negative log likelihood with label smoothing, and their gradients. */
#include <math.h>

#include "kernels/ref/ref.h"

/* log(sum(exp(row))), with the row's maximum taken out so that exp can't overflow. */
static double log_sum_exp(const struct tensor *input, int64_t row)
{
    double maximum = -INFINITY, sum = 0;
    for (int64_t m = 0; m < input->size[1]; m++)
        maximum = fmax(maximum, ref_load_2d(input, row, m));
    for (int64_t m = 0; m < input->size[1]; m++)
        sum += exp(ref_load_2d(input, row, m) - maximum);
    return maximum + log(sum);
}

static void compute_log_softmax(const struct op_call *call)
{
    const struct tensor *input = call->in[0];
    for (int64_t n = 0; n < input->size[0]; n++) {
        double total = log_sum_exp(input, n);
        for (int64_t m = 0; m < input->size[1]; m++)
            ref_store_2d(call->out[0], n, m, ref_load_2d(input, n, m) - total);
    }
}
REF_OP(log_softmax)

static void compute_log_softmax_backward(const struct op_call *call)
{
    const struct tensor *grad_output = call->in[0], *output = call->in[1];
    for (int64_t n = 0; n < output->size[0]; n++) {
        double sum = 0;
        for (int64_t m = 0; m < output->size[1]; m++)
            sum += ref_load_2d(grad_output, n, m);
        for (int64_t m = 0; m < output->size[1]; m++) {
            double probability = exp(ref_load_2d(output, n, m));
            ref_store_2d(call->out[0], n, m, ref_load_2d(grad_output, n, m) - probability * sum);
        }
    }
}
REF_OP(log_softmax_backward)

/* The share of -log p(class m) in the loss of a sample. */
static double class_share(double smoothing, int64_t target, int64_t m, int64_t classes)
{
    return (m == target ? 1 - smoothing : 0) + smoothing / (double)classes;
}

static void compute_nll_loss(const struct op_call *call)
{
    const struct tensor *log_probabilities = call->in[0];
    int64_t batch = log_probabilities->size[0], classes = log_probabilities->size[1];
    double sum = 0;
    for (int64_t n = 0; n < batch; n++) {
        int64_t target = (int64_t)ref_load(call->in[1], n);
        for (int64_t m = 0; m < classes; m++)
            sum -= class_share(call->attrs.loss.label_smoothing, target, m, classes) *
                   ref_load_2d(log_probabilities, n, m);
    }
    ref_store(call->out[0], 0, sum / (double)batch);
}
REF_OP(nll_loss)

static void compute_nll_loss_backward(const struct op_call *call)
{
    int64_t batch = call->out[0]->size[0], classes = call->out[0]->size[1];
    double grad_output = ref_load(call->in[0], 0);
    for (int64_t n = 0; n < batch; n++) {
        int64_t target = (int64_t)ref_load(call->in[2], n);
        for (int64_t m = 0; m < classes; m++) {
            double share = class_share(call->attrs.loss.label_smoothing, target, m, classes);
            ref_store_2d(call->out[0], n, m, -grad_output * share / (double)batch);
        }
    }
}
REF_OP(nll_loss_backward)
