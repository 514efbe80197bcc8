/* The arithmetic of resizing, for those who write it and those who compare it. */
#ifndef TRAINER_IMAGE_RESAMPLE_INT_H
#define TRAINER_IMAGE_RESAMPLE_INT_H

#include "trainer/image/resample.h"

#define RESAMPLE_POINT 22 /* bits of weights after the point: 8 more for the pixel and 2 to spare fill 32 */
#define RESAMPLE_HALF (1 << (RESAMPLE_POINT - 1))
#define RESAMPLE_BLOCK 32 /* bytes that a column's code takes at once */

/* resample_row and resample_column on one kind of machine. */
struct resample_code {
    void (*row)(const struct resample_axis *axis, const uint8_t *source, uint8_t *out);
    void (*column)(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out);
};

extern const struct resample_code resample_plain;

/* NULL where the machine has no AVX2. */
const struct resample_code *resample_avx2(void);

#endif
