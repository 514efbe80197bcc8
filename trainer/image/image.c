/* Which format is it? Told by the first bytes, never by the file's name, as PIL does. */
#include "trainer/image/image_int.h"

#include <stdlib.h>
#include <string.h>

struct signature {
    const char *name;
    const struct image_format *format; /* NULL: known, but not read */
    int at;                            /* where the bytes stand */
    const char *bytes;
    size_t count;
};

static const struct signature signatures[] = {
    {"a JPEG", &image_jpeg, 0, "\xff\xd8\xff", 3},
    {"a PNG", &image_png, 0, "\x89PNG\r\n\x1a\n", 8},
    {"a GIF", NULL, 0, "GIF8", 4},
    {"a BMP", NULL, 0, "BM", 2},
    {"a WebP", NULL, 8, "WEBP", 4},
    {"a TIFF", NULL, 0, "II*\0", 4},
    {"a TIFF", NULL, 0, "MM\0*", 4},
    {"a HEIF or AVIF", NULL, 4, "ftyp", 4},
    {"a text or a web page", NULL, 0, "<", 1},
};

static const struct signature *find_signature(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const struct signature *s = &signatures[i];
        if (size >= (size_t)s->at + s->count && memcmp(bytes + s->at, s->bytes, s->count) == 0)
            return s;
    }
    return NULL;
}

enum status image_check_size(const struct image_reader *reader, int64_t width, int64_t height)
{
    if (width < 1 || height < 1)
        return FAIL(CORRUPT, "%s: a picture of %lldx%lld pixels", reader->name, (long long)width, (long long)height);
    if (width > IMAGE_MOST_PIXELS / height)
        return FAIL(CORRUPT, "%s: a picture of %lldx%lld pixels; up to %lld are read", reader->name, (long long)width,
                    (long long)height, (long long)IMAGE_MOST_PIXELS);
    return STATUS_OK;
}

enum status image_open(const char *name, const uint8_t *bytes, size_t size, struct image_reader **out)
{
    const struct signature *signature = find_signature(bytes, size);
    if (size == 0)
        return FAIL(CORRUPT, "%s: the file is empty", name);
    if (!signature)
        return FAIL(CORRUPT, "%s: neither JPEG nor PNG: it begins with the byte 0x%02x", name, bytes[0]);
    if (!signature->format)
        return FAIL(UNSUPPORTED, "%s: this is %s; JPEG and PNG are read", name, signature->name);
    struct image_reader *reader = calloc(1, signature->format->reader_bytes);
    if (!reader)
        return FAIL(NO_MEMORY, "%s: no memory to read it", name);
    reader->format = signature->format;
    reader->name = name;
    reader->bytes = bytes;
    reader->size = size;
    enum status status = reader->format->open(reader);
    if (status != STATUS_OK) {
        image_close(reader);
        return status;
    }
    *out = reader;
    return STATUS_OK;
}

void image_close(struct image_reader *reader)
{
    if (!reader)
        return;
    reader->format->close(reader);
    free(reader);
}

int image_width(const struct image_reader *reader)
{
    return reader->width;
}

int image_height(const struct image_reader *reader)
{
    return reader->height;
}

enum status image_rows(struct image_reader *reader, struct image_box box, image_row *row, void *user)
{
    if (box.x < 0 || box.y < 0 || box.width < 1 || box.height < 1 || box.width > reader->width - box.x ||
        box.height > reader->height - box.y)
        return FAIL(USAGE, "%s: a box of %dx%d at %d,%d is not inside %dx%d pixels", reader->name, box.width, box.height,
                    box.x, box.y, reader->width, reader->height);
    return reader->format->rows(reader, box, row, user);
}
