/* Mean over H,W with its gradient, and the sum over the rows of a matrix. */
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/planes.h"
#include "kernels/cpu/vector/rows.h"

/* Mean of image `n`, channels_last; `sum` and `zero` have one value per lane. */
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
        mean[c] = (float)(sum[c] / (double)pixels);
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
        dtype_store(call->out[0]->data, call->out[0]->dtype, i, (double)(float)(sum / (double)pixels));
    }
}

/* One pixel of image `n` is made in `pixel` (C floats) and then copied to all. */
static void image_mean_backward(const struct op_call *call, int64_t n, float *pixel)
{
    const struct tensor *dy = call->in[0], *dx = call->out[0];
    int64_t channels = dx->size[1], pixels = dx->size[2] * dx->size[3];
    size_t bytes = (size_t)channels * dtype_bytes(dx->dtype);
    char *to = (char *)dx->data + (size_t)(n * pixels) * bytes;
    floats_load(dy->dtype, dy->data, n * channels, channels, pixel);
    for (int64_t c = 0; c < channels; c++)
        pixel[c] /= (float)pixels;
    floats_store(dx->dtype, to, 0, channels, pixel);
    for (int64_t p = 1; p < pixels; p++)
        memcpy(to + (size_t)p * bytes, to, bytes);
}

void VECTOR_NAME(vector_mean_backward_rows)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *dx = call->out[0];
    int64_t lanes = norm_rows_make(dx->size[1], 0).lanes;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < dx->size[0]; n++)
        image_mean_backward(call, n, (float *)scratch + omp_get_thread_num() * lanes);
}

VECTOR_INLINE void fill_body(enum dtype dtype, void *to, int64_t at, int64_t count, float value)
{
    struct vpair x = {lanes_set(value), lanes_set(value)};
    int64_t i = 0;
    for (; i + PAIR_WIDTH <= count; i += PAIR_WIDTH)
        pair_store(dtype, to, at + i, x);
    if (i < count)
        pair_store_part(dtype, to, at + i, count - i, x);
}

void VECTOR_NAME(vector_mean_backward_planes)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *dy = call->in[0], *dx = call->out[0];
    int64_t pixels = dx->size[2] * dx->size[3], planes = dx->size[0] * dx->size[1];
    (void)scratch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < planes; i++) {
        float value = (float)dtype_load(dy->data, dy->dtype, i) / (float)pixels;
        VECTOR_FOR_DTYPE(dx->dtype, fill_body, dx->data, i * pixels, pixels, value);
    }
}

void VECTOR_NAME(vector_sum_rows)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *x = call->in[0], *y = call->out[0];
    struct norm_rows rows = norm_rows_make(x->size[1], x->size[0]);
    struct rows_part part = rows_part_of(&rows, 0, 1);
    double *sum = scratch;
    float *zero = (float *)(sum + rows.lanes);
    struct reduce_source source = {.x = x->data, .shift = zero};
    memset(sum, 0, (size_t)rows.lanes * sizeof *sum);
    memset(zero, 0, (size_t)rows.lanes * sizeof *zero);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int t = 0; t < threads; t++)
        VECTOR_NAME(rows_reduce)
        (x->dtype, REDUCE_SUM, &source, &part, norm_split(rows.lanes / 32, t, threads) * 32,
         norm_split(rows.lanes / 32, t + 1, threads) * 32, sum, NULL);
    for (int64_t lane = rows.channels; lane < rows.lanes; lane++)
        sum[lane % rows.channels] += sum[lane];
    for (int64_t c = 0; c < rows.channels; c++)
        zero[c] = (float)sum[c];
    floats_store(y->dtype, y->data, 0, rows.channels, zero);
}
