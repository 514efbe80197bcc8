/* Rows are resized across as they are decoded, and down at the end: nothing of the picture's own size is held. */
#include "trainer/image/picture.h"

#include <stdlib.h>

#include "trainer/image/resample.h"

struct across {
    const struct resample_axis *axis;
    uint8_t *rows;
    int stride;
};

static void resize_row(void *user, int y, const uint8_t *rgbx)
{
    const struct across *across = user;
    resample_row(across->axis, rgbx, across->rows + (size_t)y * (size_t)across->stride);
}

enum status picture_resize(struct image_reader *reader, const struct view *view, int side, uint8_t **out, int *stride)
{
    struct resample_axis x = {0}, y = {0};
    uint8_t *rows = NULL, *result = NULL;
    enum status status;
    TRY_OUT(resample_init(&x, view->x.length, view->x.to, view->x.first, side));
    TRY_OUT(resample_init(&y, view->y.length, view->y.to, view->y.first, side));
    *stride = resample_stride(side);
    rows = calloc((size_t)(y.end - y.begin) + 1, (size_t)*stride);
    result = malloc((size_t)side * (size_t)*stride);
    if (!rows || !result) {
        status = FAIL(NO_MEMORY, "no memory to resize a picture to %d pixels", side);
        goto out;
    }
    struct image_box box = {view->x.offset + x.begin, view->y.offset + y.begin, x.end - x.begin, y.end - y.begin};
    struct across across = {&x, rows, *stride};
    TRY_OUT(image_rows(reader, box, resize_row, &across));
    for (int i = 0; i < side; i++)
        resample_column(&y, i, rows, *stride, result + (size_t)i * (size_t)*stride);
    *out = result;
    result = NULL;
out:
    resample_release(&x);
    resample_release(&y);
    free(rows);
    free(result);
    return status;
}

static void fill_table(float mean, float deviation, float table[256])
{
    for (int v = 0; v < 256; v++)
        table[v] = ((float)v / 255.0f - mean) / deviation;
}

void picture_normalise(const uint8_t *rgbx, int stride, int side, bool flip, float *image)
{
    static const float mean[3] = {0.485f, 0.456f, 0.406f}, deviation[3] = {0.229f, 0.224f, 0.225f};
    size_t plane = (size_t)side * (size_t)side;
    for (int c = 0; c < 3; c++) {
        float table[256];
        fill_table(mean[c], deviation[c], table);
        for (int y = 0; y < side; y++) {
            const uint8_t *from = rgbx + (size_t)y * (size_t)stride + c + (flip ? 4 * (side - 1) : 0);
            float *to = image + (size_t)c * plane + (size_t)y * (size_t)side;
            for (int x = 0, step = flip ? -4 : 4; x < side; x++)
                to[x] = table[from[x * step]];
        }
    }
}
