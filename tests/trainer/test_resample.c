/* Resizing against PIL's bytes, both codes against each other, and the views: where crops lie and what they follow from. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/trainer/support_image.h"
#include "tests/trainer/support_trainer.h"
#include "trainer/image/picture.h"
#include "trainer/image/resample_int.h"

static const struct png_kind rgb = {"RGB", 2, 8};

/* The view of a picture of test_value as RGBX, rows *stride apart; malloc'd. */
static uint8_t *resize_picture(int width, int height, const struct view *view, int side, int *stride)
{
    struct image_reader *reader;
    size_t size;
    uint8_t *out;
    unsigned char *bytes = make_png(&rgb, width, height, &size);
    must(image_open("test.png", bytes, size, &reader));
    must(picture_resize(reader, view, side, &out, stride));
    image_close(reader);
    free(bytes);
    return out;
}

static uint64_t fnv(uint64_t hash, const uint8_t *bytes, int count)
{
    for (int i = 0; i < count; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3ull;
    return hash;
}

/* Both axes by resample.h alone, since a view is always square. */
static uint8_t *resize_freely(int width, int height, int to_width, int to_height, int *stride)
{
    struct resample_axis x, y;
    *stride = resample_stride(to_width);
    uint8_t *source = calloc((size_t)width + 1, 4), *rows = calloc((size_t)(height + 1) * (size_t)*stride, 1);
    uint8_t *out = calloc((size_t)to_height, (size_t)*stride);
    ck_assert(source && rows && out);
    must(resample_init(&x, width, to_width, 0, to_width));
    must(resample_init(&y, height, to_height, 0, to_height));
    for (int row = 0; row < height; row++) {
        for (int i = 0; i < 4 * width; i++)
            source[i] = i % 4 == 3 ? 0 : (uint8_t)test_value(i / 4, row, i % 4);
        resample_row(&x, source + 4 * x.begin, rows + row * *stride);
    }
    for (int row = 0; row < to_height; row++)
        resample_column(&y, row, rows + y.begin * *stride, *stride, out + row * *stride);
    resample_release(&x);
    resample_release(&y);
    free(source);
    free(rows);
    return out;
}

static void compare_row(const char *line)
{
    char kind[16];
    int width, height, a, b, stride, from = 0;
    unsigned long long hash;
    ck_assert_int_eq(sscanf(line, "%15s %d %d %d %d %llx %n", kind, &width, &height, &a, &b, &hash, &from), 6);
    bool test = strcmp(kind, "test") == 0;
    struct view view = view_test(width, height, a);
    uint8_t *out = test ? resize_picture(width, height, &view, a, &stride) : resize_freely(width, height, a, b, &stride);
    uint64_t have = 0xcbf29ce484222325ull;
    int number = 0;
    const char *next = line + from;
    for (int y = 0; y < (test ? a : b); y++) {
        for (int x = 0; x < a; x++) {
            const uint8_t *pixel = out + y * stride + 4 * x;
            have = fnv(have, pixel, 3);
            for (int c = 0; c < 3 && number < 24; c++, number++) {
                long want = strtol(next, (char **)&next, 10);
                next += *next == ',';
                ck_assert_msg(pixel[c] == want, "%s %dx%d to %d %d: column %d, row %d, channel %d is %d, PIL's is %ld", kind,
                              width, height, a, b, x, y, c, pixel[c], want);
            }
        }
    }
    ck_assert_msg(have == hash, "%s %dx%d to %d %d differs from PIL's behind the first pixels", kind, width, height, a, b);
    free(out);
}

START_TEST(the_bytes_are_pil_s)
{
    FILE *file = fopen(PROJECT_DIR "/tests/trainer/resample.tsv", "r");
    char line[1024];
    int rows = 0;
    ck_assert_ptr_nonnull(file);
    for (; fgets(line, sizeof line, file); rows += line[0] != '#') {
        if (line[0] != '#')
            compare_row(line);
    }
    fclose(file);
    ck_assert_int_ge(rows, 20);
}
END_TEST

START_TEST(both_codes_agree)
{
    static const int sizes[][2] = {{300, 224}, {224, 224}, {17, 64}, {1000, 7}, {2, 3}, {1, 9}, {77, 33}};
    const struct resample_code *avx2 = resample_avx2();
    for (size_t s = 0; avx2 && s < sizeof sizes / sizeof *sizes; s++) {
        struct resample_axis axis;
        int from = sizes[s][0], to = sizes[s][1], stride = resample_stride(to);
        uint8_t *source = malloc((size_t)(from + 1) * (size_t)(4 + stride)), *out[2];
        ck_assert_ptr_nonnull(source);
        for (int i = 0; i < (from + 1) * (4 + stride); i++)
            source[i] = (uint8_t)random_bits(7, (uint64_t)i);
        must(resample_init(&axis, from, to, 0, to));
        for (int i = 0; i < 2; i++) {
            const struct resample_code *code = i ? avx2 : &resample_plain;
            out[i] = calloc((size_t)(to + 1), (size_t)stride);
            ck_assert_ptr_nonnull(out[i]);
            code->row(&axis, source + 4 * axis.begin, out[i]);
            for (int y = 0; y < to; y++)
                code->column(&axis, y, source + axis.begin * stride, stride, out[i] + (y + 1) * stride);
        }
        ck_assert_mem_eq(out[0], out[1], (size_t)((to + 1) * stride));
        resample_release(&axis);
        free(out[0]);
        free(out[1]);
        free(source);
    }
}
END_TEST

static void inside(const struct view_axis *axis, int length, int side)
{
    ck_assert(axis->offset >= 0 && axis->length >= 1 && axis->offset + axis->length <= length);
    ck_assert(axis->first >= 0 && axis->first + side <= axis->to);
}

START_TEST(random_crops_lie_inside_and_follow_the_key)
{
    static const int sizes[][2] = {{500, 375}, {375, 500}, {1, 1}, {1, 1000}, {1000, 1}, {3, 2}, {224, 224}, {134217728, 1}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int width = sizes[s][0], height = sizes[s][1];
        for (uint64_t key = 0; key < 500; key++) {
            struct view view = view_train(width, height, 64, key), again = view_train(width, height, 64, key);
            inside(&view.x, width, 64);
            inside(&view.y, height, 64);
            ck_assert(view.x.offset == again.x.offset && view.y.length == again.y.length && view.flip == again.flip);
        }
        struct view view = view_test(width, height, 64);
        inside(&view.x, width, 64);
        inside(&view.y, height, 64);
    }
}
END_TEST

/* Means over many keys against those of torchvision's distribution: area uniform, ratio log-uniform, flips even. */
START_TEST(random_crops_are_spread_as_torchvision_s)
{
    enum { KEYS = 20000 };
    double area = 0, logarithm = 0, left = 0, least = 1, most = 0, flips = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        struct view view = view_train(2000, 2000, 64, random_bits(99, key));
        double part = (double)view.x.length * view.y.length / 4e6;
        area += part;
        least = fmin(least, part);
        most = fmax(most, part);
        logarithm += log((double)view.x.length / view.y.length);
        left += view.x.length < 2000 ? (double)view.x.offset / (2000 - view.x.length) : 0.5;
        flips += view.flip;
    }
    /* torchvision 0.29's mean over as many draws; 0.54 is that of [0.08, 1], but crops that don't fit are drawn again. */
    ck_assert_double_eq_tol(area / KEYS, 0.4752, 0.008);
    ck_assert_double_eq_tol(least, 0.08, 0.002);
    ck_assert(most > 0.97 && most <= 1);
    ck_assert_double_eq_tol(logarithm / KEYS, 0, 0.01);
    ck_assert_double_eq_tol(left / KEYS, 0.5, 0.02);
    ck_assert_double_eq_tol(flips / KEYS, 0.5, 0.02);
}
END_TEST

START_TEST(normalised_and_flipped)
{
    static const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
    enum { SIDE = 9 };
    int stride;
    float image[2][3 * SIDE * SIDE];
    struct view view = view_test(SIDE, SIDE, SIDE);
    view.x = view.y = (struct view_axis){0, SIDE, SIDE, 0};
    uint8_t *rgbx = resize_picture(SIDE, SIDE, &view, SIDE, &stride);
    for (int flip = 0; flip < 2; flip++)
        picture_normalise(rgbx, stride, SIDE, flip, image[flip]);
    for (int i = 0; i < 3 * SIDE * SIDE; i++) {
        int c = i / (SIDE * SIDE), y = i / SIDE % SIDE, x = i % SIDE;
        double want = (test_value(x, y, c) / 255.0 - mean[c]) / deviation[c];
        ck_assert_float_eq_tol(image[0][i], (float)want, 1e-6f);
        ck_assert_float_eq(image[1][i - x + SIDE - 1 - x], image[0][i]);
    }
    free(rgbx);
}
END_TEST

int main(void)
{
    return run_tests("resample", (const TTest *const[]){the_bytes_are_pil_s, both_codes_agree,
                                                        random_crops_lie_inside_and_follow_the_key,
                                                        random_crops_are_spread_as_torchvision_s, normalised_and_flipped,
                                                        NULL});
}
