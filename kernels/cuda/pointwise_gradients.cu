/* Gradients of activations, and of dropout. */
#include "kernels/cuda/pointwise.cuh"

POINTWISE_GRADIENTS(POINTWISE_INSTANCES)
