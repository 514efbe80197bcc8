/* clprof compare TRACE_A TRACE_B: throughput, conversions and findings side by side. */
#include <stdio.h>

#include "commands/commands.h"
#include "profiler/trace.h"
#include "reports/report.h"

static const struct option no_options[] = {OPTION_END};

static int run_compare(const struct command *self, int argc, char **argv)
{
    int positional, code, unused;
    sqlite3 *a = NULL, *b = NULL;
    enum status status;

    code = command_begin(self, &unused, argc, argv, 2, 2, &positional);
    if (code >= 0)
        return code;
    TRY_OUT(trace_open(argv[1], 0, &a));
    TRY_OUT(trace_open(argv[2], 0, &b));
    status = report_compare(a, b, stdout);
out:
    trace_close(a);
    trace_close(b);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

const struct command command_compare = {
    "compare", "TRACE_A TRACE_B",
    "put two traces of a model side by side: throughput, conversions, findings",
    no_options, run_compare,
    .about = "Two traces of the same model: two layouts, policies, commits or versions of PyTorch. A "
        "difference within the intervals is noise, and is shown as such.",
    .examples = {
        {"clprof compare before.db after.db",
         "What did the change bring?"},
    },
};
