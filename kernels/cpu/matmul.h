/* A matrix product on oneDNN's matmul, shared by addmm, mm and bmm. */
#ifndef KERNELS_CPU_MATMUL_H
#define KERNELS_CPU_MATMUL_H

#include "kernels/cpu/steps.h"

/* All 3-D with a leading batch (no bias then), or all 2-D: output (M,N) = a (M,K) x b (K,N) + bias (N, NULL = none). Strides say transposes; dtypes may differ. */
struct matmul {
    const struct tensor *a, *b, *bias, *output;
};

/*
 * Prepares the product. It is computed in the narrower of a's and b's dtypes where oneDNN computes in that at full
 * speed, else in float32; operands of another dtype are cast first and the result, accumulated in float32, is rounded
 * once.
 */
enum status matmul_prepare(struct device *device, const struct op_call *call, const struct matmul *matmul,
                           struct op_prepared **out);

#endif
