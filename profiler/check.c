/* Runs the consistency queries of sql/checks.sql and collects what they find. */
#include "profiler/check.h"
#include "profiler/trace_int.h"

#define SHOWN_PER_RULE 20

/* One query: columns are the rule's name and what breaks it. */
static enum status run_query(sqlite3_stmt *statement, struct strbuf *report, int64_t *broken)
{
    int64_t rows = 0;
    int row;

    for (;;) {
        TRY(trace_step(statement, &row));
        if (!row)
            break;
        if (rows++ < SHOWN_PER_RULE)
            strbuf_printf(report, "%s: %s\n", (const char *)sqlite3_column_text(statement, 0),
                          (const char *)sqlite3_column_text(statement, 1));
    }
    *broken += rows;
    return STATUS_OK;
}

enum status trace_check(sqlite3 *db, struct strbuf *report, int64_t *broken)
{
    const char *rest = trace_sql("checks.sql");
    enum status status = STATUS_OK;

    *broken = 0;
    while (*rest && status == STATUS_OK) {
        const char *query = rest;
        sqlite3_stmt *statement = NULL;

        if (sqlite3_prepare_v2(db, query, -1, &statement, &rest) != SQLITE_OK)
            return trace_failure(db, query);
        if (!statement) /* only white space and comments were left */
            break;
        status = run_query(statement, report, broken);
        sqlite3_finalize(statement);
    }
    return status;
}
