/* The idx reader and its refusals, and samples against a plain formula. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/trainer/support_idx.h"
#include "tests/trainer/support_trainer.h"
#include "trainer/data/idx_file.h"

static char folder[64];

/* What idx_read says of a file that is not as it should be; nothing may be handed out. */
static void refused_file(const char *path, int dims, const char *word)
{
    int64_t size[3];
    uint8_t *data = NULL;
    REFUSED(idx_read(path, dims, size, &data), CORRUPT, path, word);
    ck_assert_ptr_null(data);
}

START_TEST(good_file_is_read)
{
    scratch_create(folder);
    uint8_t content[24], *data;
    int64_t size[3];
    for (int i = 0; i < 24; i++)
        content[i] = (uint8_t)(250 + i);
    const char *path = scratch_path(folder, "a.gz");
    write_idx(path, 3, (uint32_t[]){2, 3, 4}, content, 24);
    must(idx_header(path, 3, size));
    ck_assert(size[0] == 2 && size[1] == 3 && size[2] == 4);
    memset(size, 0, sizeof size);
    must(idx_read(path, 3, size, &data));
    ck_assert(size[0] == 2 && size[1] == 3 && size[2] == 4);
    ck_assert_mem_eq(data, content, 24);
    free(data);
    scratch_remove(folder);
}
END_TEST

START_TEST(missing_file_is_named)
{
    int64_t size[3];
    uint8_t *data;
    REFUSED(idx_header("no-such-folder/a.gz", 1, size), NOT_FOUND, "no-such-folder/a.gz", "No such file");
    REFUSED(idx_read("no-such-folder/a.gz", 1, size, &data), NOT_FOUND, "no-such-folder/a.gz", "No such file");
}
END_TEST

/* A gzip file whose content ends too early, at every byte of header and data. */
START_TEST(content_cut_at_every_byte)
{
    scratch_create(folder);
    uint8_t content[6] = {1, 2, 3, 4, 5, 6};
    size_t length;
    unsigned char *bytes = idx_bytes(3, (uint32_t[]){1, 2, 3}, content, 6, &length);
    const char *path = scratch_path(folder, "cut.gz");
    for (size_t cut = 0; cut < length; cut++) {
        char where[32];
        int64_t size[3];
        snprintf(where, sizeof where, "at byte %zu", cut);
        write_gzip(path, bytes, cut);
        refused_file(path, 3, where);
        if (cut < 16)
            REFUSED(idx_header(path, 3, size), CORRUPT, path, where);
        else
            must(idx_header(path, 3, size));
    }
    free(bytes);
    scratch_remove(folder);
}
END_TEST

/* A good gzip file that lost its end, checksum and length included. */
START_TEST(gzip_cut_at_every_byte)
{
    scratch_create(folder);
    uint8_t content[64];
    size_t length;
    for (int i = 0; i < 64; i++)
        content[i] = (uint8_t)(i * i);
    const char *path = scratch_path(folder, "cut.gz");
    write_idx(path, 1, (uint32_t[]){64}, content, 64);
    unsigned char *bytes = read_plain(path, &length);
    for (size_t cut = 0; cut < length; cut++) {
        write_plain(path, bytes, cut);
        refused_file(path, 1, "byte");
    }
    free(bytes);
    scratch_remove(folder);
}
END_TEST

START_TEST(damaged_content_fails_the_checksum)
{
    scratch_create(folder);
    uint8_t content[200];
    size_t length;
    for (int i = 0; i < 200; i++)
        content[i] = (uint8_t)(i * 167);
    const char *path = scratch_path(folder, "flip.gz");
    write_idx(path, 1, (uint32_t[]){200}, content, 200);
    unsigned char *bytes = read_plain(path, &length);
    for (size_t at = length - 8; at < length; at++) { /* CRC and length */
        bytes[at] ^= 0x10;
        write_plain(path, bytes, length);
        refused_file(path, 1, at < length - 4 ? "incorrect data check" : "incorrect length check");
        bytes[at] ^= 0x10;
    }
    free(bytes);
    scratch_remove(folder);
}
END_TEST

START_TEST(other_files_are_refused)
{
    scratch_create(folder);
    const char *path = scratch_path(folder, "other.gz");
    uint8_t content[8] = {0};
    char garbage[64];
    memset(garbage, 'x', sizeof garbage);
    write_plain(path, garbage, sizeof garbage); /* no gzip at all */
    refused_file(path, 1, "byte 0");
    memcpy(garbage, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff", 12); /* gzip's head, then garbage */
    write_plain(path, garbage, sizeof garbage);
    refused_file(path, 1, "byte 0");
    write_idx(path, 1, (uint32_t[]){8}, content, 8); /* labels where images are expected */
    refused_file(path, 3, "byte 0 holds 0x00000801");
    write_gzip(path, "\0\0\x0d\x01\0\0\0\x08\0\0\0\0\0\0\0\0", 16); /* floats */
    refused_file(path, 1, "byte 0 holds 0x00000d01");
    write_idx(path, 3, (uint32_t[]){2, 0, 4}, content, 8);
    refused_file(path, 3, "byte 8");
    write_idx(path, 3, (uint32_t[]){2, 2, 0xffffffffu}, content, 8);
    refused_file(path, 3, "byte 12");
    write_idx(path, 1, (uint32_t[]){5}, content, 8); /* more labels than it says */
    refused_file(path, 1, "goes on at byte 13");
    scratch_remove(folder);
}
END_TEST

START_TEST(sizes_without_memory_are_refused)
{
    scratch_create(folder);
    int64_t size[3];
    uint8_t *data = NULL;
    const char *path = scratch_path(folder, "huge.gz");
    /* 2^72 bytes: their product in 64 bits is 0. */
    write_idx(path, 3, (uint32_t[]){1 << 24, 1 << 24, 1 << 24}, (const uint8_t *)"x", 1);
    REFUSED(idx_read(path, 3, size, &data), NO_MEMORY, path, "byte 4", "more than 4294967296");
    write_idx(path, 3, (uint32_t[]){1, 1 << 16, (1 << 16) + 1}, (const uint8_t *)"x", 1);
    REFUSED(idx_read(path, 3, size, &data), NO_MEMORY, path, "more than 4294967296");
    ck_assert_ptr_null(data);
    scratch_remove(folder);
}
END_TEST

/* The family in the folder, with one file replaced, must be refused by open or load; and again by the same load. */
static void refused_family(const char *file, const char *word)
{
    struct dataset dataset;
    enum status status = dataset_open(folder, &dataset);
    if (status == STATUS_OK) {
        status = dataset_load(&dataset, SPLIT_TRAIN);
        REFUSED(status, CORRUPT, file, word);
        REFUSED(dataset_load(&dataset, SPLIT_TRAIN), CORRUPT, file, word);
        dataset_release(&dataset);
        return;
    }
    REFUSED(status, CORRUPT, file, word);
}

START_TEST(family_that_does_not_fit_together)
{
    scratch_create(folder);
    uint8_t zeros[16 * 20] = {0}, labels[21] = {0};
    labels[17] = 10;
    write_family(folder, 20, 4, 4);
    write_idx(scratch_path(folder, label_file_names[0]), 1, (uint32_t[]){20}, labels, 20);
    refused_family(label_file_names[0], "label 10 at byte 25"); /* 8 + 17 */
    write_idx(scratch_path(folder, label_file_names[0]), 1, (uint32_t[]){21}, zeros, 21);
    refused_family(label_file_names[0], "20 images");
    write_family(folder, 20, 4, 4);
    write_idx(scratch_path(folder, image_file_names[1]), 3, (uint32_t[]){20, 2, 8}, zeros, sizeof zeros);
    refused_family(image_file_names[1], "2x8");
    write_family(folder, 20, 4, 4);
    write_plain(scratch_path(folder, image_file_names[0]), "", 0);
    refused_family(image_file_names[0], "byte 0");
    scratch_remove(folder);
}
END_TEST

START_TEST(files_that_changed_after_open)
{
    struct dataset dataset;
    scratch_create(folder);
    write_family(folder, 20, 4, 4);
    must(dataset_open(folder, &dataset));
    write_family(folder, 19, 4, 4);
    REFUSED(dataset_load(&dataset, SPLIT_TRAIN), CORRUPT, image_file_names[0], "size 19 at byte 4 was 20");
    dataset_release(&dataset);
    scratch_remove(folder);
}
END_TEST

START_TEST(missing_folders_and_files_are_named)
{
    struct dataset dataset;
    REFUSED(dataset_open("no-such-folder", &dataset), NOT_FOUND, "no-such-folder", "synthetic");
    scratch_create(folder);
    write_family(folder, 3, 2, 2);
    unlink(scratch_path(folder, label_file_names[1]));
    REFUSED(dataset_open(folder, &dataset), NOT_FOUND, label_file_names[1]);
    scratch_remove(folder);
}
END_TEST

/* torch.nn.functional.interpolate(mode="bilinear", align_corners=False) at one output pixel, in double. */
static double bilinear(const uint8_t *pixels, int height, int width, int side, int y, int x)
{
    double at[2] = {(y + 0.5) * height / side - 0.5, (x + 0.5) * width / side - 0.5}, part[2];
    int size[2] = {height, width}, low[2], high[2];
    for (int d = 0; d < 2; d++) {
        at[d] = fmax(at[d], 0);
        low[d] = (int)floor(at[d]);
        high[d] = low[d] + (low[d] < size[d] - 1);
        part[d] = at[d] - low[d];
    }
    double top = (1 - part[1]) * pixels[low[0] * width + low[1]] + part[1] * pixels[low[0] * width + high[1]];
    double bottom = (1 - part[1]) * pixels[high[0] * width + low[1]] + part[1] * pixels[high[0] * width + high[1]];
    return (1 - part[0]) * top + part[0] * bottom;
}

/* Mean and deviation of Fashion-MNIST, which normalise the whole family. */
#define MEAN 0.2860
#define DEVIATION 0.3530

/* A sample of write_family's test split against the formula. */
static void compare_sample(const struct dataset *dataset, int height, int width, int64_t index, int side)
{
    int64_t plane = (int64_t)side * side, label = -1;
    float *image = malloc((size_t)(3 * plane) * sizeof *image);
    uint8_t *pixels = malloc((size_t)(height * width));
    ck_assert(image && pixels);
    for (int p = 0; p < height * width; p++)
        pixels[p] = (uint8_t)(7 * index + 13 * p + SPLIT_TEST);
    must(dataset_sample(dataset, &(struct sample){SPLIT_TEST, index, side, 0}, image, &label));
    ck_assert_int_eq(label, index % 10);
    for (int64_t i = 0; i < 3 * plane; i++) {
        int y = (int)(i % plane) / side, x = (int)(i % side);
        double grey = bilinear(pixels, height, width, side, y, x);
        double want = (grey / 255 - MEAN) / DEVIATION;
        ck_assert_msg(fabs(image[i] - want) < 2e-5, "%dx%d to %d: channel %d, row %d, column %d is %.7g, expected %.7g",
                      height, width, side, (int)(i / plane), y, x, image[i], want);
    }
    free(pixels);
    free(image);
}

START_TEST(samples_are_bilinear_and_normalised)
{
    static const uint32_t shapes[][2] = {{28, 28}, {1, 1}, {1, 5}, {6, 1}, {3, 4}, {2, 2}};
    static const int sides[] = {1, 2, 7, 28, 33, 64};
    scratch_create(folder);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct dataset dataset;
        write_family(folder, 12, shapes[s][0], shapes[s][1]);
        must(dataset_open(folder, &dataset));
        must(dataset_load(&dataset, SPLIT_TEST));
        must(dataset_load(&dataset, SPLIT_TEST)); /* does nothing */
        ck_assert_int_eq(dataset.count[SPLIT_TRAIN], 12);
        for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
            compare_sample(&dataset, (int)shapes[s][0], (int)shapes[s][1], 11, sides[i]);
        dataset_release(&dataset);
    }
    scratch_remove(folder);
}
END_TEST

START_TEST(synthetic_samples_are_numbers_of_their_index)
{
    struct dataset dataset;
    float one[3 * 16 * 16], two[3 * 16 * 16];
    int64_t label, again, seen[10] = {0};
    double sum = 0, squares = 0;
    must(dataset_open("synthetic", &dataset));
    for (int64_t i = 0; i < 200; i++) {
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, i, 16, 0}, one, &label));
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, i, 16, 0}, two, &again));
        ck_assert_mem_eq(one, two, sizeof one);
        ck_assert_int_eq(label, again);
        ck_assert(label >= 0 && label < dataset.classes);
        seen[label]++;
        for (int p = 0; p < 3 * 16 * 16; p++) {
            sum += one[p];
            squares += one[p] * one[p];
        }
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, i + 1, 16, 0}, two, &again));
        ck_assert_int_ne(memcmp(one, two, sizeof one), 0);
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TEST, i, 16, 0}, two, &again));
        ck_assert_int_ne(memcmp(one, two, sizeof one), 0);
    }
    for (int c = 0; c < dataset.classes; c++)
        ck_assert_int_gt(seen[c], 0);
    ck_assert_double_eq_tol(sum / (200 * 768), 0, 0.02);     /* five standard errors */
    ck_assert_double_eq_tol(squares / (200 * 768), 1, 0.02);
    dataset_release(&dataset);
}
END_TEST

int main(void)
{
    return run_tests("data", (const TTest *const[]){
                                 good_file_is_read, missing_file_is_named, content_cut_at_every_byte,
                                 gzip_cut_at_every_byte, damaged_content_fails_the_checksum, other_files_are_refused,
                                 sizes_without_memory_are_refused, family_that_does_not_fit_together,
                                 files_that_changed_after_open, missing_folders_and_files_are_named,
                                 samples_are_bilinear_and_normalised, synthetic_samples_are_numbers_of_their_index,
                                 NULL});
}
