/*
 * The vectorised kernels as a table, one table per instruction set. Rows stand in data.def (conversions, elementwise,
 * optimizers) and norm.def (normalisation, reductions, loss): VECTOR_KERNEL(name, arguments...), each with a comment
 * that gives shapes and units. All return void, run on the device's OpenMP threads, and need no alignment.
 *
 * To add one: a row in a .def, a function VECTOR_NAME(vector_<name>) in a file here.
 */
#ifndef KERNELS_CPU_VECTOR_VECTOR_H
#define KERNELS_CPU_VECTOR_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/cpu/vector/pointwise.h"
#include "kernels/cpu/vector/repack.h"
#include "kernels/cpu/vector/resample.h"
#include "kernels/op.h"

struct vector_kernels {
    const char *level; /* "avx512", "avx2", "sse4" */
#define VECTOR_KERNEL(name, ...) void (*name)(__VA_ARGS__);
#include "kernels/cpu/vector/data.def"
#include "kernels/cpu/vector/norm.def"
#undef VECTOR_KERNEL
};

extern const struct vector_kernels vector_kernels_v2, vector_kernels_v3, vector_kernels_v4;

#endif
