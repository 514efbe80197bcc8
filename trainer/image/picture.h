/* From the bytes of an image file to a sample: decoded, cut, resized, normalised. */
#ifndef TRAINER_IMAGE_PICTURE_H
#define TRAINER_IMAGE_PICTURE_H

#include "trainer/image/image.h"
#include "trainer/image/view.h"

/*
 * The part `view` of a picture as 8-bit RGBX (side, side, 4), malloc'd, its rows *stride bytes apart. The reader is used
 * up. Fails as image_rows does, and with NO_MEMORY.
 */
enum status picture_resize(struct image_reader *reader, const struct view *view, int side, uint8_t **out, int *stride);

/*
 * RGBX to float32 (3, side, side), ((v / 255) - mean) / deviation of ImageNet's channels: (0.485, 0.456, 0.406),
 * (0.229, 0.224, 0.225), as torchvision's ToTensor and Normalize.
 */
void picture_normalise(const uint8_t *rgbx, int stride, int side, bool flip, float *image);

#endif
