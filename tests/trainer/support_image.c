/* Files of pictures for tests. */
#include "tests/trainer/support_image.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

const struct jpeg_kind jpeg_kinds[] = {
    {"grey", 1, 1, 1},
    {"4:4:4", 3, 1, 1},
    {"4:2:2", 3, 2, 1},
    {"4:2:0", 3, 2, 2},
    {"4:4:0", 3, 1, 2},
    {"progressive 4:2:0", 3, 2, 2, .progressive = true},
    {"progressive grey", 1, 1, 1, .progressive = true},
    {"restarts", 3, 2, 2, .restart = 1},
    {"arithmetic", 3, 2, 2, .arithmetic = true},
    {"CMYK", 4, 1, 1},
    {"YCCK", 4, 2, 2, .ycck = true},
};
const int jpeg_kind_count = sizeof jpeg_kinds / sizeof *jpeg_kinds;

const struct png_kind png_kinds[] = {
    {"grey 1", PNG_COLOR_TYPE_GRAY, 1},
    {"grey 2", PNG_COLOR_TYPE_GRAY, 2},
    {"grey 4", PNG_COLOR_TYPE_GRAY, 4},
    {"grey 8", PNG_COLOR_TYPE_GRAY, 8},
    {"grey 8 with one transparent", PNG_COLOR_TYPE_GRAY, 8, .transparent = true},
    {"grey 16", PNG_COLOR_TYPE_GRAY, 16},
    {"grey and alpha 8", PNG_COLOR_TYPE_GRAY_ALPHA, 8},
    {"grey and alpha 16", PNG_COLOR_TYPE_GRAY_ALPHA, 16},
    {"palette 1", PNG_COLOR_TYPE_PALETTE, 1},
    {"palette 4", PNG_COLOR_TYPE_PALETTE, 4},
    {"palette 8", PNG_COLOR_TYPE_PALETTE, 8},
    {"palette 8 with transparent ones", PNG_COLOR_TYPE_PALETTE, 8, .transparent = true},
    {"RGB 8", PNG_COLOR_TYPE_RGB, 8},
    {"RGB 8 with one transparent", PNG_COLOR_TYPE_RGB, 8, .transparent = true},
    {"RGB 16", PNG_COLOR_TYPE_RGB, 16},
    {"RGBA 8", PNG_COLOR_TYPE_RGBA, 8},
    {"RGBA 16", PNG_COLOR_TYPE_RGBA, 16},
    {"RGB 8 interlaced", PNG_COLOR_TYPE_RGB, 8, .interlaced = true},
    {"palette 4 interlaced", PNG_COLOR_TYPE_PALETTE, 4, .interlaced = true},
    {"RGBA 16 interlaced", PNG_COLOR_TYPE_RGBA, 16, .interlaced = true},
};
const int png_kind_count = sizeof png_kinds / sizeof *png_kinds;

int test_value(int x, int y, int c)
{
    int edge = x > 20 + 3 * c ? 60 : 0;
    return (x * (3 + c) + y * (5 - c) + 40 * c) % 190 + edge;
}

static void set_sampling(struct jpeg_compress_struct *info, const struct jpeg_kind *kind)
{
    for (int c = 0; c < info->num_components; c++) {
        bool full = c == 0 || c == 3;
        info->comp_info[c].h_samp_factor = full ? kind->across : 1;
        info->comp_info[c].v_samp_factor = full ? kind->down : 1;
    }
}

static void set_jpeg(struct jpeg_compress_struct *info, const struct jpeg_kind *kind)
{
    static const J_COLOR_SPACE spaces[] = {JCS_UNKNOWN, JCS_GRAYSCALE, JCS_UNKNOWN, JCS_RGB, JCS_CMYK};
    info->input_components = kind->components;
    info->in_color_space = spaces[kind->components];
    jpeg_set_defaults(info);
    if (kind->ycck)
        jpeg_set_colorspace(info, JCS_YCCK);
    jpeg_set_quality(info, 92, TRUE);
    set_sampling(info, kind);
    info->arith_code = kind->arithmetic;
    info->restart_in_rows = kind->restart;
    info->write_Adobe_marker = kind->ycck;
    if (kind->progressive)
        jpeg_simple_progression(info);
}

unsigned char *make_jpeg(const struct jpeg_kind *kind, int width, int height, size_t *size)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL, *row = malloc((size_t)(width * kind->components));
    unsigned long length = 0;
    ck_assert_ptr_nonnull(row);
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &bytes, &length);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    set_jpeg(&info, kind);
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < height; y++) {
        for (int i = 0; i < width * kind->components; i++)
            row[i] = (unsigned char)test_value(i / kind->components, y, i % kind->components);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    free(row);
    *size = length;
    return bytes;
}

/* Components of a stored pixel. */
static int components(const struct png_kind *kind)
{
    bool palette = kind->color_type == PNG_COLOR_TYPE_PALETTE;
    return palette ? 1 : (kind->color_type & PNG_COLOR_MASK_COLOR ? 3 : 1) + (kind->color_type & PNG_COLOR_MASK_ALPHA ? 1 : 0);
}

/* What stands in the file: as many bits as its depth. */
static unsigned stored(const struct png_kind *kind, int x, int y, int c)
{
    unsigned value = (unsigned)test_value(x, y, c);
    return kind->depth == 16 ? value << 8 | (value * 37 & 0xff) : value >> (8 - kind->depth);
}

static void palette_color(int entry, uint8_t rgb[3])
{
    rgb[0] = (uint8_t)(entry * 7);
    rgb[1] = (uint8_t)(255 - entry);
    rgb[2] = (uint8_t)(entry * 31 + 5);
}

void png_pixel(const struct png_kind *kind, int x, int y, uint8_t rgb[3])
{
    if (kind->color_type == PNG_COLOR_TYPE_PALETTE) {
        palette_color((int)stored(kind, x, y, 0), rgb);
        return;
    }
    for (int c = 0; c < 3; c++) {
        unsigned value = stored(kind, x, y, kind->color_type & PNG_COLOR_MASK_COLOR ? c : 0);
        rgb[c] = (uint8_t)(kind->depth == 16 ? value >> 8 : value * 255 / ((1u << kind->depth) - 1));
    }
}

static void pack_row(const struct png_kind *kind, int width, int y, unsigned char *row)
{
    int per_pixel = components(kind);
    memset(row, 0, (size_t)width * 8);
    for (int i = 0; i < width * per_pixel; i++) {
        unsigned value = stored(kind, i / per_pixel, y, i % per_pixel);
        if (kind->depth == 16) {
            row[2 * i] = (unsigned char)(value >> 8);
            row[2 * i + 1] = (unsigned char)value;
        } else {
            int bit = i * kind->depth;
            row[bit / 8] |= (unsigned char)(value << (8 - kind->depth - bit % 8));
        }
    }
}

struct memory {
    unsigned char *bytes;
    size_t size, room;
};

static void write_bytes(png_structp png, png_bytep bytes, size_t count)
{
    struct memory *memory = png_get_io_ptr(png);
    ck_assert_uint_le(memory->size + count, memory->room);
    memcpy(memory->bytes + memory->size, bytes, count);
    memory->size += count;
}

static void set_colors(png_structp png, png_infop info, const struct png_kind *kind)
{
    png_color palette[256];
    png_byte alpha[256];
    png_color_16 one = {0, 60, 60, 60, 60};
    int entries = 1 << kind->depth;
    bool palettes = kind->color_type == PNG_COLOR_TYPE_PALETTE;
    for (int i = 0; palettes && i < entries; i++) {
        uint8_t rgb[3];
        palette_color(i, rgb);
        palette[i] = (png_color){rgb[0], rgb[1], rgb[2]};
        alpha[i] = (png_byte)(i * 3);
    }
    if (palettes)
        png_set_PLTE(png, info, palette, entries);
    if (kind->transparent)
        png_set_tRNS(png, info, palettes ? alpha : NULL, palettes ? entries : 1, palettes ? NULL : &one);
}

unsigned char *make_png(const struct png_kind *kind, int width, int height, size_t *size)
{
    struct memory memory = {.room = 65536 + (size_t)width * (size_t)height * 9};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_bytep *rows = calloc((size_t)height, sizeof *rows);
    memory.bytes = malloc(memory.room);
    ck_assert(rows && memory.bytes);
    png_set_write_fn(png, &memory, write_bytes, NULL);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, kind->depth, kind->color_type,
                 kind->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    set_colors(png, info, kind);
    for (int y = 0; y < height; y++) {
        rows[y] = malloc((size_t)width * 8);
        ck_assert_ptr_nonnull(rows[y]);
        pack_row(kind, width, y, rows[y]);
    }
    png_set_rows(png, info, rows);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    for (int y = 0; y < height; y++)
        free(rows[y]);
    free(rows);
    png_destroy_write_struct(&png, &info);
    *size = memory.size;
    return memory.bytes;
}
