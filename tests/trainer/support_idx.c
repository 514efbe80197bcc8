/* idx files made by hand. */
#include "tests/trainer/support_idx.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

const char *const image_file_names[2] = {"train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"};
const char *const label_file_names[2] = {"train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};

void scratch_create(char path[64])
{
    const char *top = getenv("TMPDIR");
    ck_assert_int_lt(snprintf(path, 64, "%.32s/clprof-XXXXXX", top && *top && strlen(top) <= 32 ? top : "."), 64);
    ck_assert_ptr_nonnull(mkdtemp(path));
}

void scratch_remove(const char *folder)
{
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.')
            unlink(scratch_path(folder, entry->d_name));
    }
    closedir(dir);
    ck_assert_int_eq(rmdir(folder), 0);
}

const char *scratch_path(const char *folder, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void write_plain(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}

void write_gzip(const char *path, const void *bytes, size_t count)
{
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    if (count)
        ck_assert_int_eq(gzwrite(file, bytes, (unsigned)count), (int)count);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

unsigned char *read_plain(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t room = 1 << 20;
    unsigned char *bytes = malloc(room);
    ck_assert_ptr_nonnull(bytes);
    *count = fread(bytes, 1, room, file);
    ck_assert_uint_lt(*count, room);
    fclose(file);
    return bytes;
}

unsigned char *idx_bytes(int dims, const uint32_t *size, const uint8_t *data, size_t count, size_t *length)
{
    unsigned char *bytes = malloc(4 + 4 * (size_t)dims + count), *at = bytes;
    ck_assert_ptr_nonnull(bytes);
    for (int d = -1; d < dims; d++) {
        uint32_t word = d < 0 ? 0x00000800u | (uint32_t)dims : size[d];
        for (int shift = 24; shift >= 0; shift -= 8)
            *at++ = (unsigned char)(word >> shift);
    }
    memcpy(at, data, count);
    *length = 4 + 4 * (size_t)dims + count;
    return bytes;
}

void write_idx(const char *path, int dims, const uint32_t *size, const uint8_t *data, size_t count)
{
    size_t length;
    unsigned char *bytes = idx_bytes(dims, size, data, count, &length);
    write_gzip(path, bytes, length);
    free(bytes);
}

void write_family(const char *folder, uint32_t count, uint32_t height, uint32_t width)
{
    uint32_t size[3] = {count, height, width};
    size_t pixels = (size_t)height * width;
    uint8_t *images = malloc(count * pixels), *labels = malloc(count);
    ck_assert(images && labels);
    for (unsigned split = 0; split < 2; split++) {
        for (size_t i = 0; i < count; i++) {
            for (size_t p = 0; p < pixels; p++)
                images[i * pixels + p] = (uint8_t)(7 * i + 13 * p + split);
            labels[i] = (uint8_t)(i % 10);
        }
        write_idx(scratch_path(folder, image_file_names[split]), 3, size, images, count * pixels);
        write_idx(scratch_path(folder, label_file_names[split]), 1, size, labels, count);
    }
    free(images);
    free(labels);
}
