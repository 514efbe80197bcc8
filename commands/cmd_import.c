/* clprof import FILE...: other profilers' traces of one job made one trace, analysed; prints what it found. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/interrupt.h"
#include "commands/commands.h"
#include "commands/conclude.h"
#include "importers/importer.h"
#include "profiler/trace_draft.h"

#define FILES_MOST 65536 /* ranks and the files beside them */

struct import_options {
    const char *output, *report;
};

/* A trace must not take the place of what it is made from. */
static enum status check_output(const char *const *paths, int count, const char *output)
{
    struct stat old, file;
    if (stat(output, &old) != 0)
        return STATUS_OK;
    for (int i = 0; i < count; i++) {
        if (stat(paths[i], &file) == 0 && file.st_dev == old.st_dev && file.st_ino == old.st_ino)
            return FAIL(USAGE, "%s is to be read and to be written; give the trace another name with -o", output);
    }
    return STATUS_OK;
}

/* On the guard's thread. */
static void interrupted(void *what)
{
    const struct import_options *options = what;

    trace_draft_remove(options->output);
    fprintf(stderr, "clprof import: interrupted, no trace was written\n");
}

static enum status import_guarded(const char *const *paths, int count, struct import_options *options)
{
    struct interrupt_guard *guard;

    TRY(interrupt_guard_begin(interrupted, options, &guard));
    enum status status = import_files(paths, count, options->output);
    interrupt_guard_end(guard);
    return status;
}

static enum status import_and_conclude(const char *const *paths, int count, struct import_options *options)
{
    TRY(check_output(paths, count, options->output));
    TRY(import_guarded(paths, count, options));
    return conclude_trace(options->output, options->report);
}

static int run(const struct command *self, int argc, char **argv)
{
    struct import_options options = {0};
    int positional;
    int code = command_begin(self, &options, argc, argv, 1, FILES_MOST, &positional);

    if (code >= 0)
        return code;
    enum status status = import_and_conclude((const char *const *)(argv + 1), positional, &options);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

#define AT(member) offsetof(struct import_options, member)
static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, AT(output), "TRACE", .initial = "trace.db", .help = "the trace to write"},
    {"report", 0, OPTION_TEXT, AT(report), "FILE", .help = "also write a report: .html, .json, .csv or .txt"},
    OPTION_END,
};

const struct command command_import = {
    "import", "FILE...",
    "turn other profilers' traces of one job into a trace",
    options, run,
    .about = "Reads traces that exist already: Kineto JSON of torch.profiler (.json or .json.gz, with its "
        "ExecutionTrace beside it where there is one), Nsight Systems .sqlite, and logs of oneDNN's "
        "verbose mode. The format is sniffed, not taken from the name. Several files are the ranks of one "
        "job.",
    .examples = {
        {"clprof import kineto.json.gz -o job.db",
         "A trace of torch.profiler"},
        {"clprof import rank0.json rank1.json",
         "The ranks of one job"},
        {"clprof import profile.sqlite --report job.html",
         "Nsight Systems' export, and a page to look at"},
    },
};
