/*
 * Chrome trace events, see chrome_trace.h. A track is a process and thread of the format: steps, operators by thread,
 * conversions by thread, kernels by stream. Each kind of event is one query; its columns from the sixth on are the
 * args.
 */
#include "reports/chrome_trace.h"

#include <stdbool.h>

#include "profiler/trace.h"
#include "reports/json.h"

#define FIRST_ARGUMENT 5

/* A track per device and stream, numbered over the definitions, which are few. */
#define KERNEL_TRACKS                                                                                                  \
    "WITH track AS MATERIALIZED (SELECT device, stream, row_number() OVER (ORDER BY device, stream) AS track "         \
    "FROM (SELECT DISTINCT device, stream FROM kernel_def)) "

/* Columns: process, thread, name, start_ns, dur_ns, then one per argument. ?1 is the origin of times. */
static const char *const slices[] = {
    "SELECT 1, 0, 'step ' || step_index, start_ns - ?1, dur_ns, phase, images, loss, grad_scale, skipped FROM steps",

    "SELECT 2, ifnull(thread_id, 0), name, start_ns - ?1, dur_ns, phase, module_path AS module, input_format, "
    "output_format, input_shape, output_shape, op_id, forward_op_id, "
    "(SELECT count(*) FROM conversions c WHERE c.op_id = o.op_id) AS conversions "
    "FROM operators o WHERE start_ns IS NOT NULL AND dur_ns IS NOT NULL",

    "SELECT 3, ifnull(o.thread_id, 0), c.from_format || ' to ' || c.to_format, c.start_ns - ?1, c.dur_ns, c.cause, "
    "c.op_name AS operator, c.module_path AS module, c.phase, c.shape, c.source_dtype, c.dest_dtype, c.bytes_read, "
    "c.bytes_written, c.cached, c.padded, c.op_id FROM conversions c LEFT JOIN op o USING (op_id) "
    "WHERE c.start_ns IS NOT NULL AND c.dur_ns IS NOT NULL",

    KERNEL_TRACKS "SELECT 4, t.track, k.name, k.start_ns - ?1, k.dur_ns, k.role, k.device, k.stream, k.bytes_read, "
    "k.bytes_written, k.flops, k.op_id, k.correlation_id "
    "FROM kernels k JOIN track t ON k.device IS t.device AND k.stream IS t.stream",
};

static const char counters[] =
    "SELECT start_ns - ?1, dur_ns / 1e6, (SELECT count(*) FROM conversions c WHERE c.step_id = s.step_id) FROM steps s";

static const char track_names[] = KERNEL_TRACKS
    "SELECT 2, ifnull(thread_id, 0), 'thread ' || ifnull(thread_id, 'unknown') FROM op GROUP BY thread_id "
    "UNION ALL SELECT 3, ifnull(thread_id, 0), 'thread ' || ifnull(thread_id, 'unknown') FROM op GROUP BY thread_id "
    "UNION ALL SELECT 4, track, ifnull(device, 'device') || ifnull(' ' || stream, '') FROM track";

static const char *const process_names[] = {NULL, "steps", "operators", "layout conversions", "kernels"};

struct events {
    FILE *out;
    bool started;
    sqlite3_int64 origin_ns;
    struct strbuf scratch; /* of table_column_read */
};

static void begin_event(struct events *events)
{
    fputs(events->started ? ",\n" : "\n", events->out);
    events->started = true;
}

static void put_name(struct events *events, const char *kind, long long process, long long thread, const char *name)
{
    begin_event(events);
    fprintf(events->out, "{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%lld,\"tid\":%lld,\"args\":{\"name\":", kind, process,
            thread);
    json_quote(events->out, name, false);
    fputs("}}", events->out);
}

static void put_microseconds(FILE *out, sqlite3_int64 ns)
{
    fprintf(out, "%s%lld.%03lld", ns < 0 ? "-" : "", (long long)(ns < 0 ? -ns : ns) / 1000,
            (long long)(ns < 0 ? -ns : ns) % 1000);
}

static void put_argument(struct events *events, sqlite3_stmt *statement, int column)
{
    FILE *out = events->out;
    char number[32];

    json_quote(out, sqlite3_column_name(statement, column), false);
    fputc(':', out);
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        fprintf(out, "%lld", (long long)sqlite3_column_int64(statement, column));
        break;
    case SQLITE_FLOAT:
        json_number_text(sqlite3_column_double(statement, column), number);
        fputs(number, out);
        break;
    default:
        json_quote(out, table_column_read(statement, column, &events->scratch), false);
    }
}

/* One complete ("X") event; arguments that are NULL are left out. */
static void put_slice(struct events *events, sqlite3_stmt *statement)
{
    const char *name = table_column_read(statement, 2, &events->scratch);
    bool first = true;

    begin_event(events);
    fprintf(events->out, "{\"ph\":\"X\",\"pid\":%d,\"tid\":%lld,\"name\":", sqlite3_column_int(statement, 0),
            (long long)sqlite3_column_int64(statement, 1));
    json_quote(events->out, name == NULL ? "unknown" : name, false);
    fputs(",\"ts\":", events->out);
    put_microseconds(events->out, sqlite3_column_int64(statement, 3));
    fputs(",\"dur\":", events->out);
    put_microseconds(events->out, sqlite3_column_int64(statement, 4));
    fputs(",\"args\":{", events->out);
    for (int i = FIRST_ARGUMENT; i < sqlite3_column_count(statement); i++) {
        if (sqlite3_column_type(statement, i) == SQLITE_NULL)
            continue;
        fputs(first ? "" : ",", events->out);
        put_argument(events, statement, i);
        first = false;
    }
    fputs("}}", events->out);
}

static void put_counters(struct events *events, sqlite3_stmt *statement)
{
    char number[32];

    json_number_text(sqlite3_column_double(statement, 1), number);
    begin_event(events);
    fputs("{\"ph\":\"C\",\"pid\":1,\"tid\":0,\"name\":\"step time\",\"ts\":", events->out);
    put_microseconds(events->out, sqlite3_column_int64(statement, 0));
    fprintf(events->out, ",\"args\":{\"ms\":%s}}", number);
    begin_event(events);
    fputs("{\"ph\":\"C\",\"pid\":1,\"tid\":0,\"name\":\"conversions per step\",\"ts\":", events->out);
    put_microseconds(events->out, sqlite3_column_int64(statement, 0));
    fprintf(events->out, ",\"args\":{\"conversions\":%lld}}", (long long)sqlite3_column_int64(statement, 2));
}

static void put_track_name(struct events *events, sqlite3_stmt *statement)
{
    put_name(events, "thread_name", sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
             table_column_read(statement, 2, &events->scratch));
}

static enum status put_rows(struct events *events, sqlite3 *db, const char *sql,
                            void (*put)(struct events *events, sqlite3_stmt *statement))
{
    enum status status;
    sqlite3_stmt *statement = NULL;
    int row;

    TRY_OUT(trace_prepare(db, sql, &statement));
    if (sqlite3_bind_parameter_count(statement) > 0)
        trace_bind_int(statement, 1, events->origin_ns);
    for (;;) {
        TRY_OUT(trace_step(statement, &row));
        if (!row || ferror(events->out))
            break;
        put(events, statement);
    }
out:
    sqlite3_finalize(statement);
    return status;
}

static void take_origin(struct events *events, sqlite3_stmt *statement)
{
    events->origin_ns = sqlite3_column_int64(statement, 0);
}

enum status chrome_trace_write(sqlite3 *db, FILE *out)
{
    struct events events = {.out = out};
    enum status status;

    strbuf_init(&events.scratch);
    TRY_OUT(put_rows(&events, db,
                     "SELECT min(first) FROM (SELECT min(start_ns) AS first FROM op UNION ALL "
                     "SELECT min(start_ns) FROM step UNION ALL SELECT min(start_ns) FROM kernel)",
                     take_origin));
    fputs("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"clprof\":\"" CLPROF_VERSION "\"},\"traceEvents\":[", out);
    for (int process = 1; process <= 4; process++)
        put_name(&events, "process_name", process, 0, process_names[process]);
    put_name(&events, "thread_name", 1, 0, "steps");
    TRY_OUT(put_rows(&events, db, track_names, put_track_name));
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++)
        TRY_OUT(put_rows(&events, db, slices[i], put_slice));
    TRY_OUT(put_rows(&events, db, counters, put_counters));
    fputs("\n]}\n", out);
out:
    strbuf_release(&events.scratch);
    return status;
}
