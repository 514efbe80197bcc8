/* The rule of conv_channels.h. */
#include "kernels/cuda/conv_channels.h"

#define ALIGNED 8           /* channels of 2 bytes in the 16 that a kernel reads at once */
#define MOST_GROWTH 1.35    /* XLA's, set by its benchmarks: none of them got slower */
#define IMAGE_CHANNELS 3
#define IMAGE_PADDED 4

int64_t conv_channels_padded(enum dtype dtype, enum memory_format format, const struct conv_attrs *attrs, int64_t in, int64_t out)
{
    bool narrow = dtype == DTYPE_FLOAT16 || dtype == DTYPE_BFLOAT16;
    int64_t whole = (in + ALIGNED - 1) / ALIGNED * ALIGNED;

    if (!narrow || format != FORMAT_CHANNELS_LAST || attrs->groups != 1 || attrs->transposed || whole == in || out % ALIGNED != 0)
        return 0;
    if (in == IMAGE_CHANNELS && (out == 32 || out == 64))
        return IMAGE_PADDED;
    return (double)whole <= (double)in * MOST_GROWTH ? whole : 0;
}
