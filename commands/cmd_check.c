/* clprof check TRACE: fails with exit code 3 when a figure of the trace exceeds a limit or a baseline's. For CI. */
#include <math.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "commands/commands.h"
#include "profiler/trace.h"

struct check_options {
    double max_lost;
    int64_t max_round_trips, max_conversions;
    const char *baseline;
    bool has_lost, has_round_trips, has_conversions;
};

#define AT(member) offsetof(struct check_options, member)
static const struct option options[] = {
    {"max-lost", 0, OPTION_NUMBER, AT(max_lost), "PCT", NULL, NULL, 0, 1e9, "most lost throughput, in percent",
     AT(has_lost)},
    {"max-round-trips", 0, OPTION_INT, AT(max_round_trips), "N", NULL, NULL, 0, 1e9, "most round trips in a step",
     AT(has_round_trips)},
    {"max-conversions", 0, OPTION_INT, AT(max_conversions), "N", NULL, NULL, 0, 1e9,
     "most layout conversions in a step", AT(has_conversions)},
    {"baseline", 0, OPTION_TEXT, AT(baseline), "TRACE", NULL, NULL, 0, 0,
     "an earlier trace: nothing may be new or worse beyond the intervals", 0},
    OPTION_END,
};

static struct analysis_limits limits_of(const struct check_options *given)
{
    return (struct analysis_limits){given->has_lost ? given->max_lost : NAN,
                                    given->has_round_trips ? given->max_round_trips : -1,
                                    given->has_conversions ? given->max_conversions : -1};
}

static enum status check(const struct check_options *given, const char *path, struct strbuf *report)
{
    struct analysis_limits limits = limits_of(given);
    sqlite3 *db = NULL, *baseline = NULL;
    enum status status;

    if (!given->has_lost && !given->has_round_trips && !given->has_conversions && !given->baseline)
        return FAIL(USAGE, "nothing to check: give --max-lost, --max-round-trips, --max-conversions or --baseline");
    TRY_OUT(trace_open(path, 0, &db));
    if (given->baseline)
        TRY_OUT(trace_open(given->baseline, 0, &baseline));
    status = analysis_check(db, &limits, baseline, report);
out:
    trace_close(baseline);
    trace_close(db);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct check_options given = {0};
    struct strbuf report;
    int positional, code = command_begin(self, &given, argc, argv, 1, 1, &positional);

    if (code >= 0)
        return code;
    strbuf_init(&report);
    enum status status = check(&given, argv[1], &report);
    fputs(report.text, stdout);
    if (status == STATUS_OK)
        printf("%s: within its limits\n", argv[1]);
    strbuf_release(&report);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

const struct command command_check = {
    "check", "TRACE",
    "fail when a trace exceeds limits or a baseline",
    options, run,
    .about = "A gate for continuous integration: exit code 0 when the trace keeps all given limits, 3 when it "
        "exceeds one, and then says which and by how much. A baseline is an earlier trace of the same "
        "model: a new culprit or a significant loss against it fails, noise doesn't.",
    .examples = {
        {"clprof check trace.db --max-round-trips 0",
         "Nothing may thrash"},
        {"clprof check trace.db --baseline main.db",
         "Nothing may be worse than on the main branch"},
        {"clprof check trace.db --max-lost 2",
         "Layouts may cost 2 % of throughput"},
    },
};
