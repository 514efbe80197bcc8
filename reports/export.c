/*
 * `clprof export`: a view as CSV, or all steps as Chrome trace events. Rows go from SQLite to the stream one by one.
 */
#include "reports/report.h"

#include <errno.h>
#include <string.h>

#include "profiler/trace.h"
#include "reports/chrome_trace.h"
#include "reports/csv.h"

static const char *const views[] = {"runs",        "steps",       "modules",    "operators",  "op_tensors",
                                    "kernels",     "conversions", "round_trips", "findings",  "verifications",
                                    "cost_steps",  "time_steps",  "format_measurements"};

#define VIEW_COUNT (sizeof views / sizeof *views)

const char *report_view(size_t number)
{
    return number < VIEW_COUNT ? views[number] : NULL;
}

static enum status check_view(const char *view)
{
    struct strbuf names;

    for (size_t i = 0; i < VIEW_COUNT; i++)
        if (strcmp(views[i], view) == 0)
            return STATUS_OK;
    strbuf_init(&names);
    for (size_t i = 0; i < VIEW_COUNT; i++)
        strbuf_printf(&names, "%s%s", i == 0 ? "" : ", ", views[i]);
    enum status status = FAIL(NOT_FOUND, "no view is named '%s'; the views are %s", view, names.text);
    strbuf_release(&names);
    return status;
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
