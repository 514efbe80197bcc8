/*
 * Bilinear resizing with antialiasing of 8-bit RGBX, one axis at a time: across a row first, then down the columns. The same
 * arithmetic as PIL.Image.resize(BILINEAR), so the same bytes: a triangle filter as wide as the reduction, weights rounded to
 * 22 bits after the point, the result of each axis rounded to 8 bits.
 */
#ifndef TRAINER_IMAGE_RESAMPLE_H
#define TRAINER_IMAGE_RESAMPLE_H

#include <stdint.h>

#include "base/status.h"

/* For `count` results along one axis: which source pixels each one mixes, and how. */
struct resample_axis {
    int count;
    int begin, end;  /* source pixels that any result needs: [begin, end) */
    int most;        /* weights per result, those unused zero */
    int *first;      /* (count): first source pixel, from `begin` */
    int *taps;       /* (count): source pixels */
    int32_t *weight; /* (count, most): times 2^22 */
};

/*
 * From `from` source pixels to `to` results, of which [first, first + count) are made. Fails with NO_MEMORY; released by
 * resample_release in either case.
 */
enum status resample_init(struct resample_axis *axis, int from, int64_t to, int64_t first, int count);
void resample_release(struct resample_axis *axis);

/* Bytes between rows that resample_column reads and writes: 4 * count, rounded up to whole vectors. */
int resample_stride(int count);

/* One row: `source` points at pixel axis->begin; `out` has resample_stride(axis->count) bytes. */
void resample_row(const struct resample_axis *axis, const uint8_t *source, uint8_t *out);

/* Result row `y` of `stride` bytes; `rows` points at source row axis->begin. */
void resample_column(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out);

#endif
