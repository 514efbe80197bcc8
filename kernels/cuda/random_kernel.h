/* Counted random numbers on the device: dropout and Bernoulli numbers, the same as the CPU's (base/random.h). */
#ifndef KERNELS_CUDA_RANDOM_KERNEL_H
#define KERNELS_CUDA_RANDOM_KERNEL_H

#include "kernels/cuda/grid.h"
#include "kernels/cuda/iteration.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Operands of the walk: output, input, mask, and the element's number in logical order (as if it were an offset). Kept are
 * elements whose uniform number is at least p, which is to say whose 24 bits are at least `threshold`.
 */
struct dropout_args {
    void *output;
    const void *input;     /* NULL: Bernoulli numbers, 1 where kept */
    unsigned char *mask;   /* NULL: none */
    const int64_t *counter; /* times the count: where this step's numbers begin */
    int dtype;             /* of the output; the input's is input_dtype */
    int input_dtype;
    uint64_t key;
    uint32_t threshold;
    float scale;
    struct iteration walk;
};

cudaError_t cuda_launch_dropout(const struct launch_on *on, const struct dropout_args *args);

#ifdef __cplusplus
}
#endif

#endif
