/* Operators that look at one element of each operand at a time: the list of functions and the arguments of their kernels. */
#ifndef KERNELS_CUDA_POINTWISE_KERNEL_H
#define KERNELS_CUDA_POINTWISE_KERNEL_H

#include "kernels/cuda/iteration.h"
#include "kernels/cuda/grid.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * FUNCTION(name, inputs): the functor is of that name in pointwise_functions.cuh. `scalar` in the comments: pointwise_args's.
 */
#define POINTWISE_ACTIVATIONS(FUNCTION)                                                    \
    FUNCTION(clamp, 1)              /* between scalar[0] and scalar[1] */                  \
    FUNCTION(gelu, 1)                                                                      \
    FUNCTION(sigmoid, 1)                                                                   \
    FUNCTION(silu, 1)                                                                      \
    FUNCTION(hardswish, 1)                                                                 \
    FUNCTION(hardsigmoid, 1)                                                               \
    FUNCTION(neg, 1)                                                                       \
    FUNCTION(pow_scalar, 1)                                                                \
    FUNCTION(add_scalar, 1)                                                                \
    FUNCTION(mul_scalar, 1)                                                                \
    FUNCTION(div_scalar, 1)
#define POINTWISE_GRADIENTS(FUNCTION)                                                      \
    FUNCTION(clamp_backward, 2)     /* grad_output, result; no bound: scalar[1] NaN */     \
    FUNCTION(clamp_backward_add, 3) /* the same, an addend to grad_output */               \
    FUNCTION(gelu_backward, 2)                                                             \
    FUNCTION(sigmoid_backward, 2)                                                          \
    FUNCTION(silu_backward, 2)                                                             \
    FUNCTION(hardswish_backward, 2)                                                        \
    FUNCTION(hardsigmoid_backward, 2)                                                      \
    FUNCTION(masked_scale, 2)       /* gradient, mask: times scalar[0] where mask is set */
#define POINTWISE_ARITHMETIC(FUNCTION)                                                     \
    FUNCTION(add, 2)                /* a + scalar[0] b; scalar[1]: then relu */            \
    FUNCTION(mul, 2)                                                                       \
    FUNCTION(div, 2)
#define POINTWISE_FUNCTIONS(FUNCTION) \
    POINTWISE_ACTIVATIONS(FUNCTION) POINTWISE_GRADIENTS(FUNCTION) POINTWISE_ARITHMETIC(FUNCTION)

enum pointwise {
#define FUNCTION(name, inputs) POINTWISE_##name,
    POINTWISE_FUNCTIONS(FUNCTION)
#undef FUNCTION
    POINTWISE_COUNT
};

/* Operand 0 is the output. width > 1: all of output's dtype, by vectors. */
struct pointwise_args {
    void *output;
    const void *input[3];
    int output_dtype, input_dtype[3];
    float scalar[2];
    int width;
    int64_t tail;
    struct iteration walk;
};

typedef cudaError_t pointwise_launch(const struct launch_on *on, const struct pointwise_args *args);

/* cuda_launch_<name> of each function. */
#define FUNCTION(name, inputs) pointwise_launch cuda_launch_##name;
POINTWISE_FUNCTIONS(FUNCTION)
#undef FUNCTION

#ifdef __cplusplus
}
#endif

#endif
