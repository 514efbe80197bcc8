/*
 * TensorIterator: which strides PyTorch gives the output of an operator that works element by element over operands of
 * any layouts, broadcasting included. Source of the rules: aten/src/ATen/TensorIterator.cpp (fast_set_up,
 * reorder_dimensions, allocate_or_resize_outputs).
 */
#ifndef KERNELS_ITERATOR_H
#define KERNELS_ITERATOR_H

#include "kernels/tensor.h"

/*
 * Sets output->stride from the strides of `count` inputs (NULLs are skipped); output->dims and size are the broadcast
 * shape. Operands of one shape: all contiguous gives contiguous, all channels_last gives channels_last, all dense with
 * equal strides gives those. Otherwise dimensions are sorted by the operands' strides, the first operand that has an order
 * deciding, and the output is dense in that order.
 */
void iterator_strides(const struct tensor *const *input, int count, struct tensor *output);

#endif
