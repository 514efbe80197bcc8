/* The end of every command that makes a trace. */
#include "commands/conclude.h"

#include <stdio.h>

#include "analysis/analysis.h"
#include "profiler/trace.h"
#include "reports/report.h"

enum status conclude_trace(const char *trace, const char *report)
{
    sqlite3 *db = NULL;
    enum status status;

    TRY_OUT(trace_open(trace, 1, &db));
    TRY_OUT(analysis_run(db));
    TRY_OUT(report_write(db, REPORT_TEXT, trace, stdout));
    if (report)
        TRY_OUT(report_write_file(db, report_format_for(report), trace, report));
out:
    if (db)
        trace_close(db);
    return status;
}

enum status conclude_next(const char *trace)
{
    sqlite3_stmt *row = NULL;
    sqlite3 *db = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_open(trace, 0, &db));
    TRY_OUT(trace_prepare(db, "SELECT 1 FROM finding WHERE verdict = 'thrash' LIMIT 1", &row));
    TRY_OUT(trace_step(row, &more));
    if (more)
        printf("\nNext: `clprof verify %s` trains this again with the findings fixed, and measures what that wins.\n", trace);
out:
    sqlite3_finalize(row);
    if (db)
        trace_close(db);
    return status;
}
