/* Reading idx.gz files. */
#include "trainer/data/idx_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MOST_BYTES ((int64_t)1 << 32)

static uint32_t big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static enum status open_file(const char *path, gzFile *out)
{
    errno = 0;
    *out = gzopen(path, "rb");
    if (!*out)
        return FAIL(NOT_FOUND, "can't open %s: %s", path, errno ? strerror(errno) : "out of memory");
    gzbuffer(*out, 1 << 18);
    return STATUS_OK;
}

static enum status read_header(gzFile file, const char *path, int dims, int64_t *size)
{
    unsigned char header[4 + 4 * 4];
    int want = 4 + 4 * dims, got = gzread(file, header, (unsigned)want);
    if (got < 0)
        return FAIL(CORRUPT, "%s is damaged at byte 0: %s", path, gzerror(file, &(int){0}));
    if (got < want)
        return FAIL(CORRUPT, "%s ends at byte %d of its %d-byte header; the file is cut short or no gzip", path, got,
                    want);
    uint32_t magic = big_endian(header), expected = 0x00000800u | (uint32_t)dims;
    if (magic != expected)
        return FAIL(CORRUPT, "%s is no idx file of %d dimensions: byte 0 holds 0x%08x, expected 0x%08x", path, dims,
                    magic, expected);
    for (int d = 0; d < dims; d++) {
        size[d] = big_endian(header + 4 + 4 * d);
        if (size[d] < 1 || size[d] > 1 << 24)
            return FAIL(CORRUPT, "%s: impossible size %lld at byte %d", path, (long long)size[d], 4 + 4 * d);
    }
    return STATUS_OK;
}

enum status idx_header(const char *path, int dims, int64_t *size)
{
    gzFile file;
    TRY(open_file(path, &file));
    enum status status = read_header(file, path, dims, size);
    gzclose(file);
    return status;
}

/* Product of the sizes; MOST_BYTES + 1 for all that are larger. */
static int64_t content_bytes(int dims, const int64_t *size)
{
    int64_t count = 1;
    for (int d = 0; d < dims; d++) {
        if (count > MOST_BYTES / size[d])
            return MOST_BYTES + 1;
        count *= size[d];
    }
    return count;
}

/* The end of the data is the end of the file; only reading on makes zlib compare the checksum. */
static enum status read_end(gzFile file, const char *path, int64_t end)
{
    unsigned char extra;
    int code, got = gzread(file, &extra, 1);
    if (got > 0)
        return FAIL(CORRUPT, "%s goes on at byte %lld, where its sizes say that it ends", path, (long long)end);
    const char *reason = gzerror(file, &code);
    if (code != Z_OK && code != Z_STREAM_END)
        return FAIL(CORRUPT, "%s is damaged before byte %lld: %s", path, (long long)end, reason);
    return STATUS_OK;
}

enum status idx_read(const char *path, int dims, int64_t *size, uint8_t **data)
{
    gzFile file;
    enum status status;
    uint8_t *bytes = NULL;
    TRY(open_file(path, &file));
    TRY_OUT(read_header(file, path, dims, size));
    int64_t count = content_bytes(dims, size), got = 0;
    bytes = count <= MOST_BYTES ? malloc((size_t)count) : NULL;
    if (!bytes) {
        status = FAIL(NO_MEMORY, "%s: by its sizes (byte 4) it holds %s%lld bytes; there is no memory for them", path,
                      count > MOST_BYTES ? "more than " : "", (long long)(count > MOST_BYTES ? MOST_BYTES : count));
        goto out;
    }
    while (got < count) {
        int64_t rest = count - got;
        int part = gzread(file, bytes + got, (unsigned)(rest < 1 << 24 ? rest : 1 << 24));
        if (part <= 0) {
            int code;
            const char *reason = gzerror(file, &code);
            status = FAIL(CORRUPT, "%s is damaged at byte %lld of %lld: %s", path, (long long)(4 + 4 * dims + got),
                          (long long)(4 + 4 * dims + count), code ? reason : "the file ends too early");
            goto out;
        }
        got += part;
    }
    TRY_OUT(read_end(file, path, 4 + 4 * dims + count));
    *data = bytes;
    bytes = NULL;
out:
    free(bytes);
    gzclose(file);
    return status;
}
