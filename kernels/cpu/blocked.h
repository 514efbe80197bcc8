/* Activations in layouts of oneDNN's own, and the convolutions that use them (conv_blocked.c). */
#ifndef KERNELS_CPU_BLOCKED_H
#define KERNELS_CPU_BLOCKED_H

#include "kernels/cpu/steps.h"

/* Where a primitive that wants the tensor as `wanted` finds it: itself, or a temporary that an added reorder fills (cause `library`). */
enum status blocked_bring(struct steps *steps, const struct tensor *tensor, const_dnnl_memory_desc_t wanted,
                          struct place *place);

/*
 * The other direction: target->desc is given, target->place becomes where to write; blocked_deliver, called after the step that
 * writes it was added, adds the reorder back to the tensor when they differ.
 */
enum status blocked_target(struct steps *steps, const struct tensor *tensor, struct opaque *target);
enum status blocked_deliver(struct steps *steps, const struct opaque *target, const struct tensor *tensor);

/* aten::convolution and its backward. */
extern const struct op_impl cpu_blocked_convolution;

#endif
