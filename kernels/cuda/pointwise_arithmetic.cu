/* Arithmetic of two operands, broadcast. */
#include "kernels/cuda/pointwise.cuh"

POINTWISE_ARITHMETIC(POINTWISE_INSTANCES)
