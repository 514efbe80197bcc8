/* A bias per channel added to an image, and an image summed over all but its channels. Any strides; sums in double. */
#include "kernels/cpu/vector/data_kernels.h"

static char *at(const struct tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w)
{
    const int64_t *s = tensor->stride;
    return (char *)tensor->data + (n * s[0] + c * s[1] + h * s[2] + w * s[3]) * (int64_t)dtype_bytes(tensor->dtype);
}

/* The image as rows along its unit stride: channels of a pixel, or a row of one channel. */
VECTOR_INLINE void add_row(enum dtype dtype, char *row, int64_t count, const float *bias, float same)
{
    for (int64_t i = 0; i < count; i += VECTOR_WIDTH) {
        int part = count - i < VECTOR_WIDTH ? (int)(count - i) : VECTOR_WIDTH;
        vfloat b = bias ? vector_load_part(DTYPE_FLOAT32, bias, i, part) : vector_set(same);
        vector_store_part(dtype, row, i, part, vector_load_part(dtype, row, i, part) + b);
    }
}

/* Rounded to the image's dtype, as autocast does. */
static float bias_at(const struct tensor *bias, int64_t c, enum dtype dtype)
{
    uint64_t rounded;
    dtype_store(&rounded, dtype, 0, dtype_load(bias->data, bias->dtype, c * bias->stride[0]));
    return (float)dtype_load(&rounded, dtype, 0);
}

void VECTOR_NAME(vector_bias_add)(const struct tensor *bias, const struct tensor *image, int threads)
{
    const int64_t *size = image->size;
    bool pixels = image->stride[1] == 1;
    int64_t rows = size[0] * size[2] * (pixels ? size[3] : size[1]);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        if (pixels) {
            char *row = at(image, r / (size[2] * size[3]), 0, r / size[3] % size[2], r % size[3]);
            for (int64_t c = 0; c < size[1]; c += 64) {
                float part[64];
                int64_t count = size[1] - c < 64 ? size[1] - c : 64;
                for (int64_t i = 0; i < count; i++)
                    part[i] = bias_at(bias, c + i, image->dtype);
                VECTOR_FOR_DTYPE(image->dtype, add_row, row + c * (int64_t)dtype_bytes(image->dtype), count, part, 0);
            }
        } else {
            int64_t plane = r / size[2], c = plane % size[1];
            char *row = at(image, plane / size[1], c, r % size[2], 0);
            VECTOR_FOR_DTYPE(image->dtype, add_row, row, size[3], NULL, bias_at(bias, c, image->dtype));
        }
    }
}

/* Up to 16 channels from c on, over all pixels. */
VECTOR_INLINE void sum_pixels(enum dtype dtype, const struct tensor *image, int64_t c, int count, double *sum)
{
    const int64_t *size = image->size;
    for (int64_t n = 0; n < size[0]; n++)
        for (int64_t h = 0; h < size[2]; h++) {
            vfloat row = {0};
            for (int64_t w = 0; w < size[3]; w++)
                row += vector_load_part(dtype, at(image, n, c, h, w), 0, count);
            for (int i = 0; i < count; i++)
                sum[i] += row[i];
        }
}

VECTOR_INLINE void sum_plane(enum dtype dtype, const struct tensor *image, int64_t c, int count, double *sum)
{
    const int64_t *size = image->size;
    for (int k = 0; k < count; k++)
        for (int64_t n = 0; n < size[0]; n++)
            for (int64_t h = 0; h < size[2]; h++)
                for (int64_t w = 0; w < size[3]; w += VECTOR_WIDTH) {
                    int part = size[3] - w < VECTOR_WIDTH ? (int)(size[3] - w) : VECTOR_WIDTH;
                    sum[k] += vector_sum(vector_load_part(dtype, at(image, n, c + k, h, w), 0, part));
                }
}

void VECTOR_NAME(vector_bias_sum)(const struct tensor *image, const struct tensor *bias, int threads)
{
    int64_t channels = image->size[1], blocks = (channels + VECTOR_WIDTH - 1) / VECTOR_WIDTH;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t b = 0; b < blocks; b++) {
        double sum[VECTOR_WIDTH] = {0};
        int64_t c = b * VECTOR_WIDTH;
        int count = channels - c < VECTOR_WIDTH ? (int)(channels - c) : VECTOR_WIDTH;
        if (image->stride[1] == 1)
            VECTOR_FOR_DTYPE(image->dtype, sum_pixels, image, c, count, sum);
        else
            VECTOR_FOR_DTYPE(image->dtype, sum_plane, image, c, count, sum);
        for (int i = 0; i < count; i++)
            dtype_store(bias->data, bias->dtype, (c + i) * bias->stride[0], sum[i]);
    }
}
