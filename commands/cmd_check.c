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
    {.name = "max-lost", .kind = OPTION_NUMBER, .offset = AT(max_lost), .value_name = "PCT", .low = 0, .high = 1e9,
     .help = "most lost throughput, in percent", .given_offset = AT(has_lost)},
    {.name = "max-round-trips", .kind = OPTION_INT, .offset = AT(max_round_trips), .value_name = "N", .low = 0, .high = 1e9,
     .help = "most round trips in a step", .given_offset = AT(has_round_trips)},
    {.name = "max-conversions", .kind = OPTION_INT, .offset = AT(max_conversions), .value_name = "N", .low = 0, .high = 1e9,
     .help = "most layout conversions in a step", .given_offset = AT(has_conversions)},
    {.name = "baseline", .kind = OPTION_TEXT, .offset = AT(baseline), .value_name = "TRACE",
     .help = "a trace of before: nothing may be new or worse beyond the intervals"},
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


const struct command command_check = {"check", "TRACE", "Fail when a trace exceeds limits or a baseline", options, run};
