/*
 * The safetensors format, read and written: 8 bytes little-endian length of the header, a JSON header that names each
 * tensor with dtype, shape and its bytes, then the tensors' bytes, contiguous and one behind the other.
 *
 * Reading is strict, since files come from elsewhere: every byte of the data belongs to exactly one tensor, names are unique,
 * shapes and bytes agree. What is refused is refused by safetensors_open, before anything is read, naming file and byte.
 * Format: the README of the safetensors project ("Format"), whose own reader has the same limits.
 */
#ifndef TRAINER_SAFETENSORS_H
#define TRAINER_SAFETENSORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

#define SAFETENSORS_MAX_DIMS 8
#define SAFETENSORS_MAX_HEADER 100000000 /* bytes; the limit of the safetensors library */

enum safetensors_type {
    SAFETENSORS_F32, SAFETENSORS_BF16, SAFETENSORS_F16, SAFETENSORS_F64, SAFETENSORS_I64, SAFETENSORS_I32, SAFETENSORS_I16,
    SAFETENSORS_I8, SAFETENSORS_U64, SAFETENSORS_U32, SAFETENSORS_U16, SAFETENSORS_U8, SAFETENSORS_BOOL,
    SAFETENSORS_F8_E4M3, SAFETENSORS_F8_E5M2, SAFETENSORS_TYPES
};

/* "F32", ...; bytes of one element. */
const char *safetensors_type_name(enum safetensors_type type);
int safetensors_type_bytes(enum safetensors_type type);

struct safetensor {
    char *name; /* owned */
    enum safetensors_type type;
    int dims;
    int64_t size[SAFETENSORS_MAX_DIMS];
    int64_t begin, end; /* bytes, counted from the first byte of the data */
    int64_t entry;      /* byte of the file at which the header names it */
};

struct safetensors_pair {
    char *key, *value; /* owned */
};

struct safetensors {
    char *path; /* owned */
    FILE *stream;
    int64_t data_start, data_bytes;
    struct safetensor *tensor; /* by name */
    int tensor_count, tensor_room;
    struct safetensors_pair *pair; /* "__metadata__" */
    int pair_count, pair_room;
};

/*
 * Opens a file and reads its header. Fails with NOT_FOUND, IO, or CORRUPT and then with file, byte and reason; *out needs no
 * close then. A reader for bytes in memory does not exist: a file is what users have.
 */
enum status safetensors_open(const char *path, struct safetensors *out);
void safetensors_close(struct safetensors *file);

/* Number of the tensor, -1 when there is none. */
int safetensors_find(const struct safetensors *file, const char *name);

/* A value of "__metadata__", NULL when it is not there. Owned by the file. */
const char *safetensors_metadata(const struct safetensors *file, const char *key);

/* Elements of a tensor. */
int64_t safetensor_count(const struct safetensor *tensor);

/* True for F32, BF16, F16 and F64: what safetensors_read_floats takes. */
bool safetensors_is_float(enum safetensors_type type);

/* All elements of a floating-point tensor as float32 (F64 is rounded), or of an I64 one. UNSUPPORTED for other types. */
enum status safetensors_read_floats(const struct safetensors *file, int tensor, float *values);
enum status safetensors_read_integers(const struct safetensors *file, int tensor, int64_t *values);

/* A tensor to be written: F32 or I64. Borrowed. */
struct safetensors_item {
    const char *name;
    enum safetensors_type type;
    int dims;
    const int64_t *size;
};

struct safetensors_content {
    const struct safetensors_item *item;
    int items;
    const struct safetensors_pair *pair; /* "__metadata__" */
    int pairs;
    /* Puts all elements of an item, contiguous, into `data`; called once per item, I64 items first, then in their order. */
    enum status (*fill)(void *user, int item, void *data);
    void *user;
};

/* Writes through a temporary beside the file and one rename: a reader sees the old file or the whole new one. */
enum status safetensors_write(const char *path, const struct safetensors_content *content);

#endif
