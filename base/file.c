/* Whole files in; out through a temporary in the same folder, so that the last step is one rename. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status file_read(const char *path, struct strbuf *out)
{
    enum status status = STATUS_OK;
    char block[65536];
    FILE *stream = fopen(path, "rb");
    if (!stream && errno == ENOENT)
        return FAIL(NOT_FOUND, "%s: no such file; check the name", path);
    if (!stream)
        return FAIL(IO, "%s: can't be opened: %s", path, strerror(errno));

    for (;;) {
        size_t count = fread(block, 1, sizeof block, stream);
        strbuf_append_bytes(out, block, count);
        if (count == sizeof block)
            continue;
        if (ferror(stream))
            status = FAIL(IO, "%s: can't be read: %s", path, strerror(errno));
        break;
    }
    fclose(stream);
    return status;
}

/* A new file beside `path`, under a name that no other process or thread has. -1 and errno when there can be none. */
static int open_temporary(const char *path, char **name)
{
    static atomic_uint made;
    struct strbuf text;
    int descriptor = -1;

    strbuf_init(&text);
    for (int attempt = 0; attempt < 100 && descriptor < 0; attempt++) {
        strbuf_clear(&text);
        strbuf_printf(&text, "%s.%ld-%u.part", path, (long)getpid(), atomic_fetch_add(&made, 1));
        descriptor = open(text.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST)
            break;
    }
    int reason = errno;
    if (descriptor >= 0)
        *name = strbuf_take(&text);
    strbuf_release(&text);
    errno = reason;
    return descriptor;
}

enum status file_create(struct file_writer *writer, const char *path)
{
    struct stat old;
    bool exists = stat(path, &old) == 0;

    *writer = (struct file_writer){0};
    if (exists && !S_ISREG(old.st_mode))
        return FAIL(IO, "%s: is %s, not a file; give another name", path,
                    S_ISDIR(old.st_mode) ? "a folder" : "a device or pipe");
    int descriptor = open_temporary(path, &writer->temporary);
    if (descriptor < 0)
        return FAIL(IO, "%s: can't be written: %s; choose a folder that exists and is yours", path, strerror(errno));

    writer->path = strdup(path);
    /* The old file's mode stays. */
    bool ready = writer->path && (!exists || fchmod(descriptor, old.st_mode & 07777) == 0);
    writer->stream = ready ? fdopen(descriptor, "wb") : NULL;
    if (writer->stream)
        return STATUS_OK;
    enum status status = FAIL(IO, "%s: can't be written: %s", path, strerror(errno));
    close(descriptor);
    file_abandon(writer);
    return status;
}

enum status file_commit(struct file_writer *writer)
{
    enum status status = STATUS_OK;
    bool bad = ferror(writer->stream) != 0;

    errno = 0;
    bad |= fflush(writer->stream) != 0;
    bad |= fsync(fileno(writer->stream)) != 0;
    int reason = errno;
    bad |= fclose(writer->stream) != 0;
    writer->stream = NULL;
    if (bad) {
        status = FAIL(IO, "%s: can't be written: %s; the old file, if any, is as it was", writer->path,
                      reason || errno ? strerror(reason ? reason : errno) : "a write before failed; is the disk full?");
    } else if (rename(writer->temporary, writer->path) != 0) {
        status = FAIL(IO, "%s: can't be put in place: %s", writer->path, strerror(errno));
    } else {
        free(writer->temporary); /* nothing is left to remove */
        writer->temporary = NULL;
    }
    file_abandon(writer);
    return status;
}

void file_abandon(struct file_writer *writer)
{
    if (writer->stream)
        fclose(writer->stream);
    if (writer->temporary)
        unlink(writer->temporary);
    free(writer->temporary);
    free(writer->path);
    *writer = (struct file_writer){0};
}
