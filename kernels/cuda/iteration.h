/*
 * Walking over tensors of any strides: an element number becomes an offset in each operand. Planned on the host, passed by
 * value to kernels (iteration.cuh has the device's side).
 */
#ifndef KERNELS_CUDA_ITERATION_H
#define KERNELS_CUDA_ITERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ITERATION_MAX_OPERANDS 4

/*
 * n / divisor for 0 <= n < 2^31 as a multiplication and a shift (Granlund, Montgomery 1994: with 2^shift >= divisor and
 * multiplier = 2^32 (2^shift - divisor) / divisor + 1 the quotient is exact). Multiplier 0 = divide plainly.
 */
struct fast_divisor {
    int64_t divisor;
    uint32_t multiplier, shift;
};

/* `most`: the largest number that will be divided. */
struct fast_divisor fast_divisor_make(int64_t divisor, int64_t most);

/*
 * Dimensions from the fastest to the slowest in operand 0's memory, those of size 1 left out and those that lie one behind
 * the other in every operand joined. Strides in elements; 0 = repeated.
 */
struct iteration {
    int dims; /* 0: one element */
    int64_t count;
    struct fast_divisor size[TENSOR_MAX_DIMS];
    int64_t stride[ITERATION_MAX_OPERANDS][TENSOR_MAX_DIMS];
};

/* Tensors of one shape (operands may be broadcast_to it); absent ones are NULL and have strides of 0. */
void iteration_init(struct iteration *self, const struct tensor *const *operand, int operands);

/*
 * Counts vectors of `width` elements along the fastest dimension instead of elements. False, and nothing done, unless every
 * operand lies there one by one or is repeated, and width divides the size and all strides of those that lie one by one.
 * A single dimension need not divide: what remains is *tail elements behind the last vector.
 */
bool iteration_vectorize(struct iteration *self, int operands, int width, int64_t *tail);

#ifdef __cplusplus
}
#endif

#endif
