/* JPEG and PNG of every kind: what is read, what is refused, and that no bytes do harm. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "tests/trainer/support_image.h"
#include "tests/trainer/support_trainer.h"
#include "trainer/image/picture.h"

#define WIDTH 61
#define HEIGHT 45

struct copy {
    uint8_t *pixels;
    int width, rows;
};

static void copy_row(void *user, int y, const uint8_t *rgbx)
{
    struct copy *copy = user;
    ck_assert_int_eq(y, copy->rows++);
    memcpy(copy->pixels + 4 * y * copy->width, rgbx, 4 * (size_t)copy->width);
}

/* Opens and reads a box; the pixels are malloc'd, NULL after a failure. */
static enum status read_box(const uint8_t *bytes, size_t size, struct image_box box, uint8_t **pixels)
{
    struct image_reader *reader;
    struct copy copy = {.pixels = calloc((size_t)(box.width * box.height), 4), .width = box.width};
    ck_assert_ptr_nonnull(copy.pixels);
    *pixels = NULL;
    enum status status = image_open("name.jpg", bytes, size, &reader);
    if (status == STATUS_OK) {
        status = image_rows(reader, box, copy_row, &copy);
        image_close(reader);
    }
    if (status != STATUS_OK) {
        free(copy.pixels);
        return status;
    }
    ck_assert_int_eq(copy.rows, box.height);
    *pixels = copy.pixels;
    return STATUS_OK;
}

static const struct image_box whole = {0, 0, WIDTH, HEIGHT};

static void same_rgb(const char *kind, const uint8_t *a, const uint8_t *b, int x, int y)
{
    ck_assert_msg(memcmp(a, b, 3) == 0, "%s: column %d, row %d is %d %d %d, expected %d %d %d", kind, x, y, a[0], a[1], a[2],
                  b[0], b[1], b[2]);
}

static const struct image_box boxes[] = {
    {0, 0, 1, 1}, {60, 44, 1, 1}, {17, 5, 20, 30}, {16, 16, 16, 16}, {31, 0, 30, 45}, {0, 17, 61, 9}, {33, 43, 7, 2},
    {1, 1, 59, 43}, {47, 30, 3, 1},
};

/* Every box shows what the whole shows there. */
static void compare_boxes(const char *kind, const unsigned char *bytes, size_t size, const uint8_t *all)
{
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        struct image_box box = boxes[i];
        uint8_t *part;
        must(read_box(bytes, size, box, &part));
        for (int p = 0; p < box.width * box.height; p++) {
            int x = box.x + p % box.width, y = box.y + p / box.width;
            same_rgb(kind, part + 4 * p, all + 4 * (y * WIDTH + x), x, y);
        }
        free(part);
    }
}

START_TEST(png_of_every_kind)
{
    for (int k = 0; k < png_kind_count; k++) {
        size_t size;
        uint8_t *pixels, rgb[3];
        unsigned char *bytes = make_png(&png_kinds[k], WIDTH, HEIGHT, &size);
        must(read_box(bytes, size, whole, &pixels));
        for (int p = 0; p < WIDTH * HEIGHT; p++) {
            png_pixel(&png_kinds[k], p % WIDTH, p / WIDTH, rgb);
            same_rgb(png_kinds[k].name, pixels + 4 * p, rgb, p % WIDTH, p / WIDTH);
        }
        compare_boxes(png_kinds[k].name, bytes, size, pixels);
        free(pixels);
        free(bytes);
    }
}
END_TEST

/* The library's own decoding, to what it was told to write: RGB, or CMYK. */
static void decode_plainly(const unsigned char *bytes, size_t size, uint8_t *pixels, int components)
{
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, size);
    jpeg_read_header(&info, TRUE);
    info.out_color_space = components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
        uint8_t *row = pixels + (size_t)info.output_scanline * WIDTH * (size_t)components;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
}

/* One pixel of the library's as RGB: ink c over ink k leaves (255 - c)(255 - k) / 255. */
static void expected_rgb(const struct jpeg_kind *kind, const uint8_t *pixel, uint8_t rgb[3])
{
    memcpy(rgb, pixel, 3);
    for (int c = 0; kind->components == 4 && c < 3; c++) {
        int light = kind->ycck ? pixel[c] : 255 - pixel[c], key = kind->ycck ? pixel[3] : 255 - pixel[3];
        rgb[c] = (uint8_t)((2 * light * key + 255) / 510); /* rounded */
    }
}

START_TEST(jpeg_of_every_kind)
{
    for (int k = 0; k < jpeg_kind_count; k++) {
        const struct jpeg_kind *kind = &jpeg_kinds[k];
        int components = kind->components == 4 ? 4 : 3;
        size_t size;
        uint8_t plain[WIDTH * HEIGHT * 4], *pixels, rgb[3];
        unsigned char *bytes = make_jpeg(kind, WIDTH, HEIGHT, &size);
        must(read_box(bytes, size, whole, &pixels));
        decode_plainly(bytes, size, plain, components);
        for (int p = 0; p < WIDTH * HEIGHT; p++) {
            expected_rgb(kind, plain + components * p, rgb);
            same_rgb(kind->name, pixels + 4 * p, rgb, p % WIDTH, p / WIDTH);
        }
        compare_boxes(kind->name, bytes, size, pixels);
        free(pixels);
        free(bytes);
    }
}
END_TEST

/* A file that lost its end is refused, wherever it was cut and whatever box is wanted; never read as if it were whole. */
static void refuse_cuts(const char *kind, const unsigned char *bytes, size_t size)
{
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *pixels, *exact = malloc(cut ? cut : 1); /* so that a byte too far is found */
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, bytes, cut);
        enum status status = read_box(exact, cut, cut % 2 ? whole : (struct image_box){3, 3, 4, 4}, &pixels);
        ck_assert_msg(status == STATUS_CORRUPT, "%s cut at byte %zu of %zu: %s", kind, cut, size, status_name(status));
        ck_assert_ptr_nonnull(strstr(status_message(), "name.jpg: "));
        free(exact);
    }
}

START_TEST(cut_at_every_byte)
{
    size_t size;
    for (int k = 0; k < jpeg_kind_count; k++) {
        unsigned char *bytes = make_jpeg(&jpeg_kinds[k], WIDTH, HEIGHT, &size);
        refuse_cuts(jpeg_kinds[k].name, bytes, size);
        free(bytes);
    }
    for (int k = 0; k < png_kind_count; k++) {
        unsigned char *bytes = make_png(&png_kinds[k], WIDTH, HEIGHT, &size);
        refuse_cuts(png_kinds[k].name, bytes, size);
        free(bytes);
    }
}
END_TEST

/* Any outcome is right but a crash; a failure has a line. */
static void survive(uint8_t *bytes, size_t size)
{
    struct image_reader *reader;
    if (image_open("name.jpg", bytes, size, &reader) == STATUS_OK) {
        int width = image_width(reader), height = image_height(reader);
        struct view view = view_train(width, height, 16, size);
        uint8_t *out = NULL;
        int stride;
        enum status status = (int64_t)width * height > 1 << 20 ? STATUS_OK : picture_resize(reader, &view, 16, &out, &stride);
        ck_assert(status == STATUS_OK || strstr(status_message(), "name.jpg: "));
        image_close(reader);
        free(out);
    }
}

START_TEST(changed_at_every_byte)
{
    size_t size;
    for (int k = 0; k < jpeg_kind_count; k++) {
        unsigned char *bytes = make_jpeg(&jpeg_kinds[k], WIDTH, HEIGHT, &size);
        for (size_t at = 0; at < size; at++) {
            static const uint8_t changes[] = {0x01, 0x80, 0xff};
            bytes[at] ^= changes[at % 3];
            survive(bytes, size);
            bytes[at] ^= changes[at % 3];
        }
        free(bytes);
    }
    for (int k = 0; k < png_kind_count; k++) {
        unsigned char *bytes = make_png(&png_kinds[k], WIDTH, HEIGHT, &size);
        for (size_t at = 0; at < size; at++) {
            bytes[at] ^= 0x10;
            survive(bytes, size);
            bytes[at] ^= 0x10;
        }
        free(bytes);
    }
}
END_TEST

static void refused(const void *bytes, size_t size, enum status code, const char *word)
{
    struct image_reader *reader = NULL;
    refused_with(image_open("name.jpg", bytes, size, &reader), code, (const char *const[]){"name.jpg: ", word, NULL});
    ck_assert_ptr_null(reader);
}

START_TEST(other_files_are_named)
{
    refused("", 0, STATUS_CORRUPT, "empty");
    refused("x", 1, STATUS_CORRUPT, "0x78");
    refused("GIF89a........", 14, STATUS_UNSUPPORTED, "a GIF");
    refused("RIFF\1\0\0\0WEBPVP8 ", 16, STATUS_UNSUPPORTED, "a WebP");
    refused("II*\0....", 8, STATUS_UNSUPPORTED, "a TIFF");
    refused("\0\0\0\x20""ftypavif", 12, STATUS_UNSUPPORTED, "HEIF or AVIF");
    refused("<html>", 6, STATUS_UNSUPPORTED, "web page");
    refused("\xff\xd8\xff", 3, STATUS_CORRUPT, "cut short");
    refused("\x89PNG\r\n\x1a\n", 8, STATUS_CORRUPT, "cut short");
}
END_TEST

/* Writes 16 bits, big-endian. */
static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

/* The frame header of a JPEG: marker ff c0 (or c2), length, bits, height, width, components. */
static unsigned char *frame_header(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i + 9 < size; i++) {
        if (bytes[i] == 0xff && (bytes[i + 1] == 0xc0 || bytes[i + 1] == 0xc2))
            return bytes + i;
    }
    ck_abort_msg("no frame header");
}

START_TEST(hostile_jpeg_headers)
{
    size_t size;
    for (int progressive = 0; progressive < 2; progressive++) {
        const struct jpeg_kind kind = {"hostile", 3, 2, 2, .progressive = progressive};
        unsigned char *bytes = make_jpeg(&kind, 32, 32, &size), *header = frame_header(bytes, size);
        put16(header + 5, 65500);
        put16(header + 7, 65500);
        refused(bytes, size, STATUS_CORRUPT, "65500x65500");
        put16(header + 5, 8000);
        put16(header + 7, 8000);
        refused(bytes, size, STATUS_CORRUPT, "can't be in");
        put16(header + 5, 0);
        refused(bytes, size, STATUS_CORRUPT, "damaged JPEG"); /* 0 means: told later, which nobody does */
        put16(header + 5, 32);
        header[4] = 12;
        refused(bytes, size, STATUS_UNSUPPORTED, "precision 12");
        header[4] = 8;
        header[1] = 0xc3;
        refused(bytes, size, STATUS_UNSUPPORTED, "SOF type 0xc3"); /* lossless */
        free(bytes);
    }
}
END_TEST

START_TEST(hostile_png_sizes)
{
    const struct png_kind kind = {"hostile", 2, 8};
    size_t size;
    unsigned char *bytes = make_png(&kind, 32, 32, &size);
    unsigned char ihdr[17] = "IHDR";
    static const uint32_t sides[][2] = {{20000, 20000}, {9000, 9000}, {1, 0}};
    static const char *const words[] = {"20000x20000", "can't be in", "damaged PNG"};
    for (int i = 0; i < 3; i++) {
        for (int b = 0; b < 4; b++) {
            bytes[16 + b] = (unsigned char)(sides[i][0] >> (24 - 8 * b));
            bytes[20 + b] = (unsigned char)(sides[i][1] >> (24 - 8 * b));
        }
        memcpy(ihdr, bytes + 12, 17);
        uint32_t crc = 0xffffffffu; /* of the changed header, or it would be refused for that */
        for (int n = 0; n < 17; n++) {
            crc ^= ihdr[n];
            for (int bit = 0; bit < 8; bit++)
                crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
        }
        for (int b = 0; b < 4; b++)
            bytes[29 + b] = (unsigned char)(~crc >> (24 - 8 * b));
        refused(bytes, size, STATUS_CORRUPT, words[i]);
    }
    free(bytes);
}
END_TEST

/* Harmless oddities that PIL reads too: bytes behind the end, and between markers. */
START_TEST(bytes_behind_the_end_do_no_harm)
{
    size_t size;
    uint8_t *pixels;
    unsigned char *bytes = make_jpeg(&jpeg_kinds[3], WIDTH, HEIGHT, &size), *longer = calloc(size + 100, 1);
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, bytes, size);
    must(read_box(longer, size + 100, whole, &pixels));
    free(pixels);
    free(bytes);
    bytes = make_png(&png_kinds[12], WIDTH, HEIGHT, &size);
    longer = realloc(longer, size + 100);
    ck_assert_ptr_nonnull(longer);
    memset(longer, 7, size + 100);
    memcpy(longer, bytes, size);
    must(read_box(longer, size + 100, whole, &pixels));
    free(pixels);
    free(bytes);
    free(longer);
}
END_TEST

START_TEST(boxes_outside_are_refused)
{
    static const struct image_box outside[] = {{-1, 0, 5, 5}, {0, 0, WIDTH + 1, 1}, {60, 44, 2, 1}, {0, 44, 1, 2}, {0, 0, 0, 1}};
    size_t size;
    unsigned char *bytes = make_png(&png_kinds[12], WIDTH, HEIGHT, &size);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        struct image_reader *reader;
        must(image_open("name.png", bytes, size, &reader));
        REFUSED(image_rows(reader, outside[i], copy_row, NULL), USAGE, "not inside 61x45");
        image_close(reader);
    }
    free(bytes);
}
END_TEST

int main(void)
{
    return run_tests("image", (const TTest *const[]){
                                  png_of_every_kind, jpeg_of_every_kind, cut_at_every_byte, changed_at_every_byte,
                                  other_files_are_named, hostile_jpeg_headers,
                                  hostile_png_sizes, bytes_behind_the_end_do_no_harm, boxes_outside_are_refused, NULL});
}
