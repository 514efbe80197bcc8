/* See output.h. */
#include "commands/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"

/* The bytes of an SQLite file that say whose it is (profiler/trace.h: TRACE_APPLICATION_ID). */
static bool is_trace(const char *path)
{
    unsigned char head[100] = {0};
    FILE *file = fopen(path, "rb");
    bool yes = file != NULL && fread(head, 1, sizeof head, file) == sizeof head &&
               memcmp(head, "SQLite format 3", 16) == 0 && memcmp(head + 68, "clpr", 4) == 0;

    if (file != NULL)
        fclose(file);
    return yes;
}

static void remove_file(void *name)
{
    unlink(name);
}

static enum status write_stdout(enum status (*write)(void *what, FILE *out), void *what)
{
    TRY(write(what, stdout));
    if (fflush(stdout) != 0 || ferror(stdout))
        return FAIL(IO, "cannot write to standard output: %s", strerror(errno));
    return STATUS_OK;
}

enum status output_write(const char *path, enum status (*write)(void *what, FILE *out), void *what)
{
    struct interrupt_guard *interrupt = NULL;
    struct file_writer writer = {0};
    char *temporary = NULL;
    enum status status;

    if (path == NULL || strcmp(path, "-") == 0)
        return write_stdout(write, what);
    if (is_trace(path))
        return FAIL(USAGE, "%s: is a trace, and would be replaced by what is written; give another name", path);
    TRY_OUT(file_create(&writer, path));
    temporary = strdup(writer.temporary); /* the writer gives its own away at the end */
    if (temporary != NULL)
        TRY_OUT(interrupt_guard_begin(remove_file, temporary, &interrupt));
    TRY_OUT(write(what, writer.stream));
    TRY_OUT(file_commit(&writer));
out:
    file_abandon(&writer);
    interrupt_guard_end(interrupt);
    free(temporary);
    return status;
}
