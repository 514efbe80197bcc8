/*
 * Backward: appends the gradient operators of a forward graph, last operator first, as PyTorch's engine runs them.
 * To give an operator a gradient: one function and one row in autograd.c.
 */
#ifndef TRAINER_AUTOGRAD_H
#define TRAINER_AUTOGRAD_H

#include "trainer/graph.h"

/*
 * Differentiates graph->loss (scaled by graph->loss_scale, a float32 scalar input value) with respect to every parameter:
 * fills value.gradient of parameters with values of kind VALUE_GRADIENT. A tensor used more than once has its gradients
 * summed by aten::add in the order in which they arrive.
 */
enum status autograd_backward(struct graph *graph);

#endif
