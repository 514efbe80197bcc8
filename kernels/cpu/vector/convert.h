/*
 * What the files of the layout conversion share. Every copy is brought to one canonical shape: dimensions of size 1
 * dropped, sorted by the destination's strides, neighbours merged where both sides allow it. What is left is a list of
 * rows (both sides run along the same dimension), a list of matrix transpositions, or neither.
 */
#ifndef KERNELS_CPU_VECTOR_CONVERT_H
#define KERNELS_CPU_VECTOR_CONVERT_H

#include "kernels/cpu/vector/stream.h"
#include "kernels/tensor.h"

/* The canonical copy; strides in bytes, largest destination stride first. */
struct copy_plan {
    const char *from;
    char *to;
    enum dtype from_dtype, to_dtype;
    int dims; /* at least 1 */
    int64_t size[TENSOR_MAX_DIMS], from_stride[TENSOR_MAX_DIMS], to_stride[TENSOR_MAX_DIMS];
    bool stream; /* the output is large: store past the caches */
};

/* `count` matrices of rows x columns elements: from is contiguous along columns, to along rows. */
struct transpose_plan {
    struct copy_plan outer;      /* the dimensions that tell the matrices apart; dims may be 0 */
    int64_t count;
    int64_t rows, columns;
    int64_t from_pitch, to_pitch; /* bytes from row to row of from, from column to column of to */
};

/* Offsets of combination `index` of a plan's first `dims` dimensions (the last of them runs fastest). */
VECTOR_INLINE void copy_plan_offsets(const struct copy_plan *plan, int dims, int64_t index, int64_t *from, int64_t *to)
{
    *from = *to = 0;
    for (int d = dims - 1; d >= 0; d--) {
        int64_t i = index % plan->size[d];
        index /= plan->size[d];
        *from += i * plan->from_stride[d];
        *to += i * plan->to_stride[d];
    }
}

/* count elements, contiguous on both sides; equal dtypes bit for bit. */
void VECTOR_NAME(convert_row)(char *to, enum dtype to_dtype, const char *from, enum dtype from_dtype, int64_t count);

void VECTOR_NAME(convert_transpose)(const struct transpose_plan *plan, int threads);

#endif
