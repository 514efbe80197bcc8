/* A tensor: what it is (dtype, sizes, strides) and where it lies. The format follows from the strides. */
#ifndef KERNELS_TENSOR_H
#define KERNELS_TENSOR_H

#include <stddef.h>

#include "kernels/dtype.h"
#include "kernels/layout.h"

struct tensor {
    enum dtype dtype;
    int dims;                        /* 0 (a scalar) to TENSOR_MAX_DIMS */
    int64_t size[TENSOR_MAX_DIMS];   /* logical order: N, C, H, W */
    int64_t stride[TENSOR_MAX_DIMS]; /* in elements */
    void *data;                      /* device memory; borrowed; NULL until memory is planned */
};

/* A dense tensor description without memory. `format` as in layout_strides. */
struct tensor tensor_make(enum dtype dtype, int dims, const int64_t *size, enum memory_format format);
struct tensor tensor_make_4d(enum dtype dtype, int64_t n, int64_t c, int64_t h, int64_t w, enum memory_format format);

/* The same elements described with other strides or dtype; data is NULL. */
struct tensor tensor_with_format(const struct tensor *tensor, enum memory_format format);
struct tensor tensor_with_dtype(const struct tensor *tensor, enum dtype dtype);

/* Number of elements; 1 for a scalar. */
int64_t tensor_count(const struct tensor *tensor);

/* Bytes of the elements (count x element size); and the bytes spanned in memory, which is larger for strided views. */
int64_t tensor_bytes(const struct tensor *tensor);
int64_t tensor_span_bytes(const struct tensor *tensor);

/* Where element number `logical` in row-major order of the sizes lies, in elements from the first. */
int64_t tensor_offset(const struct tensor *tensor, int64_t logical);

/* layout_of() of the tensor. */
enum memory_format tensor_format(const struct tensor *tensor);

/* Equal sizes. */
bool tensor_same_shape(const struct tensor *a, const struct tensor *b);

/* Equal sizes and an equal order in memory (a difference in strides of size-1 dimensions does not count). */
bool tensor_same_layout(const struct tensor *a, const struct tensor *b);

#endif
