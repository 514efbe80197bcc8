/* The unnamed temporary file: O_TMPFILE where the file system has it, else a name that is taken away at once. */
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#include "importers/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

enum status spill_init(struct spill *self, const char *beside)
{
    *self = (struct spill){.beside = strdup(beside), .file = -1};
    return self->beside ? STATUS_OK : FAIL(NO_MEMORY, "%s: out of memory", beside);
}

void spill_release(struct spill *self)
{
    if (self->beside && self->file >= 0)
        close(self->file);
    free(self->beside);
    *self = (struct spill){.file = -1};
}

static int open_named_and_unlink(const char *beside)
{
    struct strbuf name;
    int file;

    strbuf_init(&name);
    strbuf_printf(&name, "%s.XXXXXX", beside);
    file = mkostemp(name.text, O_CLOEXEC);
    if (file >= 0)
        unlink(name.text);
    strbuf_release(&name);
    return file;
}

static int open_unnamed(const char *beside)
{
    const char *slash = strrchr(beside, '/');
    struct strbuf folder;
    int file;

    strbuf_init(&folder);
    if (slash)
        strbuf_append_bytes(&folder, beside, slash == beside ? 1 : (size_t)(slash - beside));
    else
        strbuf_append(&folder, ".");
    file = open(folder.text, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    strbuf_release(&folder);
    return file;
}

static enum status open_file(struct spill *self)
{
    self->file = open_unnamed(self->beside);
    if (self->file < 0)
        self->file = open_named_and_unlink(self->beside);
    if (self->file < 0)
        return FAIL(IO, "%s: no temporary file can be made beside it: %s; choose another place with -o", self->beside,
                    strerror(errno));
    return STATUS_OK;
}

enum status spill_append(struct spill *self, const void *bytes, size_t count, int64_t *at)
{
    const char *from = bytes;

    if (self->file < 0)
        TRY(open_file(self));
    *at = self->bytes;
    while (count > 0) {
        ssize_t written = pwrite(self->file, from, count, self->bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return FAIL(IO, "%s: the temporary file beside it can't grow beyond %lld bytes: %s; free space, or choose"
                            " another place with -o",
                        self->beside, (long long)self->bytes, strerror(written < 0 ? errno : ENOSPC));
        from += written;
        count -= (size_t)written;
        self->bytes += written;
    }
    return STATUS_OK;
}

enum status spill_read(const struct spill *self, void *bytes, size_t count, int64_t at)
{
    char *to = bytes;

    while (count > 0) {
        ssize_t got = pread(self->file, to, count, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return FAIL(IO, "%s: the temporary file beside it can't be read: %s", self->beside,
                        got < 0 ? strerror(errno) : "it ends too early");
        to += got;
        count -= (size_t)got;
        at += got;
    }
    return STATUS_OK;
}
