/* JPEG through libjpeg-turbo: only the box is transformed and coloured, everything is entropy-decoded. */
#include <limits.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "trainer/image/image_int.h"

#define MOST_SCANS 100             /* encoders make about ten; each one costs a pass over all blocks */
#define MOST_MEMORY (512L << 20)   /* bytes of coefficients that a progressive file may need */
#define MOST_PIXELS_PER_BYTE 512   /* a block of 64 takes one bit at the least, except when arithmetic-coded */

struct jpeg_reader {
    struct image_reader base;
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    enum status failure;
    uint8_t *line; /* four bytes a pixel */
};

/* Warnings after which pixels are missing or wrong. The others (bytes between markers, versions) are harmless. */
static const int damages[] = {JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_JPEG_EOF, JWRN_MUST_RESYNC, JWRN_ARITH_BAD_CODE};

/* Says where and what, and leaves the library. */
static void leave(struct jpeg_reader *self)
{
    char reason[JMSG_LENGTH_MAX];
    const uint8_t *at = self->info.src ? self->info.src->next_input_byte : NULL;
    bool inside = at >= self->base.bytes && at <= self->base.bytes + self->base.size;
    size_t place = inside ? (size_t)(at - self->base.bytes) : self->base.size;
    switch (self->errors.msg_code) {
    case JERR_OUT_OF_MEMORY:
        self->failure = FAIL(NO_MEMORY, "%s: no memory to decode it", self->base.name);
        break;
    case JERR_NO_BACKING_STORE:
        self->failure = FAIL(CORRUPT, "%s: decoding needs more than %ld MB", self->base.name, MOST_MEMORY >> 20);
        break;
    case JWRN_JPEG_EOF:
    case JERR_INPUT_EOF:
        self->failure = FAIL(CORRUPT, "%s: the JPEG is cut short: it ends at byte %zu", self->base.name, self->base.size);
        break;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
        self->errors.format_message((j_common_ptr)&self->info, reason);
        self->failure = FAIL(UNSUPPORTED, "%s: %s", self->base.name, reason);
        break;
    default:
        self->errors.format_message((j_common_ptr)&self->info, reason);
        self->failure = FAIL(CORRUPT, "%s: damaged JPEG, near byte %zu of %zu: %s", self->base.name, place,
                             self->base.size, reason);
    }
    longjmp(self->failed, 1);
}

static void on_error(j_common_ptr info)
{
    leave(info->client_data);
}

static void on_message(j_common_ptr info, int level)
{
    struct jpeg_reader *self = info->client_data;
    for (size_t i = 0; level < 0 && i < sizeof damages / sizeof *damages; i++) {
        if (self->errors.msg_code == damages[i])
            leave(self);
    }
}

static void on_progress(j_common_ptr info)
{
    struct jpeg_reader *self = info->client_data;
    if (self->info.input_scan_number <= MOST_SCANS)
        return;
    self->failure = FAIL(CORRUPT, "%s: a JPEG of more than %d scans", self->base.name, MOST_SCANS);
    longjmp(self->failed, 1);
}

static enum status check_header(struct jpeg_reader *self)
{
    struct jpeg_decompress_struct *info = &self->info;
    int64_t width = info->image_width, height = info->image_height, size = (int64_t)self->base.size;
    TRY(image_check_size(&self->base, width, height));
    if (!info->arith_code && width * height / MOST_PIXELS_PER_BYTE > size)
        return FAIL(CORRUPT, "%s: %lldx%lld pixels can't be in %lld bytes", self->base.name, (long long)width,
                    (long long)height, (long long)size);
    if (info->jpeg_color_space == JCS_UNKNOWN)
        return FAIL(UNSUPPORTED, "%s: a JPEG of %d components; 1, 3 and 4 are read", self->base.name,
                    info->num_components);
    self->base.width = (int)width;
    self->base.height = (int)height;
    return STATUS_OK;
}

static enum status open_jpeg(struct image_reader *reader)
{
    struct jpeg_reader *self = (struct jpeg_reader *)reader;
    self->info.err = jpeg_std_error(&self->errors);
    self->errors.error_exit = on_error;
    self->errors.emit_message = on_message;
    self->info.client_data = self;
    if (setjmp(self->failed))
        return self->failure;
    jpeg_create_decompress(&self->info);
    self->info.mem->max_memory_to_use = MOST_MEMORY;
    self->progress.progress_monitor = on_progress;
    self->info.progress = &self->progress;
    jpeg_mem_src(&self->info, self->base.bytes, (unsigned long)self->base.size);
    jpeg_read_header(&self->info, TRUE);
    return check_header(self);
}

/* As PIL: ink c over ink k leaves (255 - c)(255 - k) / 255. Adobe's files hold 255 - c. */
static void cmyk_to_rgbx(uint8_t *pixel, int count, bool inverted)
{
    unsigned flip = inverted ? 0 : 255;
    for (int i = 0; i < count; i++, pixel += 4) {
        unsigned light = pixel[3] ^ flip;
        for (int c = 0; c < 3; c++) {
            unsigned product = light * (pixel[c] ^ flip) + 128;
            pixel[c] = (uint8_t)((product + (product >> 8)) >> 8); /* rounded product / 255 */
        }
    }
}

/*
 * Asks for the columns of the box and enough beside them that the chroma of its edge pixels is interpolated as in a whole
 * picture (libjpeg-turbo begins at a whole block). Returns the first column that comes.
 */
static int crop_columns(struct jpeg_decompress_struct *info, struct image_box box)
{
    int margin = 2 * info->max_h_samp_factor;
    int left = box.x > margin ? box.x - margin : 0, width = (int)info->output_width;
    int right = box.width < width - box.x - margin ? box.x + box.width + margin : width;
    JDIMENSION first = (JDIMENSION)left, columns = (JDIMENSION)(right - left);
    jpeg_crop_scanline(info, &first, &columns);
    return (int)first;
}

/* Skips lines. All but the last are only entropy-decoded; skipping to the very end would not read on at all. */
static void skip_lines(struct jpeg_reader *self, JDIMENSION count)
{
    struct jpeg_decompress_struct *info = &self->info;
    if (count > 1)
        jpeg_skip_scanlines(info, count - 1);
    if (count > 0)
        jpeg_read_scanlines(info, &self->line, 1);
}

static enum status jpeg_rows(struct image_reader *reader, struct image_box box, image_row *row, void *user)
{
    struct jpeg_reader *self = (struct jpeg_reader *)reader;
    struct jpeg_decompress_struct *info = &self->info;
    bool cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
    if (setjmp(self->failed))
        return self->failure;
    info->out_color_space = cmyk ? JCS_CMYK : JCS_EXT_RGBX;
    jpeg_start_decompress(info);
    self->line = calloc((size_t)info->output_width + 1, 4);
    if (!self->line)
        return FAIL(NO_MEMORY, "%s: no memory for a row of it", reader->name);
    uint8_t *part = self->line + 4 * (box.x - crop_columns(info, box));
    skip_lines(self, (JDIMENSION)box.y);
    for (int y = 0; y < box.height; y++) {
        jpeg_read_scanlines(info, &self->line, 1);
        if (cmyk)
            cmyk_to_rgbx(part, box.width, info->saw_Adobe_marker);
        row(user, y, part);
    }
    skip_lines(self, info->output_height - info->output_scanline);
    jpeg_finish_decompress(info);
    return STATUS_OK;
}

static void close_jpeg(struct image_reader *reader)
{
    struct jpeg_reader *self = (struct jpeg_reader *)reader;
    jpeg_destroy_decompress(&self->info);
    free(self->line);
}

const struct image_format image_jpeg = {"JPEG", sizeof(struct jpeg_reader), open_jpeg, jpeg_rows, close_jpeg};
