/*
 * Dropout. The random number of an element goes by its logical index, so rows are walked in logical order and elements
 * reached through strides; the classifier heads that use it are small.
 */
#include "base/random.h"
#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/natural.h"
#include "kernels/tensor.h"

static float kept_scale(double p)
{
    return p < 1 ? (float)(1 / (1 - p)) : 0;
}

/* Elements along the last dimension, of which a tensor without dimensions has one. */
static int64_t row_length(const struct tensor *tensor)
{
    return tensor->dims ? tensor->size[tensor->dims - 1] : 1;
}

static int64_t row_stride(const struct tensor *tensor)
{
    return tensor->dims ? tensor->stride[tensor->dims - 1] : 0;
}

/* Where row `row` of the logical order starts. */
static int64_t row_offset(const struct tensor *tensor, int64_t row)
{
    int64_t offset = 0;
    for (int d = tensor->dims - 2; d >= 0; d--) {
        offset += row % tensor->size[d] * tensor->stride[d];
        row /= tensor->size[d];
    }
    return offset;
}

/* One row: the mask is drawn when `key` is given, else read. */
VECTOR_INLINE void scale_row(enum dtype dtype, const struct tensor *from, const struct tensor *to,
                             const struct tensor *mask, int64_t row, float scale, double p, const uint64_t *key,
                             uint64_t first)
{
    int64_t length = row_length(from), from_at = row_offset(from, row), to_at = row_offset(to, row);
    uint8_t *kept = (uint8_t *)mask->data + row_offset(mask, row);
    for (int64_t i = 0; i < length; i++) {
        uint8_t *keep = kept + i * row_stride(mask);
        if (key)
            *keep = random_uniform(*key, first + (uint64_t)(row * length + i)) >= p;
        float x = natural_load_one(dtype, from->data, from_at + i * row_stride(from));
        natural_store_one(dtype, to->data, to_at + i * row_stride(to), *keep ? x * scale : 0);
    }
}

static void scale_rows(const struct tensor *from, const struct tensor *to, const struct tensor *mask, double p,
                       const uint64_t *key, uint64_t first, int threads)
{
    int64_t count = tensor_count(from), rows = count ? count / row_length(from) : 0;
    float scale = kept_scale(p);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t row = 0; row < rows; row++)
        VECTOR_FOR_DTYPE(from->dtype, scale_row, from, to, mask, row, scale, p, key, first);
}

void VECTOR_NAME(vector_dropout)(const struct tensor *input, const struct tensor *output, const struct tensor *mask,
                                 double p, uint64_t key, uint64_t first, int threads)
{
    scale_rows(input, output, mask, p, &key, first, threads);
}

void VECTOR_NAME(vector_dropout_backward)(const struct tensor *grad_output, const struct tensor *mask,
                                          const struct tensor *grad_input, double p, int threads)
{
    scale_rows(grad_output, grad_input, mask, p, NULL, 0, threads);
}
