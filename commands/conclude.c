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
