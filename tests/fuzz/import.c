/* What the fuzz targets share: a file becomes a trace, a trace must be sound. */
#include <stdio.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "fuzz.h"
#include "profiler/check.h"
#include "profiler/trace.h"

static void must_be_sound(const char *trace)
{
    sqlite3 *db = NULL;
    int64_t broken = 0;
    struct strbuf report;
    strbuf_init(&report);
    fuzz_must(trace_open(trace, 0, &db) == STATUS_OK, "a finished trace does not open");
    fuzz_must(trace_check(db, &report, &broken) == STATUS_OK, "a finished trace can't be checked");
    if (broken)
        fprintf(stderr, "%s", report.text);
    fuzz_must(broken == 0, "a finished trace breaks rules of checks.sql");
    strbuf_release(&report);
    trace_close(db);
}

void fuzz_import(const uint8_t *data, size_t size, enum status (*read)(struct job *job, const char *path))
{
    const char *path = fuzz_file(data, size), *trace = fuzz_trace_path();
    struct job *job = NULL;
    fuzz_must(job_create(trace, &job) == STATUS_OK, "job_create fails");
    enum status status = read(job, path);
    if (status != STATUS_OK)
        job_abandon(job);
    else
        status = job_finish(job);
    if (status == STATUS_OK)
        must_be_sound(trace);
    else
        fuzz_must(status_message()[0] != '\0' && access(trace, F_OK) != 0, "a failure without a line, or with a trace left behind");
    unlink(trace);
}
