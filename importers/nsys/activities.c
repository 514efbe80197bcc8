/* Tables of device work and of the calls of runtime, driver and libraries. */
#include "importers/nsys/reader.h"

#include <stdio.h>
#include <string.h>

/* The first columns of all device tables; `required` of each: through streamId. */
enum { START, END, DEVICE, STREAM, CORRELATION, FIRST_OWN };

static const struct nsys_table kernels = {
    "CUPTI_ACTIVITY_KIND_KERNEL", 4,
    {"start", "end", "deviceId", "streamId", "correlationId", "demangledName", "shortName", "mangledName", "globalPid"},
    "globalPid",
};
static const struct nsys_table copies = {
    "CUPTI_ACTIVITY_KIND_MEMCPY", 4,
    {"start", "end", "deviceId", "streamId", "correlationId", "bytes", "copyKind", "globalPid"}, "globalPid",
};
static const struct nsys_table fills = {
    "CUPTI_ACTIVITY_KIND_MEMSET", 4,
    {"start", "end", "deviceId", "streamId", "correlationId", "bytes", "globalPid"}, "globalPid",
};
static const struct nsys_table graphs = {
    "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", 4,
    {"start", "end", "deviceId", "streamId", "correlationId", "graphId", "globalPid"}, "globalPid",
};
/* Calls of the driver lie in the runtime's table too. */
static const struct nsys_table calls = {
    "CUPTI_ACTIVITY_KIND_RUNTIME", 2, {"start", "end", "correlationId", "nameId", "globalTid"}, "globalTid",
};
/* With --trace=cudnn,cublas: which call of the library a kernel was launched in. */
static const struct nsys_table cudnn = {"CUDNN_EVENTS", 4, {"start", "end", "nameId", "globalTid"}, "globalTid"};
static const struct nsys_table cublas = {"CUBLAS_EVENTS", 4, {"start", "end", "nameId", "globalTid"}, "globalTid"};

/* CUpti_ActivityMemcpyKind, in the words of PyTorch's profiler. */
static const char *const copy_kinds[] = {
    "Memcpy", "Memcpy HtoD", "Memcpy DtoH", "Memcpy HtoA", "Memcpy AtoH", "Memcpy AtoA", "Memcpy AtoD", "Memcpy DtoA",
    "Memcpy DtoD", "Memcpy HtoH", "Memcpy PtoP", "Memcpy HtoD (unified)", "Memcpy DtoH (unified)", "Memcpy DtoD (unified)",
};

static enum status fixed_word(struct reader *self, const char *text, int32_t *word)
{
    return job_word(self->job, text, strlen(text), word);
}

static enum status begin_device(struct reader *self, sqlite3_stmt *rows, enum span_kind kind, struct span *span, bool *good)
{
    TRY(reader_begin(self, rows, kind, span, good));
    if (!*good)
        return STATUS_OK;
    span->correlation = nsys_number(rows, CORRELATION);
    return job_stream(self->job, "cuda", nsys_number(rows, DEVICE), nsys_number(rows, STREAM), &span->lane);
}

static enum status read_kernel(struct reader *self, sqlite3_stmt *rows)
{
    struct span span;
    bool good;
    TRY(begin_device(self, rows, SPAN_KERNEL, &span, &good));
    if (!good)
        return STATUS_OK;
    int name = FIRST_OWN;
    while (name < FIRST_OWN + 2 && sqlite3_column_type(rows, name) == SQLITE_NULL)
        name++;
    TRY(reader_word(self, nsys_number(rows, name), "kernel without a name", &span.name));
    return job_span(self->job, &span);
}

static enum status read_copy(struct reader *self, sqlite3_stmt *rows)
{
    struct span span;
    bool good;
    TRY(begin_device(self, rows, SPAN_MEMCPY, &span, &good));
    if (!good)
        return STATUS_OK;
    int64_t kind = nsys_number(rows, FIRST_OWN + 1);
    bool known = kind >= 0 && kind < (int64_t)(sizeof copy_kinds / sizeof copy_kinds[0]);
    TRY(fixed_word(self, copy_kinds[known ? kind : 0], &span.name));
    span.bytes = nsys_number(rows, FIRST_OWN);
    return job_span(self->job, &span);
}

static enum status read_fill(struct reader *self, sqlite3_stmt *rows)
{
    struct span span;
    bool good;
    TRY(begin_device(self, rows, SPAN_MEMSET, &span, &good));
    if (!good)
        return STATUS_OK;
    TRY(fixed_word(self, "Memset", &span.name));
    span.bytes = nsys_number(rows, FIRST_OWN);
    return job_span(self->job, &span);
}

/* A graph that was recorded as a whole: the device was busy, with what is not told. */
static enum status read_graph(struct reader *self, sqlite3_stmt *rows)
{
    struct span span;
    bool good;
    char name[64];
    TRY(begin_device(self, rows, SPAN_KERNEL, &span, &good));
    if (!good)
        return STATUS_OK;
    self->graphs++;
    snprintf(name, sizeof name, "CUDA graph %lld", (long long)nsys_number(rows, FIRST_OWN));
    TRY(fixed_word(self, name, &span.name));
    return job_span(self->job, &span);
}

static enum status read_call(struct reader *self, sqlite3_stmt *rows)
{
    enum { CALL_CORRELATION = 2, CALL_NAME, CALL_THREAD };
    struct span span;
    bool good;
    TRY(reader_begin(self, rows, SPAN_LAUNCH, &span, &good));
    if (!good)
        return STATUS_OK;
    span.correlation = nsys_number(rows, CALL_CORRELATION);
    TRY(reader_thread(self, sqlite3_column_int64(rows, CALL_THREAD), &span.lane));
    TRY(reader_word(self, nsys_number(rows, CALL_NAME), "call without a name", &span.name));
    return job_span(self->job, &span);
}

static enum status read_library_call(struct reader *self, sqlite3_stmt *rows)
{
    struct span span;
    bool good;
    TRY(reader_begin(self, rows, SPAN_ANNOTATION, &span, &good));
    if (!good)
        return STATUS_OK;
    TRY(reader_thread(self, sqlite3_column_int64(rows, 3), &span.lane));
    TRY(reader_word(self, nsys_number(rows, 2), "call without a name", &span.name));
    return job_span(self->job, &span);
}

enum status reader_activities(struct reader *self)
{
    TRY(reader_table(self, &cudnn, read_library_call));
    TRY(reader_table(self, &cublas, read_library_call));
    TRY(reader_table(self, &calls, read_call));
    TRY(reader_table(self, &kernels, read_kernel));
    TRY(reader_table(self, &copies, read_copy));
    TRY(reader_table(self, &fills, read_fill));
    return reader_table(self, &graphs, read_graph);
}

static enum status add_process(int64_t *process, int *count, int64_t id)
{
    int at = 0;
    while (at < *count && process[at] < id)
        at++;
    if (at < *count && process[at] == id)
        return STATUS_OK;
    if (*count == NSYS_PROCESSES)
        return FAIL(UNSUPPORTED, "over %d processes in one recording; export them one by one", NSYS_PROCESSES);
    memmove(process + at + 1, process + at, (size_t)(*count - at) * sizeof *process);
    process[at] = id;
    (*count)++;
    return STATUS_OK;
}

/* Adds the processes that have rows in a table; *tells: the table says whose its rows are. */
static enum status add_processes(struct reader *self, const struct nsys_table *table, int64_t *process, int *count,
                                 bool *tells)
{
    sqlite3_stmt *rows = NULL;
    bool row = false;
    enum status status;

    TRY_OUT(nsys_processes(&self->db, table, &rows));
    *tells = rows;
    if (rows)
        TRY_OUT(nsys_step(&self->db, table, rows, &row));
    while (row) {
        TRY_OUT(add_process(process, count, sqlite3_column_int64(rows, 0)));
        TRY_OUT(nsys_step(&self->db, table, rows, &row));
    }
out:
    sqlite3_finalize(rows);
    return status;
}

enum status reader_processes(struct reader *self, int64_t *process, int *count)
{
    static const struct nsys_table *const device[] = {&kernels, &copies, &fills, &graphs};
    bool has, tells, anonymous = false;
    *count = 0;
    for (size_t i = 0; i < sizeof device / sizeof device[0]; i++) {
        TRY(nsys_has(&self->db, device[i], &has));
        TRY(add_processes(self, device[i], process, count, &tells));
        anonymous |= has && !tells;
    }
    if (*count == 0)
        TRY(add_processes(self, &nsys_ranges, process, count, &tells));
    /* An export that does not say whose its kernels are can only be taken as a whole. */
    if (anonymous || *count == 0) {
        process[0] = NSYS_ANY_PROCESS;
        *count = 1;
    }
    return STATUS_OK;
}
