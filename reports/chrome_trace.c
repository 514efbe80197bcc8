/*
 * Chrome trace events, see chrome_trace.h. Each kind of event is one query, whose first columns say where it stands; those
 * that follow are the args. A process of the format is what happens in one rank: steps, operators by thread, conversions by
 * thread, kernels by stream.
 */
#include "reports/chrome_trace.h"

#include <math.h>
#include <stdbool.h>

#include "profiler/trace.h"
#include "reports/json.h"

/* The format's process number of a rank's steps, operators, conversions, kernels. Outside of steps: of the first rank. */
#define RUN_OF(row) "ifnull((SELECT s.run_id FROM step s WHERE s.step_id = " row ".step_id), (SELECT ifnull(min(run_id), 0) FROM run))"
#define PROCESS(row, kind) RUN_OF(row) " * 10 + " kind

/* A track per device and stream, numbered over the definitions, which are few. */
#define KERNEL_TRACKS                                                                                                  \
    "WITH track AS MATERIALIZED (SELECT device, stream, row_number() OVER (ORDER BY device, stream) AS track "         \
    "FROM (SELECT DISTINCT device, stream FROM kernel_def)) "

enum { PROCESS_COLUMN, THREAD_COLUMN, NAME_COLUMN, CATEGORY_COLUMN, COLOUR_COLUMN, START_COLUMN, DURATION_COLUMN, FIRST_ARGUMENT };

/*
 * Columns: process, thread, name, category, colour, start_ns, dur_ns, then one per argument. ?1 is the origin of times.
 * Colours are names that chrome://tracing knows; ui.perfetto.dev colours by name, and finds by category.
 */
static const char *const slices[] = {
    "SELECT run_id * 10 + 1, 0, 'step ' || step_index, 'step,' || ifnull(phase, 'unknown'), NULL, start_ns - ?1, dur_ns, phase, "
    "images, loss, grad_scale, skipped FROM steps",

    "SELECT " PROCESS("o", "2") ", ifnull(thread_id, 0), name, CASE WHEN o.op_id IN (SELECT op_id FROM round_trip_member WHERE "
    "role = 'culprit') THEN 'operator,culprit' ELSE 'operator' END, CASE WHEN o.op_id IN (SELECT op_id FROM round_trip_member "
    "WHERE role = 'culprit') THEN 'bad' END, start_ns - ?1, dur_ns, phase, module_path AS module, input_format, "
    "output_format, input_shape, output_shape, op_id, forward_op_id, "
    "(SELECT count(*) FROM conversion c WHERE c.op_id = o.op_id) AS conversions "
    "FROM operators o WHERE start_ns IS NOT NULL AND dur_ns IS NOT NULL",

    "WITH travelling AS MATERIALIZED (SELECT first_conversion_id AS conversion_id FROM round_trip UNION SELECT last_conversion_id "
    "FROM round_trip) "
    "SELECT " PROCESS("c", "3") ", ifnull(o.thread_id, 0), ifnull(c.from_format, 'unknown') || ' to ' || ifnull(c.to_format, 'unknown'), "
    "CASE WHEN c.conversion_id IN travelling THEN 'conversion,round_trip' ELSE 'conversion' END, "
    "CASE WHEN c.conversion_id IN travelling THEN 'terrible' ELSE 'yellow' END, c.start_ns - ?1, c.dur_ns, c.cause, "
    "c.op_name AS operator, c.module_path AS module, c.phase, c.shape, c.source_dtype, c.dest_dtype, c.bytes_read, "
    "c.bytes_written, c.cached, c.padded, c.op_id, c.conversion_id FROM conversions c LEFT JOIN op o USING (op_id) "
    "WHERE c.start_ns IS NOT NULL AND c.dur_ns IS NOT NULL",

    KERNEL_TRACKS "SELECT " PROCESS("k", "4") ", t.track, k.name, 'kernel,' || ifnull(k.role, 'unknown'), "
    "CASE k.role WHEN 'conversion' THEN 'terrible' END, k.start_ns - ?1, k.dur_ns, k.role, k.device, k.stream, k.bytes_read, "
    "k.bytes_written, k.flops, k.op_id, k.correlation_id "
    "FROM kernels k JOIN track t ON k.device IS t.device AND k.stream IS t.stream",
};

/*
 * Arrows along round trips: from the middle of the first conversion over the operators that pass it on to the middle of the
 * last one. A conversion without a time of its own (silent, mixed) is where its operator is. A round trip that has no time at
 * one end, or whose ends are not in order (two streams), has no arrow. Columns: round trip, 's' start, 't' step or 'f' finish,
 * process, thread, middle_ns, kind.
 */
static const char flows[] =
    "WITH ends AS MATERIALIZED (SELECT r.round_trip_id, r.kind, c.conversion_id = r.last_conversion_id AS is_last, "
    "CASE WHEN c.dur_ns IS NULL THEN " PROCESS("c", "2") " ELSE " PROCESS("c", "3") " END AS process, ifnull(o.thread_id, 0) AS thread, "
    "CASE WHEN c.dur_ns IS NULL THEN o.start_ns + o.dur_ns / 2 ELSE c.start_ns + c.dur_ns / 2 END AS middle "
    "FROM round_trip r JOIN conversion c ON c.conversion_id IN (r.first_conversion_id, r.last_conversion_id) "
    "LEFT JOIN op o ON o.op_id = c.op_id), "
    "trips AS MATERIALIZED (SELECT a.round_trip_id, a.kind, a.process, a.thread, a.middle AS first_middle, b.process AS last_process, "
    "b.thread AS last_thread, b.middle AS last_middle FROM ends a JOIN ends b USING (round_trip_id) "
    "WHERE NOT a.is_last AND b.is_last AND a.middle < b.middle) "
    "SELECT round_trip_id, 's', process, thread, first_middle - ?1, kind, -1 AS place FROM trips "
    "UNION ALL SELECT t.round_trip_id, 't', " PROCESS("o", "2") ", ifnull(o.thread_id, 0), o.start_ns + o.dur_ns / 2 - ?1, t.kind, "
    "m.position FROM trips t JOIN round_trip_member m USING (round_trip_id) JOIN op o USING (op_id) "
    "WHERE m.role <> 'consumer' AND o.start_ns + o.dur_ns / 2 > first_middle AND o.start_ns + o.dur_ns / 2 < last_middle "
    "UNION ALL SELECT round_trip_id, 'f', last_process, last_thread, last_middle - ?1, kind, 1 << 30 FROM trips "
    "ORDER BY 1, 7";

static const char counters[] =
    "SELECT run_id * 10 + 1, start_ns - ?1, dur_ns / 1e6, "
    "(SELECT count(*) FROM conversion c WHERE c.step_id = s.step_id) FROM steps s";

/* Names of processes (thread NULL) and of threads. */
static const char track_names[] = KERNEL_TRACKS
    ", ranks AS (SELECT run_id, CASE WHEN count(*) OVER () > 1 THEN printf('rank %s ', ifnull(rank, run_id)) ELSE '' END AS prefix "
    "FROM run UNION ALL SELECT 0, '' WHERE NOT EXISTS (SELECT 1 FROM run)), "
    "kinds (kind, name) AS (VALUES (1, 'steps'), (2, 'operators'), (3, 'layout conversions'), (4, 'kernels')), "
    "threads AS (SELECT DISTINCT " RUN_OF("op") " AS run_id, thread_id FROM op) "
    "SELECT run_id * 10 + kind, NULL, prefix || name FROM ranks, kinds "
    "UNION ALL SELECT run_id * 10 + 1, 0, 'steps' FROM ranks "
    "UNION ALL SELECT run_id * 10 + kind, ifnull(thread_id, 0), 'thread ' || ifnull(thread_id, 'unknown') FROM threads, kinds "
    "WHERE kind IN (2, 3) "
    "UNION ALL SELECT run_id * 10 + 4, track, ifnull(device, 'device') || ifnull(' ' || stream, '') FROM ranks, track";

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

static void put_microseconds(FILE *out, sqlite3_int64 ns)
{
    sqlite3_uint64 size = ns < 0 ? 0 - (sqlite3_uint64)ns : (sqlite3_uint64)ns; /* of the most negative number, too */

    fprintf(out, "%s%llu.%03llu", ns < 0 ? "-" : "", (unsigned long long)size / 1000, (unsigned long long)size % 1000);
}

/* "pid":1,"tid":2 from two columns. */
static void put_track(struct events *events, sqlite3_stmt *statement, int process)
{
    fprintf(events->out, "\"pid\":%lld,\"tid\":%lld", (long long)sqlite3_column_int64(statement, process),
            (long long)sqlite3_column_int64(statement, process + 1));
}

static void put_text(struct events *events, sqlite3_stmt *statement, int column)
{
    const char *text = table_column_read(statement, column, &events->scratch);

    json_quote(events->out, text == NULL ? "unknown" : text, false);
}

static void put_number(FILE *out, double value)
{
    char number[32] = "null"; /* JSON has no infinity */

    if (isfinite(value))
        json_number_text(value, number);
    fputs(number, out);
}

static void put_argument(struct events *events, sqlite3_stmt *statement, int column)
{
    FILE *out = events->out;

    json_quote(out, sqlite3_column_name(statement, column), false);
    fputc(':', out);
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        fprintf(out, "%lld", (long long)sqlite3_column_int64(statement, column));
        break;
    case SQLITE_FLOAT:
        put_number(out, sqlite3_column_double(statement, column));
        break;
    default:
        put_text(events, statement, column);
    }
}

/* One complete ("X") event; arguments that are NULL are left out. */
static void put_slice(struct events *events, sqlite3_stmt *statement)
{
    bool first = true;

    begin_event(events);
    fputs("{\"ph\":\"X\",", events->out);
    put_track(events, statement, PROCESS_COLUMN);
    fputs(",\"name\":", events->out);
    put_text(events, statement, NAME_COLUMN);
    fputs(",\"cat\":", events->out);
    put_text(events, statement, CATEGORY_COLUMN);
    if (sqlite3_column_type(statement, COLOUR_COLUMN) != SQLITE_NULL) {
        fputs(",\"cname\":", events->out);
        put_text(events, statement, COLOUR_COLUMN);
    }
    fputs(",\"ts\":", events->out);
    put_microseconds(events->out, sqlite3_column_int64(statement, START_COLUMN));
    fputs(",\"dur\":", events->out);
    put_microseconds(events->out, sqlite3_column_int64(statement, DURATION_COLUMN));
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

/* One end or step of an arrow, tied to the slice that lies around it ("bp":"e"). */
static void put_flow(struct events *events, sqlite3_stmt *statement)
{
    begin_event(events);
    fprintf(events->out, "{\"ph\":\"%s\",\"cat\":\"round_trip\",\"name\":\"round trip\",\"id\":%lld,",
            (const char *)sqlite3_column_text(statement, 1), (long long)sqlite3_column_int64(statement, 0));
    put_track(events, statement, 2);
    fputs(",\"ts\":", events->out);
    put_microseconds(events->out, sqlite3_column_int64(statement, 4));
    fputs(",\"bp\":\"e\",\"args\":{\"kind\":", events->out);
    put_text(events, statement, 5);
    fputs("}}", events->out);
}

static void put_counters(struct events *events, sqlite3_stmt *statement)
{
    static const char *const names[] = {"step time", "conversions per step"}, *const units[] = {"ms", "conversions"};

    for (int i = 0; i < 2; i++) {
        begin_event(events);
        fprintf(events->out, "{\"ph\":\"C\",\"pid\":%lld,\"tid\":0,\"name\":\"%s\",\"ts\":",
                (long long)sqlite3_column_int64(statement, 0), names[i]);
        put_microseconds(events->out, sqlite3_column_int64(statement, 1));
        fprintf(events->out, ",\"args\":{\"%s\":", units[i]);
        put_number(events->out, sqlite3_column_double(statement, 2 + i));
        fputs("}}", events->out);
    }
}

static void put_track_name(struct events *events, sqlite3_stmt *statement)
{
    bool is_process = sqlite3_column_type(statement, 1) == SQLITE_NULL;

    begin_event(events);
    fprintf(events->out, "{\"ph\":\"M\",\"name\":\"%s\",", is_process ? "process_name" : "thread_name");
    put_track(events, statement, 0);
    fputs(",\"args\":{\"name\":", events->out);
    put_text(events, statement, 2);
    fputs("}}", events->out);
    if (!is_process)
        return;
    begin_event(events); /* in the order of their numbers, not of their names */
    fputs("{\"ph\":\"M\",\"name\":\"process_sort_index\",", events->out);
    put_track(events, statement, 0);
    fprintf(events->out, ",\"args\":{\"sort_index\":%lld}}", (long long)sqlite3_column_int64(statement, 0));
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
                     "SELECT min(start_ns) FROM step UNION ALL SELECT min(start_ns) FROM kernel UNION ALL "
                     "SELECT min(start_ns) FROM conversion)",
                     take_origin));
    fputs("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"clprof\":\"" CLPROF_VERSION "\"},\"traceEvents\":[", out);
    TRY_OUT(put_rows(&events, db, track_names, put_track_name));
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++)
        TRY_OUT(put_rows(&events, db, slices[i], put_slice));
    TRY_OUT(put_rows(&events, db, flows, put_flow));
    TRY_OUT(put_rows(&events, db, counters, put_counters));
    fputs("\n]}\n", out);
out:
    strbuf_release(&events.scratch);
    return status;
}
