/*
 * A linear map of (N,C,H,W) that is a sparse matrix along H times one along W, as the kernel resample wants it: for each
 * position of the result the source positions and their weights.
 */
#ifndef KERNELS_CPU_VECTOR_RESAMPLE_H
#define KERNELS_CPU_VECTOR_RESAMPLE_H

#include "kernels/ops/resample.h"

struct resample {
    struct resample_rows h, w;
};

/* Floats of scratch that a thread needs: three rows. */
static inline int64_t resample_row_floats(int64_t source_width, int64_t width)
{
    return 3 * ((source_width > width ? source_width : width) + 16);
}

#endif
