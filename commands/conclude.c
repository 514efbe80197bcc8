/* The end of every command that makes a trace. */
#include "commands/conclude.h"

#include <stdio.h>

#include "analysis/analysis.h"
#include "commands/output.h"
#include "profiler/trace.h"
#include "reports/report.h"
#include "reports/text.h"

struct conclusion {
    sqlite3 *db;
    enum report_format format;
    const char *trace;
};

static enum status write_report(void *what, FILE *out)
{
    const struct conclusion *conclusion = what;

    return report_write(conclusion->db, conclusion->format, conclusion->trace, out);
}

enum status conclude_trace(const char *trace, const char *report)
{
    struct conclusion conclusion = {NULL, REPORT_TEXT, trace};
    enum status status;

    TRY_OUT(trace_open(trace, 1, &conclusion.db));
    TRY_OUT(analysis_run(conclusion.db));
    TRY_OUT(output_write(NULL, write_report, &conclusion));
    conclusion.format = report_format_for(report);
    if (report)
        TRY_OUT(output_write(report, write_report, &conclusion));
out:
    trace_close(conclusion.db);
    return status;
}

enum status conclude_next(const char *trace)
{
    sqlite3_stmt *row = NULL;
    sqlite3 *db = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_open(trace, 0, &db));
    TRY_OUT(trace_prepare(db, "SELECT 1 FROM finding WHERE verdict = 'thrash'"
                              " AND NOT EXISTS (SELECT 1 FROM runs WHERE world_size > 1) LIMIT 1", &row));
    TRY_OUT(trace_step(row, &more));
    if (more) {
        struct strbuf words;

        strbuf_init(&words);
        strbuf_append(&words, "clprof verify ");
        text_shell_word(&words, trace);
        strbuf_append(&words, " (trains this again with the findings fixed, and measures what that wins)");
        text_wrap_safe(stdout, "Next:  ", words.text);
        strbuf_release(&words);
    }
out:
    sqlite3_finalize(row);
    if (db)
        trace_close(db);
    return status;
}
