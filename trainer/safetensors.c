/* Opening a safetensors file, checking that its tensors tile the data, reading them. The header's JSON: safetensors_header.c. */
#include "trainer/safetensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/dtype.h"
#include "trainer/safetensors_int.h"

#define NO_DTYPE DTYPE_COUNT
#define CHUNK 16384 /* elements converted at a time */

static const struct {
    const char *name;
    int bytes;
    enum dtype dtype;
} types[SAFETENSORS_TYPES] = {
    [SAFETENSORS_F32] = {"F32", 4, DTYPE_FLOAT32},   [SAFETENSORS_BF16] = {"BF16", 2, DTYPE_BFLOAT16},
    [SAFETENSORS_F16] = {"F16", 2, DTYPE_FLOAT16},   [SAFETENSORS_F64] = {"F64", 8, DTYPE_FLOAT64},
    [SAFETENSORS_I64] = {"I64", 8, NO_DTYPE},        [SAFETENSORS_I32] = {"I32", 4, NO_DTYPE},
    [SAFETENSORS_I16] = {"I16", 2, NO_DTYPE},        [SAFETENSORS_I8] = {"I8", 1, NO_DTYPE},
    [SAFETENSORS_U64] = {"U64", 8, NO_DTYPE},        [SAFETENSORS_U32] = {"U32", 4, NO_DTYPE},
    [SAFETENSORS_U16] = {"U16", 2, NO_DTYPE},        [SAFETENSORS_U8] = {"U8", 1, NO_DTYPE},
    [SAFETENSORS_BOOL] = {"BOOL", 1, NO_DTYPE},      [SAFETENSORS_F8_E4M3] = {"F8_E4M3", 1, NO_DTYPE},
    [SAFETENSORS_F8_E5M2] = {"F8_E5M2", 1, NO_DTYPE},
};

const char *safetensors_type_name(enum safetensors_type type)
{
    return types[type].name;
}

int safetensors_type_bytes(enum safetensors_type type)
{
    return types[type].bytes;
}

bool safetensors_is_float(enum safetensors_type type)
{
    return types[type].dtype != NO_DTYPE;
}

int64_t safetensor_count(const struct safetensor *tensor)
{
    return (tensor->end - tensor->begin) / types[tensor->type].bytes;
}

static int by_place(const void *a, const void *b)
{
    const struct safetensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct safetensor *)a)->name, ((const struct safetensor *)b)->name);
}

/* Every byte of the data belongs to one tensor. */
static enum status check_tiling(struct safetensors *file)
{
    int64_t covered = 0;
    const char *before = "the header";
    if (file->tensor_count)
        qsort(file->tensor, (size_t)file->tensor_count, sizeof *file->tensor, by_place);
    for (int i = 0; i < file->tensor_count; i++) {
        const struct safetensor *tensor = &file->tensor[i];
        if (tensor->begin != covered)
            return FAIL(CORRUPT, "%s: byte %lld: %s %s %s; the file is damaged", file->path,
                        (long long)(file->data_start + tensor->begin), tensor->name,
                        tensor->begin < covered ? "overlaps" : "leaves a gap behind", before);
        covered = tensor->end;
        before = tensor->name;
    }
    if (covered != file->data_bytes)
        return FAIL(CORRUPT, "%s: byte %lld: %lld bytes behind the last tensor; the file is damaged", file->path,
                    (long long)(file->data_start + covered), (long long)(file->data_bytes - covered));
    return STATUS_OK;
}

static enum status check_names(struct safetensors *file)
{
    if (file->tensor_count)
        qsort(file->tensor, (size_t)file->tensor_count, sizeof *file->tensor, by_name);
    for (int i = 1; i < file->tensor_count; i++) {
        if (by_name(&file->tensor[i - 1], &file->tensor[i]) == 0)
            return FAIL(CORRUPT, "%s: byte %lld: a second tensor is named %s; the file is damaged", file->path,
                        (long long)(file->tensor[i].entry > file->tensor[i - 1].entry ? file->tensor[i].entry
                                                                                      : file->tensor[i - 1].entry),
                        file->tensor[i].name);
    }
    return STATUS_OK;
}

static enum status read_length(struct safetensors *file, int64_t *length)
{
    unsigned char raw[SAFETENSORS_PREFIX];
    uint64_t header = 0;
    if (fseeko(file->stream, 0, SEEK_END) != 0)
        return FAIL(IO, "%s: can't be read: %s; give a regular file", file->path, strerror(errno));
    int64_t size = (int64_t)ftello(file->stream);
    rewind(file->stream);
    size_t read = fread(raw, 1, sizeof raw, file->stream);
    if (ferror(file->stream))
        return FAIL(IO, "%s: can't be read: %s", file->path, strerror(errno));
    if (read != sizeof raw)
        return FAIL(CORRUPT, "%s: byte %lld: the file ends within its first 8 bytes; it breaks off or is no safetensors file",
                    file->path, (long long)size);
    for (int i = SAFETENSORS_PREFIX - 1; i >= 0; i--)
        header = header << 8 | raw[i];
    if (header > SAFETENSORS_MAX_HEADER || (int64_t)header > size - SAFETENSORS_PREFIX)
        return FAIL(CORRUPT, "%s: byte 0: a header of %llu bytes in a file of %lld (at most %d are allowed); the file breaks "
                    "off or is no safetensors file", file->path, (unsigned long long)header, (long long)size,
                    SAFETENSORS_MAX_HEADER);
    *length = (int64_t)header;
    file->data_start = SAFETENSORS_PREFIX + *length;
    file->data_bytes = size - file->data_start;
    return STATUS_OK;
}

static enum status read_header(struct safetensors *file)
{
    int64_t length = 0;
    TRY(read_length(file, &length));
    char *text = calloc((size_t)length + 1, 1);
    if (!text)
        return FAIL(NO_MEMORY, "%s: no memory for a header of %lld bytes", file->path, (long long)length);
    enum status status = STATUS_OK;
    if (fread(text, 1, (size_t)length, file->stream) != (size_t)length)
        status = FAIL(IO, "%s: byte 8: the header can't be read: %s", file->path, strerror(errno));
    if (status == STATUS_OK)
        status = safetensors_parse(file, text, (size_t)length);
    free(text);
    return status;
}

enum status safetensors_open(const char *path, struct safetensors *out)
{
    enum status status;
    memset(out, 0, sizeof *out);
    out->path = strdup(path);
    out->stream = fopen(path, "rb");
    if (!out->path)
        TRY_OUT(FAIL(NO_MEMORY, "no memory for a file name"));
    if (!out->stream && errno == ENOENT)
        TRY_OUT(FAIL(NOT_FOUND, "%s: no such file; check the name", path));
    if (!out->stream)
        TRY_OUT(FAIL(IO, "%s: can't be opened: %s", path, strerror(errno)));
    TRY_OUT(read_header(out));
    TRY_OUT(check_tiling(out));
    TRY_OUT(check_names(out));
    return STATUS_OK;
out:
    safetensors_close(out);
    return status;
}

void safetensors_close(struct safetensors *file)
{
    for (int i = 0; i < file->tensor_count; i++)
        free(file->tensor[i].name);
    for (int i = 0; i < file->pair_count; i++) {
        free(file->pair[i].key);
        free(file->pair[i].value);
    }
    free(file->tensor);
    free(file->pair);
    free(file->path);
    if (file->stream)
        fclose(file->stream);
    memset(file, 0, sizeof *file);
}

int safetensors_find(const struct safetensors *file, const char *name)
{
    struct safetensor key = {.name = (char *)name};
    const struct safetensor *found = file->tensor_count ? bsearch(&key, file->tensor, (size_t)file->tensor_count,
                                                                  sizeof key, by_name)
                                                        : NULL;
    return found ? (int)(found - file->tensor) : -1;
}

const char *safetensors_metadata(const struct safetensors *file, const char *key)
{
    for (int i = 0; i < file->pair_count; i++) {
        if (strcmp(file->pair[i].key, key) == 0)
            return file->pair[i].value;
    }
    return NULL;
}

static enum status read_bytes(const struct safetensors *file, const struct safetensor *tensor, void *data, size_t bytes)
{
    if (fread(data, 1, bytes, file->stream) == bytes)
        return STATUS_OK;
    return FAIL(IO, "%s: byte %lld: %s can't be read: %s", file->path, (long long)(file->data_start + tensor->begin),
                tensor->name, ferror(file->stream) ? strerror(errno) : "the file has become shorter");
}

static enum status seek(const struct safetensors *file, const struct safetensor *tensor)
{
    if (fseeko(file->stream, (off_t)(file->data_start + tensor->begin), SEEK_SET) == 0)
        return STATUS_OK;
    return FAIL(IO, "%s: can't be read: %s", file->path, strerror(errno));
}

enum status safetensors_read_floats(const struct safetensors *file, int number, float *values)
{
    const struct safetensor *tensor = &file->tensor[number];
    enum dtype dtype = types[tensor->type].dtype;
    int64_t count = safetensor_count(tensor);
    double chunk[CHUNK];
    if (dtype == NO_DTYPE)
        return FAIL(UNSUPPORTED, "%s: byte %lld: %s has dtype %s; weights are F32, BF16, F16 or F64", file->path,
                    (long long)tensor->entry, tensor->name, types[tensor->type].name);
    TRY(seek(file, tensor));
    if (dtype == DTYPE_FLOAT32)
        return read_bytes(file, tensor, values, (size_t)count * sizeof *values);
    for (int64_t first = 0; first < count; first += CHUNK) {
        int64_t part = count - first < CHUNK ? count - first : CHUNK;
        TRY(read_bytes(file, tensor, chunk, (size_t)part * dtype_bytes(dtype)));
        for (int64_t i = 0; i < part; i++)
            values[first + i] = (float)dtype_load(chunk, dtype, i);
    }
    return STATUS_OK;
}

enum status safetensors_read_integers(const struct safetensors *file, int number, int64_t *values)
{
    const struct safetensor *tensor = &file->tensor[number];
    if (tensor->type != SAFETENSORS_I64)
        return FAIL(UNSUPPORTED, "%s: byte %lld: %s has dtype %s, not I64", file->path, (long long)tensor->entry, tensor->name,
                    types[tensor->type].name);
    TRY(seek(file, tensor));
    return read_bytes(file, tensor, values, (size_t)(tensor->end - tensor->begin));
}
