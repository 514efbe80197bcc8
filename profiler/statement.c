/* SQL statements: run, prepare, step, bind; and the one place where an error of SQLite turns into a status and a line.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/trace_int.h"

static const struct {
    int sqlite; /* primary result code */
    enum status status;
} outcomes[] = {
    {SQLITE_CORRUPT, STATUS_CORRUPT}, {SQLITE_NOTADB, STATUS_CORRUPT},  {SQLITE_FULL, STATUS_IO},
    {SQLITE_IOERR, STATUS_IO},        {SQLITE_READONLY, STATUS_IO},     {SQLITE_CANTOPEN, STATUS_IO},
    {SQLITE_PERM, STATUS_IO},         {SQLITE_NOMEM, STATUS_NO_MEMORY}, {SQLITE_INTERRUPT, STATUS_INTERRUPTED},
};

static enum status status_of(int code)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (outcomes[i].sqlite == (code & 0xff))
            return outcomes[i].status;
    }
    return STATUS_DATABASE;
}

/* Length of the statement's first line, at most 90 bytes: enough to recognise it. */
static int recognisable(const char *sql)
{
    size_t length = strcspn(sql, "\n");
    return length < 90 ? (int)length : 90;
}

/*
 * The system's reason for a failure of input or output; else it would be a leftover. A failing COMMIT does not reach
 * the connection's own errno, but the file of the log (or journal) and the database's remember theirs.
 */
static int system_reason(sqlite3 *db, int primary)
{
    sqlite3_file *log = NULL;
    int error = 0;

    if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)
        return 0;
    error = sqlite3_system_errno(db);
    if (!error && sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log &&
        log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
    if (!error)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
    return error;
}

enum status trace_failure(sqlite3 *db, const char *sql)
{
    const char *path = sqlite3_db_filename(db, "main");
    int primary = sqlite3_errcode(db) & 0xff;
    int error = system_reason(db, primary);

    return status_fail(status_of(primary), __FILE__, __LINE__, "%s: %s%s%s%s%s%.*s", path && *path ? path : "trace",
                       primary == SQLITE_FULL ? "disk full" : sqlite3_errmsg(db), error ? " (" : "",
                       error ? strerror(error) : "", error ? ")" : "", sql ? ", in: " : "", sql ? recognisable(sql) : 0,
                       sql ? sql : "");
}

const char *trace_sql(const char *name)
{
    const char *text = embed_find(profiler_sql, name);
    if (!text)
        abort();
    return text;
}

enum status trace_exec(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK : trace_failure(db, sql);
}

enum status trace_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK ? STATUS_OK : trace_failure(db, sql);
}

enum status trace_step(sqlite3_stmt *statement, int *row)
{
    int code = sqlite3_step(statement);

    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return STATUS_OK;
    return trace_failure(sqlite3_db_handle(statement), sqlite3_sql(statement));
}

enum status trace_number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    enum status status;
    int row = 0;

    TRY_OUT(trace_prepare(db, sql, &statement));
    TRY_OUT(trace_step(statement, &row));
    *out = row ? sqlite3_column_int64(statement, 0) : 0;
out:
    sqlite3_finalize(statement);
    return status;
}

void trace_bind_text(sqlite3_stmt *statement, int position, const char *text)
{
    sqlite3_bind_text(statement, position, text, -1, SQLITE_TRANSIENT);
}

void trace_bind_int(sqlite3_stmt *statement, int position, int64_t value)
{
    sqlite3_bind_int64(statement, position, value);
}

void trace_bind_number(sqlite3_stmt *statement, int position, double value)
{
    if (isnan(value))
        sqlite3_bind_null(statement, position);
    else
        sqlite3_bind_double(statement, position, value);
}

double trace_column_number(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN : sqlite3_column_double(row, column);
}
