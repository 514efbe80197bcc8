/* Transposed convolution and its gradients, for convolution.c. */
#ifndef KERNELS_REF_TRANSPOSED_H
#define KERNELS_REF_TRANSPOSED_H

#include "kernels/op.h"

void ref_transposed_forward(const struct op_call *call);
void ref_transposed_backward(const struct op_call *call);

#endif
