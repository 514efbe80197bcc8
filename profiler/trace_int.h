/*
 * What the files of the trace database share and nobody else sees: the embedded SQL, how a failure of SQLite becomes a
 * status, and the look at a file's first 100 bytes that comes before SQLite is let near it.
 */
#ifndef PROFILER_TRACE_INT_H
#define PROFILER_TRACE_INT_H

#include <stdbool.h>

#include "base/embed.h"
#include "profiler/trace.h"

/* schema.sql, views.sql, indexes.sql, checks.sql; of older formats, see trace_older.c. */
extern const struct embedded_text profiler_sql[];

/* The text of one of them; it is a bug when it is not there. */
const char *trace_sql(const char *name);

/*
 * The connection's last failure as a status: CORRUPT, IO (disk full, read-only, ...), NO_MEMORY, INTERRUPTED, else
 * DATABASE. The line reads "<path>: <reason> (<errno text>), in <first words of sql>"; sql may be NULL.
 */
enum status trace_failure(sqlite3 *db, const char *sql);

/* The first column of the first row; 0 when there is none. */
enum status trace_number(sqlite3 *db, const char *sql, int64_t *out);

/* Makes a trace of an older format one of today's: the file where it is open for writing, else only for this reader. */
enum status trace_upgrade(sqlite3 *db, int64_t version, bool writable);

/*
 * The final name of a trace: behind a link, the linked-to file is the trace (SQLite names -wal after it, and a rename would
 * replace the link). Owned by the caller.
 */
enum status trace_target(const char *path, char **out);

/* Fails when something has the name that must not be replaced: no trace, or read-only. */
enum status trace_replace_check(const char *path);

/* A finished file with nothing in it, under the temporary name; `path` is named in failures. */
enum status trace_build_empty(const char *path, const char *temporary);

/* Renames, after an older trace's leftovers went. */
enum status trace_put_in_place(const char *path, const char *temporary);

/* The first page's facts, read without SQLite. */
struct trace_header {
    int64_t file_bytes; /* size of the file */
    int64_t told_bytes; /* page size x page count as the header says; 0 = the header does not know */
    uint32_t application_id;
    bool is_sqlite; /* starts with SQLite's magic */
    bool is_wal;    /* the file says it is in WAL mode */
};

/* Fails: NOT_FOUND, IO (no permission), CORRUPT (a folder, a device; an empty file). Short files read as no SQLite. */
enum status trace_header_read(const char *path, struct trace_header *header);

/* Bytes of the file `path` + `suffix` ("-wal"); -1 when there is none. */
int64_t trace_neighbour_bytes(const char *path, const char *suffix);

#endif
