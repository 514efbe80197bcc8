/* clprof report TRACE: the findings as text, HTML, JSON or CSV. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "profiler/trace.h"
#include "reports/report.h"

struct report_options {
    const char *output;
    int format; /* enum report_format */
    bool format_given;
    const char *trace;
    sqlite3 *db;
};

static const struct option report_option_list[] = {
    {"format", 'f', OPTION_CHOICE, offsetof(struct report_options, format), NULL, "text|html|json|csv", "text", 0, 0,
     "how to write it; without this, what the ending of FILE says", offsetof(struct report_options, format_given)},
    {"output", 'o', OPTION_TEXT, offsetof(struct report_options, output), "FILE", NULL, NULL, 0, 0,
     "write to FILE instead of standard output (-)", 0},
    OPTION_END};

static enum status write_report(void *what, FILE *out)
{
    const struct report_options *options = what;

    return report_write(options->db, (enum report_format)options->format, options->trace, out);
}

static int run_report(const struct command *self, int argc, char **argv)
{
    struct report_options options = {0};
    int positional, code;
    enum status status;

    code = command_begin(self, &options, argc, argv, 1, 1, &positional);
    if (code >= 0)
        return code;
    if (!options.format_given)
        options.format = (int)report_format_for(options.output);
    options.trace = argv[1];
    TRY_OUT(trace_open(argv[1], 0, &options.db));
    status = output_write(options.output, write_report, &options);
out:
    trace_close(options.db);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

const struct command command_report = {
    "report", "TRACE",
    "write what a trace's layout conversions cost, and what to fix first",
    report_option_list, run_report,
    .about = "Says in one sentence whether layouts cost anything, then who is to blame and what to do. html is "
        "one self-contained page; json is for scripts (its fields are a contract), csv holds the "
        "findings.",
    .examples = {
        {"clprof report trace.db",
         "On the terminal"},
        {"clprof report trace.db -o report.html",
         "The page, with timeline and round trips"},
        {"clprof report trace.db --format json | jq .lost_percent_total",
         "For a script"},
    },
};
