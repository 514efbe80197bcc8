/* Sums over dimensions: arguments of their kernels. */
#ifndef KERNELS_CUDA_REDUCE_KERNEL_H
#define KERNELS_CUDA_REDUCE_KERNEL_H

#include "kernels/cuda/grid.h"
#include "kernels/cuda/iteration.h"

#ifdef __cplusplus
extern "C" {
#endif

#define REDUCE_BLOCK 256

/*
 * output = scale * sum. Every element of `kept` (operands output, input) is one sum over `reduced` (operand 0: input).
 * inner: a sum is a warp's or a block's, whose threads go along `reduced`, `width` elements each. Otherwise a block has `width`
 * times 32 sums side by side, 8 threads each, and the parts [splits][sums] of `splits` blocks are summed by another kernel.
 */
struct reduce_args {
    const void *input;
    void *output;
    float *part;
    int input_dtype, output_dtype;
    bool inner;
    int width, lanes; /* inner: lanes of a sum, 32 or REDUCE_BLOCK */
    float scale;
    int64_t splits, chunk;
    struct iteration kept, reduced;
};

cudaError_t cuda_launch_reduce(const struct launch_on *on, const struct reduce_args *args);

#ifdef __cplusplus
}
#endif

#endif
