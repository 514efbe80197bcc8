/* Between steps.c and steps_convert.c only. */
#ifndef KERNELS_CPU_STEPS_INT_H
#define KERNELS_CPU_STEPS_INT_H

#include "kernels/cpu/steps.h"

/* Appends an empty step with its kernel's facts; the caller fills *out, its name first. */
enum status steps_append(struct steps *steps, const struct kernel_info *kernel, struct step **out);

#endif
