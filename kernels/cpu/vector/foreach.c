/* The norm, scaling and interpolation of flat float32 vectors, one pass each. Results don't depend on the number of threads. */
#include <math.h>

#include "kernels/cpu/vector/data_kernels.h"

#define BLOCK 16384 /* elements that one item of work has */
#define PARTS 512   /* partial sums of a norm: so many whatever the threads, added in their order */

/* Sixteen sums side by side, which a compiler makes vectors of. */
static double square_sum(const float *values, int64_t begin, int64_t end)
{
    double sum[16] = {0}, all = 0;
    int64_t i = begin;
    for (; i + 16 <= end; i += 16) {
        for (int lane = 0; lane < 16; lane++)
            sum[lane] += (double)values[i + lane] * values[i + lane];
    }
    for (; i < end; i++)
        all += (double)values[i] * values[i];
    for (int lane = 0; lane < 16; lane++)
        all += sum[lane];
    return all;
}

void VECTOR_NAME(vector_norm2)(const float *values, int64_t count, float *norm, int threads)
{
    double part[PARTS], all = 0;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int p = 0; p < PARTS; p++)
        part[p] = square_sum(values, count * p / PARTS, count * (p + 1) / PARTS);
    for (int p = 0; p < PARTS; p++)
        all += part[p];
    *norm = (float)sqrt(all);
}

void VECTOR_NAME(vector_scale)(float *values, int64_t count, float factor, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t block = 0; block < (count + BLOCK - 1) / BLOCK; block++) {
        int64_t end = (block + 1) * BLOCK < count ? (block + 1) * BLOCK : count;
        for (int64_t i = block * BLOCK; i < end; i++)
            values[i] *= factor;
    }
}

static void lerp_block(float *restrict average, const float *restrict values, int64_t begin, int64_t end, float from_average,
                       float from_value)
{
    /* at::native::lerp: the nearer end is the base, so that weights 0 and 1 are exact. */
    if (from_average < 0.5f) {
        for (int64_t i = begin; i < end; i++)
            average[i] = average[i] + from_average * (values[i] - average[i]);
    } else {
        for (int64_t i = begin; i < end; i++)
            average[i] = values[i] - (values[i] - average[i]) * from_value;
    }
}

void VECTOR_NAME(vector_lerp)(float *average, const float *values, int64_t count, double weight, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t block = 0; block < (count + BLOCK - 1) / BLOCK; block++) {
        int64_t end = (block + 1) * BLOCK < count ? (block + 1) * BLOCK : count;
        lerp_block(average, values, block * BLOCK, end, (float)weight, (float)(1 - weight));
    }
}
