/* What a format of images owes: for image.c and the formats only. */
#ifndef TRAINER_IMAGE_IMAGE_INT_H
#define TRAINER_IMAGE_IMAGE_INT_H

#include "trainer/image/image.h"

/* The first member of every format's own reader. */
struct image_reader {
    const struct image_format *format;
    const char *name;
    const uint8_t *bytes;
    size_t size;
    int width, height;
};

struct image_format {
    const char *name;
    size_t reader_bytes; /* of the format's own reader, which comes zeroed */

    /* Reads the header; sets width and height. `close` is called after a failure too. */
    enum status (*open)(struct image_reader *reader);
    enum status (*rows)(struct image_reader *reader, struct image_box box, image_row *row, void *user);
    void (*close)(struct image_reader *reader);
};

extern const struct image_format image_jpeg, image_png;

/* Fails when the picture has no, or too many pixels. */
enum status image_check_size(const struct image_reader *reader, int64_t width, int64_t height);

#endif
