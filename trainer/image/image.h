/*
 * A JPEG or PNG file in memory, read row by row as 8-bit RGB, without ever holding the whole picture where its format
 * allows it. Whatever the bytes are: either rows come, or one line says what is wrong.
 *
 * What is made of what, as PIL's convert("RGB"): grey and palette become RGB; alpha is dropped, not blended; of 16 bits the
 * upper 8 stay; CMYK and YCCK become (255 - c)(255 - k) / 255, Adobe's inverted ones too. Colour profiles, gamma and EXIF
 * orientation are not looked at, as in torchvision's loader.
 * Refused: more than IMAGE_MOST_PIXELS, sizes that the file's bytes can't hold, JPEGs of 12 bits, lossless ones, ones of two
 * components or over 100 scans, files cut short, damaged entropy-coded data (which PIL would show as grey or garbage).
 *
 * To add a format: a file with `const struct image_format image_<name>` (image_int.h) and a row in image.c.
 */
#ifndef TRAINER_IMAGE_IMAGE_H
#define TRAINER_IMAGE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define IMAGE_MOST_PIXELS ((int64_t)1 << 27) /* 134 million: more than cameras make, 64 bytes of file each at the very least */

/* A part of a picture, in pixels. */
struct image_box {
    int x, y, width, height;
};

struct image_reader;

/* Row `y` of the box, from 0: `box.width` pixels of four bytes, red green blue and one without meaning. One pixel more may be read. */
typedef void image_row(void *user, int y, const uint8_t *rgbx);

/*
 * Reads the header. `name` (for messages) and `bytes` are borrowed until image_close. Fails with CORRUPT or UNSUPPORTED,
 * naming what is wrong, or NO_MEMORY.
 */
enum status image_open(const char *name, const uint8_t *bytes, size_t size, struct image_reader **out);
void image_close(struct image_reader *reader);

int image_width(const struct image_reader *reader);
int image_height(const struct image_reader *reader);

/*
 * Hands the rows of `box`, which must lie inside the picture, to `row`, once per reader. The file is read to its end
 * whatever the box, so that an image is good or broken for all boxes alike; rows may have come before a failure is found.
 */
enum status image_rows(struct image_reader *reader, struct image_box box, image_row *row, void *user);

#endif
