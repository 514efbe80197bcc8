/* clprof export TRACE: all steps for ui.perfetto.dev, or a view as CSV. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "profiler/trace.h"
#include "reports/report.h"

struct export_options {
    const char *output;
    const char *view;
    int format; /* enum export_format */
    bool format_given;
    sqlite3 *db;
};

static const struct option export_option_list[] = {
    {"format", 'f', OPTION_CHOICE, offsetof(struct export_options, format), NULL, "perfetto|csv", NULL, 0, 0,
     "perfetto: Chrome trace events; csv: one view", offsetof(struct export_options, format_given)},
    {"view", 0, OPTION_TEXT, offsetof(struct export_options, view), "VIEW", NULL, NULL, 0, 0,
     "the view to write as csv, conversions when not given; all: every view, a file each in the folder FILE", 0},
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

static enum status write_export(void *what, FILE *out)
{
    const struct export_options *options = what;

    return report_export(options->db, (enum export_format)options->format, options->view, out);
}

/* Every view, as FOLDER/<view>.csv; the folder is made where there is none. */
static enum status write_all(struct export_options *options)
{
    enum status status = STATUS_OK;
    struct strbuf path;

    if (strcmp(options->output, "-") == 0)
        return FAIL(USAGE, "--view all writes a file a view: give -o FOLDER");
    if (mkdir(options->output, 0777) != 0 && errno != EEXIST)
        return FAIL(IO, "%s: no folder can be made: %s", options->output, strerror(errno));
    strbuf_init(&path);
    for (size_t i = 0; status == STATUS_OK && (options->view = report_view(i)) != NULL; i++) {
        strbuf_clear(&path);
        strbuf_printf(&path, "%s/%s.csv", options->output, options->view);
        status = output_write(path.text, write_export, options);
    }
    strbuf_release(&path);
    return status;
}

static int run_export(const struct command *self, int argc, char **argv)
{
    struct export_options options = {0};
    int positional, code;
    enum status status;

    code = command_begin(self, &options, argc, argv, 1, 1, &positional);
    if (code >= 0)
        return code;
    TRY_OUT(check_options(&options));
    TRY_OUT(trace_open(argv[1], 0, &options.db));
    status = options.view != NULL && strcmp(options.view, "all") == 0 ? write_all(&options)
                                                                      : output_write(options.output, write_export, &options);
out:
    trace_close(options.db);
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
        {"clprof export trace.db --format csv --view all -o folder",
         "All views, a file each"},
    },
};
