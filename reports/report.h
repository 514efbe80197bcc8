/*
 * From findings to eyes: everything that reads a trace and writes it for people or scripts. Read only over the views of
 * profiler/sql/views.sql and the finding tables; nothing here changes a trace or computes a finding.
 *
 * Every number comes from a query in sections/NAME.sql, so that `sqlite3 trace.db < NAME.sql` gives the same.
 * Unknown (NULL) is written as "unknown", "-" in columns, null in JSON, nothing in CSV; never as 0.
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

enum report_format { REPORT_TEXT, REPORT_HTML, REPORT_JSON, REPORT_CSV };
enum export_format { EXPORT_PERFETTO, EXPORT_CSV };
enum query_format { QUERY_TEXT, QUERY_CSV, QUERY_JSON };

/* The format a file name asks for by its ending (.html, .htm, .json, .csv); text otherwise and for NULL. */
enum report_format report_format_for(const char *path);

/*
 * Writes the report. `trace_path` is the trace's name as the reader would type it. Fails: NOT_FOUND when the trace was
 * never analysed (the line says which command to type), DATABASE, IO.
 */
enum status report_write(sqlite3 *db, enum report_format format, const char *trace_path, FILE *out);

/* An open trace, and its name as the reader would type it. */
struct report_trace {
    sqlite3 *db;
    const char *path;
};

/*
 * Two traces side by side with differences, as text, HTML or JSON (USAGE for CSV). Either may be without findings: what is
 * unknown then is written so.
 */
enum status report_compare(const struct report_trace *a, const struct report_trace *b, enum report_format format, FILE *out);

/*
 * Runs one or more SELECTs and writes aligned tables; CSV and JSON hold one result (USAGE). Whatever could change a file,
 * attach another or load code is refused (UNSUPPORTED). An SQL error (DATABASE) is one line with line, column and the
 * nearest table name.
 */
enum status report_query(sqlite3 *db, const char *sql, enum query_format format, FILE *out);

/* One of the report's own queries by name (NOT_FOUND offers the nearest); the list of them, "NAME  title" a line. */
enum status report_named_query(sqlite3 *db, const char *name, enum query_format format, FILE *out);
enum status report_list_queries(FILE *out);

/*
 * EXPORT_PERFETTO: all steps as Chrome trace-event JSON for ui.perfetto.dev and chrome://tracing; `view` is ignored.
 * EXPORT_CSV: one view as RFC 4180 (NULL = "conversions"; NOT_FOUND names the views). Streams: memory does not grow.
 */
enum status report_export(sqlite3 *db, enum export_format format, const char *view, FILE *out);

/* The views that can be exported, by number from 0; NULL after the last. */
const char *report_view(size_t number);

#endif
