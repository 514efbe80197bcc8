/* Prototypes of this instruction set's kernels of norm.def. For the files that define them. */
#ifndef KERNELS_CPU_VECTOR_NORM_KERNELS_H
#define KERNELS_CPU_VECTOR_NORM_KERNELS_H

#include "kernels/cpu/vector/norm.h"
#include "kernels/cpu/vector/simd.h"
#include "kernels/op.h"

#define VECTOR_KERNEL(name, ...) void VECTOR_NAME(vector_##name)(__VA_ARGS__);
#include "kernels/cpu/vector/norm.def"
#undef VECTOR_KERNEL

#endif
