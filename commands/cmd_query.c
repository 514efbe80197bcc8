/* clprof query TRACE [SQL]: read-only SQL, or one of the report's own queries by name. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "profiler/trace.h"
#include "reports/report.h"

struct query_options {
    const char *name, *output;
    int format; /* enum query_format */
    bool list;
    sqlite3 *db;
    const char *sql;
};

static const struct option query_option_list[] = {
    {"list", 'l', OPTION_FLAG, offsetof(struct query_options, list), NULL, NULL, NULL, 0, 0,
     "list the named queries", 0},
    {"name", 'n', OPTION_TEXT, offsetof(struct query_options, name), "QUERY", NULL, NULL, 0, 0,
     "run one of them", 0},
    {"format", 'f', OPTION_CHOICE, offsetof(struct query_options, format), NULL, "text|csv|json", "text", 0, 0,
     "how to write the rows", 0},
    {"output", 'o', OPTION_TEXT, offsetof(struct query_options, output), "FILE", NULL, NULL, 0, 0,
     "write to FILE instead of standard output (-)", 0},
    OPTION_END};

static enum status write_list(void *what, FILE *out)
{
    (void)what;
    return report_list_queries(out);
}

static enum status write_rows(void *what, FILE *out)
{
    const struct query_options *options = what;
    enum query_format format = (enum query_format)options->format;

    if (options->name != NULL)
        return report_named_query(options->db, options->name, format, out);
    return report_query(options->db, options->sql, format, out);
}

static int run_query(const struct command *self, int argc, char **argv)
{
    struct query_options options = {0};
    int positional, code;
    enum status status;

    code = command_begin(self, &options, argc, argv, 0, 2, &positional);
    if (code >= 0)
        return code;
    if (options.list) {
        status = output_write(options.output, write_list, NULL);
        goto out;
    }
    if (positional < 1 || (positional == 2) == (options.name != NULL)) {
        status = FAIL(USAGE,
                      "write clprof query TRACE \"SELECT ...\", or clprof query TRACE --name NAME; --list shows names");
        goto out;
    }
    options.sql = argv[2];
    TRY_OUT(trace_open(argv[1], 0, &options.db));
    status = output_write(options.output, write_rows, &options);
out:
    trace_close(options.db);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

const struct command command_query = {
    "query", "TRACE [SQL]",
    "read a trace with SQL (read only)",
    query_option_list, run_query,
    .about = "Runs one SELECT, or one of the report's own queries. A trace is an SQLite database: `sqlite3 "
        "trace.db`, pandas and DuckDB read it as well (docs/QUERIES.md has recipes). Nothing here can "
        "write to the trace.",
    .examples = {
        {"clprof query --list",
         "The named queries"},
        {"clprof query trace.db --name operator_time",
         "Which operators take the time?"},
        {"clprof query trace.db \"SELECT cause, count(*) FROM conversions GROUP BY cause\"",
         "One of your own"},
    },
};
