/* Between steps.c, steps_convert.c and steps_repack.c only. */
#ifndef KERNELS_CPU_STEPS_INT_H
#define KERNELS_CPU_STEPS_INT_H

#include "kernels/cpu/steps.h"

/* Appends an empty step with its kernel's facts; the caller fills *out, its name first. */
enum status steps_append(struct steps *steps, const struct kernel_info *kernel, struct step **out);

/* Describes source -> dest for the vector kernel repack_weight; false where it is not of the kind that has one. */
bool steps_plan_repack(const_dnnl_memory_desc_t source, const_dnnl_memory_desc_t dest, struct repack *plan);

#endif
