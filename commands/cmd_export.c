/* clprof export TRACE: all steps for ui.perfetto.dev, or a view as CSV. */
#include <stdio.h>

#include "base/file.h"
#include "commands/commands.h"
#include "profiler/trace.h"
#include "reports/report.h"

struct export_options {
    const char *output;
    const char *view;
    int format; /* enum export_format */
    bool format_given;
};

static const struct option export_option_list[] = {
    {"format", 'f', OPTION_CHOICE, offsetof(struct export_options, format), NULL, "perfetto|csv", NULL, 0, 0,
     "perfetto: Chrome trace events; csv: one view", offsetof(struct export_options, format_given)},
    {"view", 0, OPTION_TEXT, offsetof(struct export_options, view), "VIEW", NULL, NULL, 0, 0,
     "the view to write as csv; conversions when not given", 0},
    {"output", 'o', OPTION_TEXT, offsetof(struct export_options, output), "FILE", NULL, NULL, 0, 0,
     "write to FILE; - is standard output", 0},
    OPTION_END};

static enum status check_options(const struct export_options *options)
{
    if (!options->format_given)
        return FAIL(USAGE, "which format? give --format perfetto or --format csv");
    if (options->output == NULL)
        return FAIL(USAGE, "where to? give -o FILE, or -o - for standard output");
    if (options->view != NULL && options->format != EXPORT_CSV)
        return FAIL(USAGE, "--view goes with --format csv; perfetto takes all steps");
    return STATUS_OK;
}

static enum status write_export(sqlite3 *db, const struct export_options *options)
{
    enum status status;
    struct file_writer writer = {0};

    if (options->output[0] == '-' && options->output[1] == '\0')
        return report_export(db, (enum export_format)options->format, options->view, stdout);
    TRY_OUT(file_create(&writer, options->output));
    TRY_OUT(report_export(db, (enum export_format)options->format, options->view, writer.stream));
    TRY_OUT(file_commit(&writer));
out:
    file_abandon(&writer);
    return status;
}

static int run_export(const struct command *self, int argc, char **argv)
{
    struct export_options options = {0};
    int positional, code;
    sqlite3 *db = NULL;
    enum status status;

    code = command_begin(self, &options, argc, argv, 1, 1, &positional);
    if (code >= 0)
        return code;
    TRY_OUT(check_options(&options));
    TRY_OUT(trace_open(argv[1], 0, &db));
    status = write_export(db, &options);
out:
    trace_close(db);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

const struct command command_export = {
    "export", "TRACE",
    "write a trace for other tools: Perfetto's viewer, or a view as CSV",
    export_option_list, run_export,
    .about = "perfetto writes JSON that ui.perfetto.dev and chrome://tracing open, conversions marked; csv "
        "writes one view as it is.",
    .examples = {
        {"clprof export trace.db --format perfetto -o trace.json",
         "Look at the timeline"},
        {"clprof export trace.db --format csv --view conversions -o conversions.csv",
         "One view for a spreadsheet"},
    },
};
