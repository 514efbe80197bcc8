/* clprof analyze TRACE: raw rows to findings. train, run and import do the same when they end. */
#include <stdio.h>

#include "analysis/analysis.h"
#include "base/utf8.h"
#include "commands/commands.h"
#include "profiler/trace.h"

static enum status print_outcome(sqlite3 *db, const char *path)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM step_phase WHERE phase = 'steady'), (SELECT count(*) FROM step_phase),"
        " (SELECT count(*) FROM finding WHERE scope = 'operator' AND verdict = 'thrash'),"
        " (SELECT count(*) FROM finding WHERE scope = 'operator'),"
        " (SELECT value FROM figure WHERE name = 'lost_percent_total')";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, sql, &row));
    TRY_OUT(trace_step(row, &more));
    utf8_print(stdout, path);
    printf(": %d of %d steps are steady; %d of %d operator types thrash", sqlite3_column_int(row, 0),
           sqlite3_column_int(row, 1), sqlite3_column_int(row, 2), sqlite3_column_int(row, 3));
    if (sqlite3_column_type(row, 4) == SQLITE_NULL)
        printf("; the lost throughput is unknown\n");
    else
        printf("; lost throughput %.2f %%\n", sqlite3_column_double(row, 4));
out:
    sqlite3_finalize(row);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    sqlite3 *db = NULL;
    enum status status;
    int positional, code = command_begin(self, NULL, argc, argv, 1, 1, &positional);

    if (code >= 0)
        return code;
    TRY_OUT(trace_open(argv[1], 1, &db));
    TRY_OUT(analysis_run(db));
    TRY_OUT(print_outcome(db, argv[1]));
out:
    trace_close(db);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

static const struct option options[] = {OPTION_END};

const struct command command_analyze = {
    "analyze", "TRACE",
    "turn a trace's raw rows into findings",
    options, run,
    .about = "Finds round trips, prices them over all steady steps and writes the findings, in place of "
        "earlier ones. `train`, `run` and `import` have done it already; do it again for a trace of an "
        "older clprof, or for one whose analysis was interrupted.",
    .examples = {
        {"clprof analyze trace.db",
         "Findings of a trace without any"},
    },
};
