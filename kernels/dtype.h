/* Element types, under PyTorch's names, and scalar conversion between them. */
#ifndef KERNELS_DTYPE_H
#define KERNELS_DTYPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum dtype { DTYPE_FLOAT32, DTYPE_BFLOAT16, DTYPE_FLOAT16, DTYPE_FLOAT64, DTYPE_INT64, DTYPE_UINT8, DTYPE_COUNT };

/* "float32", "bfloat16", ...; the names that traces carry. */
const char *dtype_name(enum dtype dtype);

/* Bytes of one element. */
size_t dtype_bytes(enum dtype dtype);

/* Round to nearest even, as PyTorch and the hardware do; NaN stays NaN. IEEE 754 binary16 and bfloat16. */
uint16_t dtype_bfloat16_from_float(float value);
uint16_t dtype_float16_from_float(float value);
float dtype_float_from_float16(uint16_t bits);

static inline float dtype_float_from_bfloat16(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* Element `index` of an array of any dtype as double, and back (rounding as above; integers truncate). */
double dtype_load(const void *data, enum dtype dtype, int64_t index);
void dtype_store(void *data, enum dtype dtype, int64_t index, double value);

#endif
