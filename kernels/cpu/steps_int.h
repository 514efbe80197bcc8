/* Between the files of steps (steps*.c, blocked.c) only. */
#ifndef KERNELS_CPU_STEPS_INT_H
#define KERNELS_CPU_STEPS_INT_H

#include "kernels/cpu/steps.h"

/* Appends an empty step with its kernel's facts; the caller fills *out, its name first. */
enum status steps_append(struct steps *steps, const struct kernel_info *kernel, struct step **out);

/* Describes source -> dest for the vector kernel repack_weight; false where it is not of the kind that has one. */
bool steps_plan_repack(const_dnnl_memory_desc_t source, const_dnnl_memory_desc_t dest, struct repack *plan);

/* Adds plain -> opaque (inward) or opaque -> plain of an activation, and its conversion (cause `library`). */
enum status steps_add_activation(struct steps *steps, const struct plain *plain, const struct opaque *opaque, bool inward);

#endif
