/*
 * Memory formats, decided from sizes and strides only, as PyTorch does (c10/core/MemoryFormat.h); never from a label.
 * Sizes and strides are in elements, logical order N,C,H,W whatever the memory order.
 */
#ifndef KERNELS_LAYOUT_H
#define KERNELS_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define TENSOR_MAX_DIMS 6

enum memory_format {
    FORMAT_CONTIGUOUS,    /* 4-D: strides (CHW, HW, W, 1); other ranks: row-major */
    FORMAT_CHANNELS_LAST, /* 4-D only: strides (HWC, 1, WC, C) */
    FORMAT_EITHER,        /* both hold: C == 1 or H == W == 1 */
    FORMAT_BLOCKED,       /* an opaque library format; strides carry no meaning */
    FORMAT_STRIDED,       /* anything else */
    FORMAT_COUNT
};

/* "contiguous", "channels_last", "either", "blocked", "strided". */
const char *layout_name(enum memory_format format);

/* The format of a dense tensor; strides of size-1 dimensions are ignored. Never FORMAT_BLOCKED. Zero-size: contiguous. */
enum memory_format layout_of(int dims, const int64_t *size, const int64_t *stride);

/* True when the elements fill their memory without gaps or overlap, in any order of dimensions. */
bool layout_is_dense(int dims, const int64_t *size, const int64_t *stride);

/* Writes the strides of a dense tensor. `format` is contiguous or channels_last (which needs dims == 4, else row-major). */
void layout_strides(enum memory_format format, int dims, const int64_t *size, int64_t *stride);

/*
 * PyTorch's suggest_memory_format(): channels_last or contiguous, from strides alone, where strides of size-1 dimensions
 * count and density does not. It decides format propagation in convolution and cat; ties go to contiguous.
 */
enum memory_format layout_suggest(int dims, const int64_t *size, const int64_t *stride);

#endif
