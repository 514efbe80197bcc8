/*
 * `clprof export`: a view as CSV, or all steps as Chrome trace events. Rows go from SQLite to the stream one by one.
 */
#include "reports/report.h"

#include <errno.h>
#include <string.h>

#include "profiler/trace.h"
#include "reports/chrome_trace.h"
#include "reports/csv.h"

static const char *const views[] = {"runs",    "steps",       "modules",     "operators", "op_tensors",
                                    "kernels", "conversions", "round_trips", "findings",  "verifications"};

#define VIEW_COUNT (sizeof views / sizeof *views)

static enum status check_view(const char *view)
{
    for (size_t i = 0; i < VIEW_COUNT; i++)
        if (strcmp(views[i], view) == 0)
            return STATUS_OK;
    return FAIL(NOT_FOUND, "no view is named '%s'; the views are runs, steps, modules, operators, op_tensors, kernels, "
                           "conversions, round_trips, findings, verifications", view);
}

static enum status export_csv(sqlite3 *db, const char *view, FILE *out)
{
    enum status status;
    sqlite3_stmt *statement = NULL;
    struct strbuf scratch;
    char sql[80];
    int row;

    TRY(check_view(view));
    strbuf_init(&scratch);
    snprintf(sql, sizeof sql, "SELECT * FROM %s", view);
    TRY_OUT(trace_prepare(db, sql, &statement));
    csv_names(out, statement);
    for (;;) {
        TRY_OUT(trace_step(statement, &row));
        if (!row || ferror(out))
            break;
        csv_row(out, statement, &scratch);
    }
out:
    strbuf_release(&scratch);
    sqlite3_finalize(statement);
    return status;
}

enum status report_export(sqlite3 *db, enum export_format format, const char *view, FILE *out)
{
    if (format == EXPORT_PERFETTO)
        TRY(chrome_trace_write(db, out));
    else
        TRY(export_csv(db, view == NULL ? "conversions" : view, out));
    if (fflush(out) != 0 || ferror(out))
        return FAIL(IO, "cannot write the export: %s", strerror(errno));
    return STATUS_OK;
}
