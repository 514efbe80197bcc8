/* clprof compare TRACE_A TRACE_B: throughput, conversions, findings and set-up side by side. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "profiler/trace.h"
#include "reports/report.h"

struct compare_options {
    const char *output;
    int format; /* enum report_format */
    bool format_given;
    struct report_trace a, b;
};

static const struct option compare_option_list[] = {
    {"format", 'f', OPTION_CHOICE, offsetof(struct compare_options, format), NULL, "text|html|json", "text", 0, 0,
     "how to write it; without this, what the ending of FILE says", offsetof(struct compare_options, format_given)},
    {"output", 'o', OPTION_TEXT, offsetof(struct compare_options, output), "FILE", NULL, NULL, 0, 0,
     "write to FILE instead of standard output (-)", 0},
    OPTION_END};

static enum status write_comparison(void *what, FILE *out)
{
    const struct compare_options *options = what;

    return report_compare(&options->a, &options->b, (enum report_format)options->format, out);
}

static int run_compare(const struct command *self, int argc, char **argv)
{
    struct compare_options options = {0};
    int positional, code = command_begin(self, &options, argc, argv, 2, 2, &positional);
    enum status status;

    if (code >= 0)
        return code;
    if (!options.format_given)
        options.format = (int)report_format_for(options.output);
    options.a.path = argv[1];
    options.b.path = argv[2];
    TRY_OUT(trace_open(argv[1], 0, &options.a.db));
    TRY_OUT(trace_open(argv[2], 0, &options.b.db));
    status = output_write(options.output, write_comparison, &options);
out:
    trace_close(options.a.db);
    trace_close(options.b.db);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

const struct command command_compare = {
    "compare", "TRACE_A TRACE_B",
    "put two traces of a model side by side: throughput, conversions, findings",
    compare_option_list, run_compare,
    .about = "Two traces of the same model: two layouts, policies, commits or versions of PyTorch. A "
        "difference within the intervals is noise, and is shown as such.",
    .examples = {
        {"clprof compare before.db after.db",
         "What did the change bring?"},
        {"clprof compare before.db after.db -o compare.html",
         "The same as a page"},
    },
};
