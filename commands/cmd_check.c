/* clprof check TRACE: fails with exit code 3 when a figure of the trace exceeds a limit or a baseline's. For CI. */
#include <math.h>
#include <stdio.h>

#include "analysis/check.h"
#include "commands/check_output.h"
#include "commands/commands.h"
#include "commands/output.h"
#include "profiler/trace.h"

struct check_options {
    double max_lost, max_slowdown, tolerance;
    int64_t max_round_trips, max_conversions;
    const char *baseline, *junit;
    bool has_lost, has_round_trips, has_conversions, has_slowdown, has_tolerance, github;
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
     "an earlier trace: no culprit may be new, no loss significantly larger", 0},
    {"tolerance", 0, OPTION_NUMBER, AT(tolerance), "PCT", NULL, "1", 0, 100,
     "with --baseline: so many points more of lost throughput may be noise between two runs", AT(has_tolerance)},
    {"max-slowdown", 0, OPTION_NUMBER, AT(max_slowdown), "PCT", NULL, NULL, 0, 1e9,
     "with --baseline of the same machine: most that throughput may fall by", AT(has_slowdown)},
    {"github", 0, OPTION_FLAG, AT(github), NULL, NULL, NULL, 0, 0, "also print annotations for GitHub Actions", 0},
    {"junit", 0, OPTION_TEXT, AT(junit), "FILE", NULL, NULL, 0, 0, "also write the checks to FILE as JUnit XML", 0},
    OPTION_END,
};

/* What was found, and where it goes. */
struct outcome {
    const struct check_options *given;
    const char *trace;
    struct check_list list;
};

static enum status write_lines(void *what, FILE *out)
{
    const struct outcome *outcome = what;

    check_write_text(&outcome->list, outcome->trace, out);
    if (outcome->given->github)
        check_write_github(&outcome->list, outcome->trace, out);
    return STATUS_OK;
}

static enum status write_junit(void *what, FILE *out)
{
    const struct outcome *outcome = what;

    check_write_junit(&outcome->list, outcome->trace, out);
    return STATUS_OK;
}

static enum status check_options(const struct check_options *given)
{
    if (!given->has_lost && !given->has_round_trips && !given->has_conversions && !given->baseline)
        return FAIL(USAGE, "nothing to check: give --max-lost, --max-round-trips, --max-conversions or --baseline");
    if (!given->baseline && (given->has_slowdown || given->has_tolerance))
        return FAIL(USAGE, "--%s compares with another trace: give --baseline TRACE, too",
                    given->has_slowdown ? "max-slowdown" : "tolerance");
    return STATUS_OK;
}

static struct check_limits limits_of(const struct check_options *given)
{
    return (struct check_limits){given->has_lost ? given->max_lost : NAN,
                                 given->has_round_trips ? given->max_round_trips : -1,
                                 given->has_conversions ? given->max_conversions : -1, given->tolerance,
                                 given->has_slowdown ? given->max_slowdown : NAN};
}

static enum status check(struct outcome *outcome)
{
    const struct check_options *given = outcome->given;
    struct check_limits limits = limits_of(given);
    sqlite3 *db = NULL, *baseline = NULL;
    enum status status;

    TRY_OUT(check_options(given));
    TRY_OUT(trace_open(outcome->trace, 0, &db));
    if (given->baseline)
        TRY_OUT(trace_open(given->baseline, 0, &baseline));
    enum status verdict = analysis_check(db, &limits, baseline, &outcome->list);
    if (verdict != STATUS_OK && verdict != STATUS_LIMIT) {
        status = verdict;
        goto out;
    }
    TRY_OUT(output_write(NULL, write_lines, outcome));
    if (given->junit)
        TRY_OUT(output_write(given->junit, write_junit, outcome));
    status = verdict; /* its line is still the newest */
out:
    trace_close(baseline);
    trace_close(db);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct check_options given = {0};
    int positional, code = command_begin(self, &given, argc, argv, 1, 1, &positional);

    if (code >= 0)
        return code;
    struct outcome outcome = {&given, argv[1], {0}};
    enum status status = check(&outcome);
    check_release(&outcome.list);
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
        {"clprof check trace.db --baseline main.db --github --junit check.xml",
         "In a workflow: annotations in GitHub's log, a test report for the rest (docs/CI.md)"},
    },
};
