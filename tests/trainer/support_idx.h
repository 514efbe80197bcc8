/* Files of the MNIST family for tests: made with zlib in a scratch folder, whole or damaged in a chosen way. */
#ifndef TESTS_TRAINER_SUPPORT_IDX_H
#define TESTS_TRAINER_SUPPORT_IDX_H

#include <stddef.h>
#include <stdint.h>

/* Names in the folder, by split. */
extern const char *const image_file_names[2], *const label_file_names[2];

/* A new empty folder; removed with its files by scratch_remove. */
void scratch_create(char path[64]);
void scratch_remove(const char *folder);

/* FOLDER/NAME, valid until the next call. */
const char *scratch_path(const char *folder, const char *name);

/* Writes `bytes` as they are, and gzip-compressed. */
void write_plain(const char *path, const void *bytes, size_t count);
void write_gzip(const char *path, const void *bytes, size_t count);

/* A whole file; malloc'd. */
unsigned char *read_plain(const char *path, size_t *count);

/* An idx file in memory: header of `dims` sizes and `count` data bytes; malloc'd, its length in *length. */
unsigned char *idx_bytes(int dims, const uint32_t *size, const uint8_t *data, size_t count, size_t *length);
void write_idx(const char *path, int dims, const uint32_t *size, const uint8_t *data, size_t count);

/*
 * The four files: `count` images of height x width in each split. Pixel p of image i is (7 i + 13 p + split) % 256, its
 * label i % 10.
 */
void write_family(const char *folder, uint32_t count, uint32_t height, uint32_t width);

#endif
