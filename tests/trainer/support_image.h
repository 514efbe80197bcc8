/* JPEG and PNG files made in memory with the libraries, of every kind that trainer/image reads, and what they must show. */
#ifndef TESTS_TRAINER_SUPPORT_IMAGE_H
#define TESTS_TRAINER_SUPPORT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jpeg_kind {
    const char *name;
    int components; /* 1 grey, 3 RGB as YCbCr, 4 CMYK */
    int across, down; /* subsampling of the chroma: 1 or 2 */
    bool progressive, arithmetic;
    bool ycck;      /* of 4 components: Adobe's, inverted and as YCCK */
    int restart;    /* rows of blocks between restart markers; 0 = none */
};

extern const struct jpeg_kind jpeg_kinds[];
extern const int jpeg_kind_count;

struct png_kind {
    const char *name;
    int color_type, depth;
    bool interlaced, transparent; /* transparent: with a tRNS chunk */
};

extern const struct png_kind png_kinds[];
extern const int png_kind_count;

/* Value of component `c` at a pixel: smooth with an edge, so that JPEG keeps most of it. In [0, 255]. */
int test_value(int x, int y, int c);

/* A file of width x height pixels of test_value; malloc'd, its length in *size. */
unsigned char *make_jpeg(const struct jpeg_kind *kind, int width, int height, size_t *size);
unsigned char *make_png(const struct png_kind *kind, int width, int height, size_t *size);

/* What the PNG must show at a pixel, as RGB. */
void png_pixel(const struct png_kind *kind, int x, int y, uint8_t rgb[3]);

#endif
