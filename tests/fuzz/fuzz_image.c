/* Fuzz target: JPEG and PNG decoding with crop and resizing. An image is good or broken for every crop alike. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "trainer/image/picture.h"

#define SIDE 16
#define MOST_PIXELS (1 << 20) /* larger ones are slow, not different */

/* False when the image is not even opened, or left out for its size. */
static int resize(const uint8_t *data, size_t size, int train, enum status *status)
{
    struct image_reader *reader;
    uint8_t *out = NULL;
    int stride;
    *status = image_open("input", data, size, &reader);
    if (*status != STATUS_OK) {
        fuzz_must(strncmp(status_message(), "input: ", 7) == 0, "a failure that does not name the file");
        return 0;
    }
    int width = image_width(reader), height = image_height(reader), small = (int64_t)width * height <= MOST_PIXELS;
    struct view view = train ? view_train(width, height, SIDE, size) : view_test(width, height, SIDE);
    if (small)
        *status = picture_resize(reader, &view, SIDE, &out, &stride);
    fuzz_must(!small || (*status == STATUS_OK) == (out != NULL), "an image without a success, or a success without one");
    image_close(reader);
    free(out);
    return small;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum status train, test;
    uint8_t *exact = malloc(size ? size : 1); /* so that a byte too far is found */
    fuzz_must(exact != NULL, "no memory");
    if (size)
        memcpy(exact, data, size);
    if (resize(exact, size, 1, &train)) {
        resize(exact, size, 0, &test);
        fuzz_must((train == STATUS_OK) == (test == STATUS_OK), "good in one crop and broken in another");
    }
    free(exact);
    return 0;
}
