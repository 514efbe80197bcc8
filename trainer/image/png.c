/* PNG through libpng. Row by row; an interlaced file is held whole. */
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "trainer/image/image_int.h"

#define MOST_INFLATION 1032 /* deflate's limit: bytes out per byte in */

struct png_reader {
    struct image_reader base;
    png_structp png;
    png_infop info;
    size_t at;          /* next byte to be read */
    enum status failure;
    uint8_t *pixels;    /* one row, or all when interlaced */
    png_bytep *row;     /* pointers into it */
};

static void on_error(png_structp png, png_const_charp reason)
{
    struct png_reader *self = png_get_error_ptr(png);
    if (self->failure == STATUS_OK)
        self->failure = FAIL(CORRUPT, "%s: damaged PNG, near byte %zu of %zu: %s", self->base.name, self->at,
                             self->base.size, reason);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp reason)
{
    (void)png;
    (void)reason;
}

static void on_read(png_structp png, png_bytep out, size_t count)
{
    struct png_reader *self = png_get_io_ptr(png);
    if (count > self->base.size - self->at) {
        self->failure = FAIL(CORRUPT, "%s: the PNG is cut short: it ends at byte %zu", self->base.name, self->base.size);
        png_error(png, "cut short");
    }
    memcpy(out, self->base.bytes + self->at, count);
    self->at += count;
}

static enum status check_header(struct png_reader *self)
{
    int64_t width = png_get_image_width(self->png, self->info), height = png_get_image_height(self->png, self->info);
    int64_t size = (int64_t)self->base.size;
    TRY(image_check_size(&self->base, width, height));
    if ((int64_t)png_get_rowbytes(self->png, self->info) * height / MOST_INFLATION > size)
        return FAIL(CORRUPT, "%s: %lldx%lld pixels can't be in %lld bytes", self->base.name, (long long)width,
                    (long long)height, (long long)size);
    self->base.width = (int)width;
    self->base.height = (int)height;
    return STATUS_OK;
}

static enum status open_png(struct image_reader *reader)
{
    struct png_reader *self = (struct png_reader *)reader;
    self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, on_error, on_warning);
    self->info = self->png ? png_create_info_struct(self->png) : NULL;
    if (!self->info)
        return FAIL(NO_MEMORY, "%s: no memory to read it", reader->name);
    if (setjmp(png_jmpbuf(self->png)))
        return self->failure;
    png_set_read_fn(self->png, self, on_read);
    png_set_keep_unknown_chunks(self->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1); /* texts, profiles: not even inflated */
    png_read_info(self->png, self->info);
    return check_header(self);
}

/* Everything to four bytes a pixel. */
static void ask_for_rgbx(struct png_reader *self)
{
    png_set_expand(self->png);
    png_set_strip_16(self->png);
    png_set_strip_alpha(self->png);
    png_set_gray_to_rgb(self->png);
    png_set_filler(self->png, 0xff, PNG_FILLER_AFTER);
}

/* Rows of an interlaced picture come in seven passes, so all are kept. */
static enum status read_interlaced(struct png_reader *self)
{
    size_t bytes = png_get_rowbytes(self->png, self->info), height = (size_t)self->base.height;
    self->pixels = calloc(height * bytes + 4, 1);
    self->row = calloc(height, sizeof *self->row);
    if (!self->pixels || !self->row)
        return FAIL(NO_MEMORY, "%s: no memory for its %zu bytes", self->base.name, height * bytes);
    for (size_t y = 0; y < height; y++)
        self->row[y] = self->pixels + y * bytes;
    png_read_image(self->png, self->row);
    return STATUS_OK;
}

static enum status png_rows(struct image_reader *reader, struct image_box box, image_row *row, void *user)
{
    struct png_reader *self = (struct png_reader *)reader;
    if (setjmp(png_jmpbuf(self->png)))
        return self->failure;
    ask_for_rgbx(self);
    int passes = png_set_interlace_handling(self->png);
    png_read_update_info(self->png, self->info);
    if (passes > 1)
        TRY(read_interlaced(self));
    else
        self->pixels = calloc(png_get_rowbytes(self->png, self->info) + 4, 1);
    if (!self->pixels)
        return FAIL(NO_MEMORY, "%s: no memory for a row of it", reader->name);
    for (int y = 0; y < reader->height; y++) {
        if (passes == 1)
            png_read_row(self->png, self->pixels, NULL);
        if (y >= box.y && y < box.y + box.height)
            row(user, y - box.y, (passes > 1 ? self->row[y] : self->pixels) + 4 * (size_t)box.x);
    }
    png_read_end(self->png, NULL);
    return STATUS_OK;
}

static void close_png(struct image_reader *reader)
{
    struct png_reader *self = (struct png_reader *)reader;
    if (self->png)
        png_destroy_read_struct(&self->png, &self->info, NULL);
    free(self->pixels);
    free(self->row);
}

const struct image_format image_png = {"PNG", sizeof(struct png_reader), open_png, png_rows, close_png};
