/*
 * The mean negative log likelihood with label smoothing e, as torch's cross_entropy:
 * (1 - e) mean(-log p[target]) + e mean(-log p). A target outside the classes makes the loss and its row's gradient
 * NaN.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/pair.h"

static double sample_loss(const struct op_call *call, int64_t n, float *row)
{
    const struct tensor *log_p = call->in[0];
    int64_t classes = log_p->size[1], target = ((const int64_t *)call->in[1]->data)[n];
    double smoothing = call->attrs.loss.label_smoothing;
    if (target < 0 || target >= classes)
        return NAN;
    double loss = -(1 - smoothing) * dtype_load(log_p->data, log_p->dtype, n * classes + target);
    if (smoothing > 0) {
        floats_load(log_p->dtype, log_p->data, n * classes, classes, row);
        loss -= smoothing * floats_sum(row, classes) / (double)classes;
    }
    return loss;
}

void VECTOR_NAME(vector_nll_loss)(const struct op_call *call, void *scratch, int threads)
{
    int64_t batch = call->in[0]->size[0];
    double sum = 0;
    (void)threads; /* a batch is a few thousand elements: less than waking a thread costs */
    for (int64_t n = 0; n < batch; n++)
        sum += sample_loss(call, n, scratch);
    dtype_store(call->out[0]->data, call->out[0]->dtype, 0, (double)(float)(sum / (double)batch));
}

void VECTOR_NAME(vector_nll_loss_backward)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *dx = call->out[0];
    int64_t batch = dx->size[0], classes = dx->size[1], room = (classes + 15) / 16 * 16;
    double smoothing = call->attrs.loss.label_smoothing;
    double each = -dtype_load(call->in[0]->data, call->in[0]->dtype, 0) / (double)batch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < batch; n++) {
        float *row = (float *)scratch + 2 * omp_get_thread_num() * room;
        int64_t target = ((const int64_t *)call->in[2]->data)[n];
        bool valid = target >= 0 && target < classes;
        float share = valid ? (float)(each * smoothing / (double)classes) : NAN;
        for (int64_t m = 0; m < classes; m++)
            row[m] = share;
        if (valid)
            row[target] = (float)(each * (1 - smoothing + smoothing / (double)classes));
        floats_store(dx->dtype, dx->data, n * classes, classes, row);
    }
}
