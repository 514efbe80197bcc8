/*
 * Pixel shuffle and unshuffle between any two layouts. Channel c*f*f + i*f + j of pixel (h, w) of the deep image (N, C*f*f,
 * H, W) is channel c of pixel (h*f + i, w*f + j) of the wide one (N, C, H*f, W*f). Where both are channels_last the
 * innermost loop runs over channels, otherwise over a tile of pixels that stays in the first-level cache.
 */
#include "kernels/cpu/vector/data_kernels.h"

#define TILE 32  /* pixels of a row of the deep image */
#define BLOCK 8  /* channels of the wide image that are moved for a tile */

struct shuffle {
    const struct tensor *deep, *wide;
    int64_t factor;
    bool back; /* wide to deep */
};

VECTOR_INLINE void move(size_t bytes, char *to, int64_t to_step, const char *from, int64_t from_step, int64_t count)
{
    to_step *= (int64_t)bytes;
    from_step *= (int64_t)bytes;
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * to_step, from + i * from_step, bytes);
}

/* `count` elements with steps along both images, from element offsets `deep` and `wide` on. */
VECTOR_INLINE void move_run(size_t bytes, const struct shuffle *self, int64_t deep, int64_t deep_step, int64_t wide,
                            int64_t wide_step, int64_t count)
{
    char *d = (char *)self->deep->data + deep * (int64_t)bytes, *w = (char *)self->wide->data + wide * (int64_t)bytes;
    if (self->back)
        move(bytes, d, deep_step, w, wide_step, count);
    else
        move(bytes, w, wide_step, d, deep_step, count);
}

/* Row h of sample n, channels innermost. */
VECTOR_INLINE void row_by_channels(size_t bytes, const struct shuffle *self, int64_t n, int64_t h)
{
    const int64_t *ds = self->deep->stride, *ws = self->wide->stride, f = self->factor;
    for (int64_t w = 0; w < self->deep->size[3]; w++)
        for (int64_t k = 0; k < f * f; k++) {
            int64_t deep = n * ds[0] + k * ds[1] + h * ds[2] + w * ds[3];
            int64_t wide = n * ws[0] + (h * f + k / f) * ws[2] + (w * f + k % f) * ws[3];
            move_run(bytes, self, deep, f * f * ds[1], wide, ws[1], self->wide->size[1]);
        }
}

/* Channels [c, end) of the wide image's pixels that come from `count` pixels of row h from w on. */
VECTOR_INLINE void move_tile(size_t bytes, const struct shuffle *self, int64_t n, int64_t h, int64_t w, int64_t count,
                             int64_t c, int64_t end)
{
    const int64_t *ds = self->deep->stride, *ws = self->wide->stride, f = self->factor;
    for (; c < end; c++)
        for (int64_t k = 0; k < f * f; k++) {
            int64_t deep = n * ds[0] + (c * f * f + k) * ds[1] + h * ds[2] + w * ds[3];
            int64_t wide = n * ws[0] + c * ws[1] + (h * f + k / f) * ws[2] + (w * f + k % f) * ws[3];
            move_run(bytes, self, deep, ds[3], wide, f * ws[3], count);
        }
}

VECTOR_INLINE void row_by_pixels(size_t bytes, const struct shuffle *self, int64_t n, int64_t h)
{
    int64_t channels = self->wide->size[1], width = self->deep->size[3];
    for (int64_t w = 0; w < width; w += TILE)
        for (int64_t c = 0; c < channels; c += BLOCK)
            move_tile(bytes, self, n, h, w, width - w < TILE ? width - w : TILE, c,
                      channels - c < BLOCK ? channels : c + BLOCK);
}

VECTOR_INLINE void move_row(size_t bytes, const struct shuffle *self, bool channels, int64_t n, int64_t h)
{
    if (channels)
        row_by_channels(bytes, self, n, h);
    else
        row_by_pixels(bytes, self, n, h);
}

void VECTOR_NAME(vector_pixel_shuffle)(const struct tensor *deep, const struct tensor *wide, int factor, bool back,
                                       int threads)
{
    const struct shuffle self = {deep, wide, factor, back};
    bool channels = deep->stride[1] == 1 && wide->stride[1] == 1 && wide->size[1] > 1;
    int64_t rows = deep->size[0] * deep->size[2];
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        int64_t n = r / deep->size[2], h = r % deep->size[2];
        if (dtype_bytes(deep->dtype) == 4)
            move_row(4, &self, channels, n, h);
        else
            move_row(2, &self, channels, n, h);
    }
}
