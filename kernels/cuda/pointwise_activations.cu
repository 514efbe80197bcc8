/* Activations of one operand, and arithmetic with a number. */
#include "kernels/cuda/pointwise.cuh"

POINTWISE_ACTIVATIONS(POINTWISE_INSTANCES)
