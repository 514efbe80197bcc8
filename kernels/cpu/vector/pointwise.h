/*
 * The functions of one or two operands that one kernel runs: POINTWISE(name, operands). To add one: a row here, a function
 * <name>_lanes in pointwise.c.
 */
#ifndef KERNELS_CPU_VECTOR_POINTWISE_H
#define KERNELS_CPU_VECTOR_POINTWISE_H

#define POINTWISES(POINTWISE)          \
    POINTWISE(mul, 2)                  \
    POINTWISE(mul_scalar, 1)           \
    POINTWISE(div, 2)                  \
    POINTWISE(div_scalar, 1)           \
    POINTWISE(sigmoid, 1)              \
    POINTWISE(sigmoid_backward, 2)     \
    POINTWISE(silu, 1)                 \
    POINTWISE(silu_backward, 2)        \
    POINTWISE(hardsigmoid, 1)          \
    POINTWISE(hardsigmoid_backward, 2) \
    POINTWISE(hardswish, 1)            \
    POINTWISE(hardswish_backward, 2)

enum pointwise {
#define POINTWISE(name, operands) POINTWISE_##name,
    POINTWISES(POINTWISE)
#undef POINTWISE
};

#endif
