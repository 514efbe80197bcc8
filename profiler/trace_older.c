/*
 * Traces of an older format. Opened for writing, the file is upgraded, in one transaction; opened for reading, it stays
 * as it is, and temporary views and tables make it look like one of today. So nobody but this file knows that formats differ.
 *
 * To add a format: a row here, sql/upgrade_<new>.sql (statements from the one before), sql/read_<old>.sql unless the upgrade only
 * makes tables, and a trace of the old format in tests/profiler.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "profiler/trace_int.h"

static const struct {
    int64_t from;
    const char *upgrade, *read; /* read: NULL = the upgrade's new tables as temporary ones */
} formats[] = {{1, "upgrade_2.sql", "read_1.sql"}, {2, "upgrade_3.sql", "read_2.sql"}, {3, "upgrade_4.sql", NULL}};

static const char view[] = "CREATE VIEW", table[] = "CREATE TABLE";

/* Those of views.sql, to be made anew; a user's own stay. */
static enum status drop_views(sqlite3 *db)
{
    struct strbuf sql;
    enum status status;

    strbuf_init(&sql);
    for (const char *at = trace_sql("views.sql"); (at = strstr(at, view)); at += strlen(view)) {
        const char *name = at + strlen(view) + 1;
        strbuf_printf(&sql, "DROP VIEW IF EXISTS %.*s;", (int)strcspn(name, " \n("), name);
    }
    status = trace_exec(db, sql.text);
    strbuf_release(&sql);
    return status;
}

/* Runs a file of statements, with `create` in place of each `old`. */
static enum status run_as(sqlite3 *db, const char *file, const char *old, const char *create)
{
    const char *at = trace_sql(file), *next;
    struct strbuf sql;
    enum status status;

    strbuf_init(&sql);
    for (; (next = strstr(at, old)); at = next + strlen(old)) {
        strbuf_append_bytes(&sql, at, (size_t)(next - at));
        strbuf_append(&sql, create);
    }
    strbuf_append(&sql, at);
    status = trace_exec(db, sql.text);
    strbuf_release(&sql);
    return status;
}

static enum status upgrade(sqlite3 *db, int64_t version)
{
    char number[64];

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i].from >= version)
            TRY(trace_exec(db, trace_sql(formats[i].upgrade)));
    }
    TRY(drop_views(db));
    TRY(trace_exec(db, trace_sql("views.sql")));
    TRY(trace_digest(db)); /* every older format lacks it */
    snprintf(number, sizeof number, "PRAGMA user_version=%d", TRACE_FORMAT_VERSION);
    return trace_exec(db, number);
}

static enum status upgrade_file(sqlite3 *db)
{
    enum status status;
    int64_t version; /* another process may have upgraded it meanwhile */

    TRY(trace_exec(db, "BEGIN IMMEDIATE"));
    TRY_OUT(trace_number(db, "PRAGMA user_version", &version));
    if (version < TRACE_FORMAT_VERSION)
        TRY_OUT(upgrade(db, version));
    TRY_OUT(trace_exec(db, "COMMIT"));
    log_debug("profiler", "%s: upgraded to format %d", sqlite3_db_filename(db, "main"), TRACE_FORMAT_VERSION);
out:
    if (status != STATUS_OK)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* the first failure is the one to report */
    return status;
}

enum status trace_upgrade(sqlite3 *db, int64_t version, bool writable)
{
    if (writable)
        return upgrade_file(db);
    TRY(trace_exec(db, "PRAGMA temp_store=MEMORY"));
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i].from >= version)
            TRY(formats[i].read ? trace_exec(db, trace_sql(formats[i].read))
                                : run_as(db, formats[i].upgrade, table, "CREATE TEMP TABLE"));
    }
    TRY(run_as(db, "views.sql", view, "CREATE TEMP VIEW"));
    return trace_digest(db);
}
