/* The table of one instruction set, filled from the lists. */
#include "kernels/cpu/vector/simd.h"
#include "kernels/cpu/vector/vector.h"

#define VECTOR_KERNEL(name, ...) void VECTOR_NAME(vector_##name)(__VA_ARGS__);
#include "kernels/cpu/vector/data.def"
#include "kernels/cpu/vector/norm.def"
#undef VECTOR_KERNEL

#if defined(__AVX512F__)
#define LEVEL "avx512"
#elif defined(__AVX2__)
#define LEVEL "avx2"
#else
#define LEVEL "sse4"
#endif

const struct vector_kernels VECTOR_NAME(vector_kernels) = {
    LEVEL,
#define VECTOR_KERNEL(name, ...) VECTOR_NAME(vector_##name),
#include "kernels/cpu/vector/data.def"
#include "kernels/cpu/vector/norm.def"
#undef VECTOR_KERNEL
};
