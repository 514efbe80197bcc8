/* Prototypes of this instruction set's kernels of data.def. For the files that define them. */
#ifndef KERNELS_CPU_VECTOR_DATA_KERNELS_H
#define KERNELS_CPU_VECTOR_DATA_KERNELS_H

#include <stdbool.h>

#include "kernels/cpu/vector/pointwise.h"
#include "kernels/cpu/vector/repack.h"
#include "kernels/cpu/vector/resample.h"
#include "kernels/cpu/vector/simd.h"
#include "kernels/op.h"

#define VECTOR_KERNEL(name, ...) void VECTOR_NAME(vector_##name)(__VA_ARGS__);
#include "kernels/cpu/vector/data.def"
#undef VECTOR_KERNEL

#endif
