/*
 * The trace database as a file: made, opened, checked, closed. Who it is: application_id 0x636C7072 ("clpr"); its format:
 * user_version, which only grows. Tables and views: sql/schema.sql, sql/views.sql, docs/TRACE-FORMAT.md.
 */
#ifndef PROFILER_TRACE_H
#define PROFILER_TRACE_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/status.h"

#define TRACE_APPLICATION_ID 0x636C7072
#define TRACE_FORMAT_VERSION 4

/*
 * Makes an empty trace: built beside `path` under a temporary name, then put in place of any older trace (whose -wal and
 * -shm leftovers go too), reopened for recording (WAL, so that it can be read while it grows and survives a kill).
 * Fails (IO) naming path and reason: no folder, read-only, not a trace (a file that is no clprof trace is not replaced).
 */
enum status trace_create(const char *path, sqlite3 **out);

/*
 * Opens an existing trace. Fails: NOT_FOUND; CORRUPT when it is no SQLite file, no clprof trace, damaged or cut short;
 * UNSUPPORTED when written by a newer format (says both numbers). An older format is read as if it were today's; opened
 * writable, the file is upgraded.
 */
enum status trace_open(const char *path, int writable, sqlite3 **out);

/* Ends recording: builds indexes, runs ANALYZE, folds the WAL in, leaves one file. Closes the handle on failure too. */
enum status trace_finish(sqlite3 *db);
void trace_close(sqlite3 *db);

/*
 * Fills the tables median_* and cost_* (sql/digest.sql) from the raw rows and the findings. Whoever writes findings calls
 * it, in the same transaction: reports show nothing else of a step.
 */
enum status trace_digest(sqlite3 *db);

/* Runs a script of statements / prepares one statement; failures name the SQL and SQLite's reason. */
enum status trace_exec(sqlite3 *db, const char *sql);
enum status trace_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out);

/* Steps a statement: *row says whether there is a row. */
enum status trace_step(sqlite3_stmt *statement, int *row);

/* Binds text (NULL allowed), integers and numbers by position from 1. */
void trace_bind_text(sqlite3_stmt *statement, int position, const char *text);
void trace_bind_int(sqlite3_stmt *statement, int position, int64_t value);
void trace_bind_number(sqlite3_stmt *statement, int position, double value); /* NAN binds NULL */
double trace_column_number(sqlite3_stmt *row, int column);                    /* NULL gives NAN */

#endif
