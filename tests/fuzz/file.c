/* What the fuzz targets share: bytes become a file in a scratch folder. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"

static char folder[400], input[440], trace[440];

static void remove_all(void)
{
    unlink(input);
    unlink(trace);
    rmdir(folder);
}

static void make_folder(void)
{
    if (folder[0])
        return;
    /* run.sh and smoke.sh set TMPDIR, and remove what a crash leaves there. */
    snprintf(folder, sizeof folder, "%s/clprof-fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
    fuzz_must(mkdtemp(folder) != NULL, "no scratch folder");
    snprintf(input, sizeof input, "%s/input", folder);
    snprintf(trace, sizeof trace, "%s/trace.db", folder);
    atexit(remove_all);
}

void fuzz_must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
    make_folder();
    int fd = open(input, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    fuzz_must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "can't write the input");
    close(fd);
    return input;
}

const char *fuzz_trace_path(void)
{
    make_folder();
    return trace;
}
