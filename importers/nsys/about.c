/* Facts of the recording, and what people should be told of it. None of it is needed: what can't be read is left out. */
#define _GNU_SOURCE /* memmem */
#include "importers/nsys/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MOST_ARGUMENTS 200
#define MOST_DIAGNOSTICS 10

static const struct nsys_table exported = {"META_DATA_EXPORT", 2, {"name", "value"}, NULL};
static const struct nsys_table captured = {"META_DATA_CAPTURE", 2, {"name", "value"}, NULL};
static const struct nsys_table gpus = {"TARGET_INFO_GPU", 1, {"name"}, NULL};
static const struct nsys_table older_gpus = {"TARGET_INFO_CUDA_GPU", 1, {"name"}, NULL};
static const struct nsys_table started = {"TARGET_INFO_SESSION_START_TIME", 1, {"utcEpochNs"}, NULL};
static const struct nsys_table diagnostics = {"DIAGNOSTIC_EVENT", 2, {"severity", "text"}, NULL};

/* Steps over a table of no importance: a failure ends it as if the file ended there. */
static bool next(struct reader *self, const struct nsys_table *table, sqlite3_stmt **rows)
{
    bool row = false;
    if (!*rows && nsys_rows(&self->db, table, NSYS_ANY_PROCESS, true, rows) != STATUS_OK)
        return false;
    return *rows && nsys_step(&self->db, table, *rows, &row) == STATUS_OK && row;
}

static bool is(const char *text, int length, const char *wanted)
{
    return text && (size_t)length == strlen(wanted) && memcmp(text, wanted, (size_t)length) == 0;
}

static bool starts_with(const char *text, int length, const char *start)
{
    return text && (size_t)length > strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

static void read_versions(struct reader *self, struct about *about)
{
    sqlite3_stmt *rows = NULL;
    int name_length, length;
    while (next(self, &exported, &rows)) {
        const char *name = nsys_text(rows, 0, &name_length), *value = nsys_text(rows, 1, &length);
        if (value && is(name, name_length, "EXPORT_PRODUCT_VERSION"))
            strbuf_printf(&about->versions, "%sNsight Systems %.*s", about->versions.length ? ", " : "", length, value);
        if (value && is(name, name_length, "EXPORT_SCHEMA_VERSION"))
            strbuf_printf(&about->versions, "%sschema %.*s", about->versions.length ? ", " : "", length, value);
    }
    sqlite3_finalize(rows);
}

/* Command and arguments of the first process alone: the table holds its whole environment too, which is nobody's business. */
static void read_command(struct reader *self, struct about *about)
{
    sqlite3_stmt *rows = NULL;
    int name_length, length, arguments = 0;
    while (arguments < MOST_ARGUMENTS && next(self, &captured, &rows)) {
        const char *name = nsys_text(rows, 0, &name_length), *value = nsys_text(rows, 1, &length);
        bool wanted = is(name, name_length, "PROCESS_0:COMMAND") || starts_with(name, name_length, "PROCESS_0:ARGUMENT_");
        if (!value || !wanted)
            continue;
        strbuf_printf(&about->command_line, "%s%.*s", about->command_line.length ? " " : "", length, value);
        arguments++;
    }
    sqlite3_finalize(rows);
}

/* Each name once: a job on eight equal GPUs names one. */
static void read_devices(struct reader *self, const struct nsys_table *table, struct about *about)
{
    sqlite3_stmt *rows = NULL;
    int length;
    while (about->device_name.length < 200 && next(self, table, &rows)) {
        const char *name = nsys_text(rows, 0, &length);
        if (name && !memmem(about->device_name.text, about->device_name.length, name, (size_t)length))
            strbuf_printf(&about->device_name, "%s%.*s", about->device_name.length ? ", " : "", length, name);
    }
    sqlite3_finalize(rows);
}

void reader_about(struct reader *self, struct about *about)
{
    sqlite3_stmt *rows = NULL;
    strbuf_init(&about->command_line);
    strbuf_init(&about->versions);
    strbuf_init(&about->device_name);
    about->started_unix_ns = -1;
    read_versions(self, about);
    read_command(self, about);
    read_devices(self, &gpus, about);
    if (!about->device_name.length)
        read_devices(self, &older_gpus, about);
    if (next(self, &started, &rows) && sqlite3_column_int64(rows, 0) > 0)
        about->started_unix_ns = sqlite3_column_int64(rows, 0);
    sqlite3_finalize(rows);
}

void about_release(struct about *about)
{
    strbuf_release(&about->command_line);
    strbuf_release(&about->versions);
    strbuf_release(&about->device_name);
}

/* What Nsight Systems itself says went wrong: lost events, full buffers. */
static enum status note_diagnostics(struct reader *self)
{
    sqlite3_stmt *rows = NULL;
    enum status status = STATUS_OK;
    int length, told = 0;
    int64_t more = 0;
    while (status == STATUS_OK && next(self, &diagnostics, &rows)) {
        int64_t severity = nsys_number(rows, 0);
        const char *text = nsys_text(rows, 1, &length);
        if (!text || (severity != 2 && severity != 3)) /* 2 warning, 3 error */
            continue;
        more += told == MOST_DIAGNOSTICS;
        if (told < MOST_DIAGNOSTICS) {
            told++;
            status = job_note(self->job, "Nsight Systems %s: %.*s", severity == 3 ? "error" : "warning", length, text);
        }
    }
    sqlite3_finalize(rows);
    if (status == STATUS_OK && more)
        status = job_note(self->job, "Nsight Systems has %" PRId64 " more warnings and errors", more);
    return status;
}

enum status reader_notes(struct reader *self)
{
    TRY(note_diagnostics(self));
    if (self->graphs)
        TRY(job_note(self->job,
                     "%" PRId64 " CUDA graphs were recorded as a whole, their kernels are not in the file; record with: "
                     "nsys profile --cuda-graph-trace=node", self->graphs));
    if (!self->operators)
        TRY(job_note(self->job, "no NVTX range names an operator, so kernels have none; record with: nsys profile "
                                "--trace=cuda,nvtx --pytorch=autograd-shapes-nvtx"));
    TRY(job_note(self->job, "Nsight Systems does not record strides: conversions are told by kernel names alone, and silent "
                            "ones are not seen"));
    if (self->before_capture)
        TRY(job_note(self->job, "%" PRId64 " rows from before the capture were left out", self->before_capture));
    if (self->open_ranges)
        TRY(job_note(self->job, "%" PRId64 " NVTX ranges that never end were left out", self->open_ranges));
    if (self->broken)
        TRY(job_note(self->job, "%" PRId64 " rows without start and end in order were left out", self->broken));
    if (self->steps.too_many)
        TRY(job_note(self->job, "over a million NVTX ranges look like steps; none was taken for one"));
    return STATUS_OK;
}
