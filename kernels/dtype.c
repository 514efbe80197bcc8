/* Element types: names, sizes, and scalar conversion in integer arithmetic, so that rounding is the same everywhere. */
#include "kernels/dtype.h"

#include <assert.h>
#include <math.h>

struct dtype_row {
    const char *name;
    size_t bytes;
};

static const struct dtype_row dtype_rows[DTYPE_COUNT] = {
    [DTYPE_FLOAT32] = {"float32", 4}, [DTYPE_BFLOAT16] = {"bfloat16", 2}, [DTYPE_FLOAT16] = {"float16", 2},
    [DTYPE_FLOAT64] = {"float64", 8}, [DTYPE_INT64] = {"int64", 8},       [DTYPE_UINT8] = {"uint8", 1},
};

const char *dtype_name(enum dtype dtype)
{
    assert((unsigned)dtype < DTYPE_COUNT);
    return dtype_rows[dtype].name;
}

size_t dtype_bytes(enum dtype dtype)
{
    assert((unsigned)dtype < DTYPE_COUNT);
    return dtype_rows[dtype].bytes;
}

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

uint16_t dtype_bfloat16_from_float(float value)
{
    uint32_t bits = float_bits(value);
    if ((bits & 0x7FFFFFFF) > 0x7F800000)
        return (uint16_t)(bits >> 16) | 0x40; /* a NaN stays one, quiet, even when its payload is all in the low half */
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

/* value / 2^shift, to nearest, ties to even; 0 < shift < 32. */
static uint32_t shift_rounding(uint32_t value, unsigned shift)
{
    uint32_t half = 1u << (shift - 1), odd = (value >> shift) & 1;
    return (uint32_t)(((uint64_t)value + half - 1 + odd) >> shift);
}

uint16_t dtype_float16_from_float(float value)
{
    uint32_t bits = float_bits(value), magnitude = bits & 0x7FFFFFFF;
    uint16_t sign = (uint16_t)(bits >> 16) & 0x8000;

    if (magnitude > 0x7F800000)
        return sign | 0x7E00 | (uint16_t)((magnitude >> 13) & 0x3FF);
    if (magnitude >= 0x47800000) /* 65536 and up, infinity */
        return sign | 0x7C00;
    if (magnitude >= 0x38800000) /* 2^-14 and up: normal. 65520 and up carry into the exponent and become infinity */
        return sign | (uint16_t)shift_rounding(magnitude - 0x38000000, 13);
    if (magnitude < 0x33000000) /* below 2^-25, half of the smallest subnormal */
        return sign;
    uint32_t mantissa = (magnitude & 0x7FFFFF) | 0x800000;
    return sign | (uint16_t)shift_rounding(mantissa, 126 - (magnitude >> 23)); /* in units of 2^-24 */
}

float dtype_float_from_float16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 0x1F, mantissa = half & 0x3FF, bits;
    float value;

    if (exponent == 0) {
        value = (float)mantissa * 0x1p-24f;
        return sign ? -value : value;
    }
    bits = sign | ((exponent == 0x1F ? 0xFF : exponent + 112) << 23) | (mantissa << 13);
    if (exponent == 0x1F && mantissa)
        bits |= 0x400000; /* quiet, as the hardware's conversion makes it */
    memcpy(&value, &bits, sizeof value);
    return value;
}

double dtype_load(const void *data, enum dtype dtype, int64_t index)
{
    switch (dtype) {
    case DTYPE_FLOAT32:
        return ((const float *)data)[index];
    case DTYPE_BFLOAT16:
        return dtype_float_from_bfloat16(((const uint16_t *)data)[index]);
    case DTYPE_FLOAT16:
        return dtype_float_from_float16(((const uint16_t *)data)[index]);
    case DTYPE_FLOAT64:
        return ((const double *)data)[index];
    case DTYPE_INT64:
        return (double)((const int64_t *)data)[index];
    case DTYPE_UINT8:
        return ((const uint8_t *)data)[index];
    case DTYPE_COUNT:
        break;
    }
    assert(!"dtype");
    return NAN;
}

/* Toward zero; what does not fit becomes the nearest that does, NaN becomes 0. */
static int64_t truncate_to(double value, double low, double high)
{
    if (isnan(value))
        return 0;
    if (value <= low)
        return (int64_t)low;
    /* high is 2^63 - 1 or 255: as a double, 2^63 - 1 is 2^63, which does not fit */
    if (value >= high)
        return high >= 0x1p63 ? INT64_MAX : (int64_t)high;
    return (int64_t)value;
}

/* To 16 bits by way of float, as PyTorch does. */
void dtype_store(void *data, enum dtype dtype, int64_t index, double value)
{
    switch (dtype) {
    case DTYPE_FLOAT32:
        ((float *)data)[index] = (float)value;
        return;
    case DTYPE_BFLOAT16:
        ((uint16_t *)data)[index] = dtype_bfloat16_from_float((float)value);
        return;
    case DTYPE_FLOAT16:
        ((uint16_t *)data)[index] = dtype_float16_from_float((float)value);
        return;
    case DTYPE_FLOAT64:
        ((double *)data)[index] = value;
        return;
    case DTYPE_INT64:
        ((int64_t *)data)[index] = truncate_to(value, -0x1p63, 0x1p63);
        return;
    case DTYPE_UINT8:
        ((uint8_t *)data)[index] = (uint8_t)truncate_to(value, 0, 255);
        return;
    case DTYPE_COUNT:
        break;
    }
    assert(!"dtype");
}
