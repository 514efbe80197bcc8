/* Mean and sum over H,W of dense images. */
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/planes.h"
#include "kernels/cpu/vector/rows.h"

/* What the sum over an image is divided by. */
static double divisor_of(const struct op_call *call, int64_t pixels)
{
    return call->op == OP_MEAN ? (double)pixels : 1;
}

/* Mean or sum of image `n`, channels_last; `sum` and `zero` have one value per lane. */
static void image_mean(const struct op_call *call, int64_t n, double *sum, float *zero)
{
    const struct tensor *x = call->in[0];
    int64_t channels = x->size[1], pixels = x->size[2] * x->size[3];
    struct norm_rows rows = norm_rows_make(channels, pixels);
    struct rows_part part = rows_part_of(&rows, 0, 1);
    struct reduce_source source = {.x = (const char *)x->data + (size_t)(n * channels * pixels) * dtype_bytes(x->dtype),
                                   .shift = zero};
    float *mean = zero + rows.lanes;
    memset(sum, 0, (size_t)rows.lanes * sizeof *sum);
    memset(zero, 0, (size_t)rows.lanes * sizeof *zero);
    VECTOR_NAME(rows_reduce)(x->dtype, REDUCE_SUM, &source, &part, 0, rows.lanes, sum, NULL);
    for (int64_t lane = channels; lane < rows.lanes; lane++)
        sum[lane % channels] += sum[lane];
    for (int64_t c = 0; c < channels; c++)
        mean[c] = (float)(sum[c] / divisor_of(call, pixels));
    floats_store(call->out[0]->dtype, call->out[0]->data, n * channels, channels, mean);
}

void VECTOR_NAME(vector_mean_rows)(const struct op_call *call, void *scratch, int threads)
{
    int64_t lanes = norm_rows_make(call->in[0]->size[1], 0).lanes;
    double *sums = scratch;
    float *floats = (float *)(sums + threads * lanes);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < call->in[0]->size[0]; n++)
        image_mean(call, n, sums + omp_get_thread_num() * lanes, floats + omp_get_thread_num() * 2 * lanes);
}

void VECTOR_NAME(vector_mean_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *x = call->in[0];
    int64_t pixels = x->size[2] * x->size[3], planes = x->size[0] * x->size[1];
    (void)scratch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < planes; i++) {
        struct planes plane = {i * pixels, pixels, 0, 1};
        struct planes_source source = {.x = x->data};
        double sum = 0;
        VECTOR_NAME(planes_reduce)(x->dtype, REDUCE_SUM, &source, &plane, &sum, NULL);
        dtype_store(call->out[0]->data, call->out[0]->dtype, i, (double)(float)(sum / divisor_of(call, pixels)));
    }
}
