/* Tensor descriptions. */
#include "kernels/tensor.h"

#include <assert.h>

struct tensor tensor_make(enum dtype dtype, int dims, const int64_t *size, enum memory_format format)
{
    struct tensor tensor = {.dtype = dtype, .dims = dims};
    assert(dims >= 0 && dims <= TENSOR_MAX_DIMS);
    if (dims > 0)
        memcpy(tensor.size, size, (size_t)dims * sizeof *size);
    layout_strides(format, dims, tensor.size, tensor.stride);
    return tensor;
}

struct tensor tensor_make_4d(enum dtype dtype, int64_t n, int64_t c, int64_t h, int64_t w, enum memory_format format)
{
    return tensor_make(dtype, 4, (int64_t[]){n, c, h, w}, format);
}

struct tensor tensor_with_format(const struct tensor *tensor, enum memory_format format)
{
    return tensor_make(tensor->dtype, tensor->dims, tensor->size, format);
}

struct tensor tensor_with_dtype(const struct tensor *tensor, enum dtype dtype)
{
    struct tensor copy = *tensor;
    copy.dtype = dtype;
    copy.data = NULL;
    return copy;
}

int64_t tensor_count(const struct tensor *tensor)
{
    int64_t count = 1;
    for (int d = 0; d < tensor->dims; d++)
        count *= tensor->size[d];
    return count;
}

int64_t tensor_bytes(const struct tensor *tensor)
{
    return tensor_count(tensor) * (int64_t)dtype_bytes(tensor->dtype);
}

int64_t tensor_span_bytes(const struct tensor *tensor)
{
    int64_t last = 0;
    for (int d = 0; d < tensor->dims; d++) {
        if (tensor->size[d] == 0)
            return 0;
        last += (tensor->size[d] - 1) * tensor->stride[d];
    }
    return (last + 1) * (int64_t)dtype_bytes(tensor->dtype);
}

int64_t tensor_offset(const struct tensor *tensor, int64_t logical)
{
    int64_t offset = 0;
    for (int d = tensor->dims - 1; d >= 0; d--) {
        offset += logical % tensor->size[d] * tensor->stride[d];
        logical /= tensor->size[d];
    }
    return offset;
}

enum memory_format tensor_format(const struct tensor *tensor)
{
    return layout_of(tensor->dims, tensor->size, tensor->stride);
}

bool tensor_same_shape(const struct tensor *a, const struct tensor *b)
{
    if (a->dims != b->dims)
        return false;
    for (int d = 0; d < a->dims; d++)
        if (a->size[d] != b->size[d])
            return false;
    return true;
}

bool tensor_same_layout(const struct tensor *a, const struct tensor *b)
{
    if (!tensor_same_shape(a, b))
        return false;
    for (int d = 0; d < a->dims; d++)
        if (a->size[d] != 1 && a->stride[d] != b->stride[d])
            return false;
    return true;
}
