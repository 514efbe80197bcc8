/* A matrix product on cuBLASLt, shared by addmm, mm and bmm. */
#ifndef KERNELS_CUDA_MATMUL_H
#define KERNELS_CUDA_MATMUL_H

#include "kernels/cuda/device.h"

/* All 2-D, or all 3-D with a leading batch (no bias then): output (M,N), dense, = a (M,K) x b (K,N) + bias (N, NULL = none). */
struct matmul {
    const struct tensor *a, *b, *bias, *output;
};

/*
 * Prepares the product, in the narrower of a's and b's dtypes with sums in float32; operands of another dtype, or without a
 * stride of 1, are copied first. The bias, rounded to a's dtype as autocast does, is added before the one rounding of the sum.
 */
enum status matmul_prepare(struct device *device, const struct op_call *call, const struct matmul *matmul,
                           struct op_prepared **out);

#endif
