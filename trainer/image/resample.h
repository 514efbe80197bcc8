/*
 * Bilinear resizing with antialiasing of 8-bit RGBX, one axis at a time: across a row first, then down the columns. The same
 * arithmetic as PIL.Image.resize(BILINEAR), so the same bytes (from Pillow 13 on but for the last bit, where the height shrinks
 * much more than the width: it goes down first then): a triangle filter as wide as the reduction, weights rounded to
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
    int taps;        /* source pixels per result, the same even number for all; those too many weigh nothing */
    int *first;      /* (count): first source pixel, from `begin` */
    int32_t *weight; /* (count, taps): times 2^22 */
    int32_t *across; /* (count, taps, 4): the same, once per channel */
};

/*
 * From `from` source pixels to `to` results, of which [first, first + count) are made. Fails with NO_MEMORY; released by
 * resample_release in either case.
 */
enum status resample_init(struct resample_axis *axis, int from, int64_t to, int64_t first, int count);
void resample_release(struct resample_axis *axis);

/* Bytes between rows that resample_column reads and writes: 4 * count, rounded up to whole vectors. */
int resample_stride(int count);

/*
 * One row: `source` points at pixel axis->begin, and one pixel behind axis->end may be read too; `out` has
 * resample_stride(axis->count) bytes.
 */
void resample_row(const struct resample_axis *axis, const uint8_t *source, uint8_t *out);

/* Result row `y` of `stride` bytes; `rows` points at source row axis->begin; a row behind axis->end may be read too. */
void resample_column(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out);

#endif
