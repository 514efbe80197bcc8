/* Sentences about a report, see words.h. */
#include "reports/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/text.h"

#define UNKNOWN "unknown"

void words_figure(struct strbuf *out, const struct report *report, const char *name, const char *unit)
{
    char low[64], high[64], number[32], interval[72];
    double value = report_figure(report, name);

    if (isnan(value)) {
        strbuf_append(out, UNKNOWN);
        return;
    }
    snprintf(low, sizeof low, "%s_low", name);
    snprintf(high, sizeof high, "%s_high", name);
    strbuf_printf(out, "%s %s", number_short(number, value), unit);
    number_interval(interval, report_figure(report, low), report_figure(report, high));
    strbuf_printf(out, "%s%s", *interval != '\0' ? " " : "", interval);
}

/* ": why", where the trace says why a figure is not there. */
static void append_reason(struct strbuf *out, const struct report *report)
{
    const struct table *summary = &report->section[SECTION_summary];

    if (report_figure(report, "time_steps") > 0 || !(report_figure(report, "cost_steps") > 0))
        return;
    if (table_is(summary, 0, "costs_from", "recorded"))
        strbuf_append(out, ": only recorded steps are there, and recording slows them");
}

void words_throughput(struct strbuf *out, const struct report *report)
{
    const struct table *run = &report->section[SECTION_run];

    words_figure(out, report, "images_per_s", "images/s");
    if (!isnan(report_figure(report, "images_per_s")))
        strbuf_append(out, run->rows > 1 ? ", each rank" : "");
    else if (report_figure(report, "time_steps") > 0 && !isnan(report_figure(report, "step_ms")))
        strbuf_append(out, ": the trace does not tell the batch size");
    else
        append_reason(out, report);
}

void words_step_time(struct strbuf *out, const struct report *report)
{
    words_figure(out, report, "step_ms", "ms");
    if (!isnan(report_figure(report, "step_ms")))
        strbuf_append(out, report_figure(report, "has_steps") > 0 ? ", the median" : ", all of the trace");
    else
        append_reason(out, report);
}

void words_lost(struct strbuf *out, const struct report *report)
{
    words_figure(out, report, "lost_percent", "%");
    if (!isnan(report_figure(report, "lost_percent")))
        strbuf_append(out, " of throughput, estimated");
    else if (report_figure(report, "time_steps") > 0 && report_figure(report, "cost_steps") > 0)
        strbuf_append(out, words_count_verdict(report, "thrash") > 0
                               ? ": the trace does not tell what the conversions cost"
                               : ": the trace does not show whether anything could be won");
    else
        append_reason(out, report);
}

void words_verified(struct strbuf *out, const struct report *report)
{
    double pairs = report_figure(report, "verified_pairs");
    char number[32];

    if (isnan(pairs))
        return;
    words_figure(out, report, "verified_percent", "%");
    strbuf_printf(out, " faster with all of it fixed, measured: %s pairs of interleaved steps", number_fixed(number, pairs, 0));
}

/* What counts are of: a trace without steps is one. */
static const char *per_what(const struct report *report)
{
    return report_figure(report, "has_steps") == 0 ? "in the whole trace" : "per step";
}

void words_conversions(struct strbuf *out, const struct report *report)
{
    double per_step = report_figure(report, "conversions_per_step"), silent = report_figure(report, "silent_per_step");
    double ms = report_figure(report, "conversion_ms_per_step");
    char number[32], share[32], time[32];

    if (isnan(per_step)) {
        strbuf_append(out, UNKNOWN);
        return;
    }
    strbuf_printf(out, "%s %s", number_fixed(number, per_step, 1), per_what(report));
    if (isnan(ms))
        strbuf_append(out, ", time unknown");
    else if (per_step > 0)
        strbuf_printf(out, ", %s ms, %s %% of %s", number_short(time, ms),
                      number_fixed(share, report_figure(report, "conversion_percent_of_step"), 2),
                      report_figure(report, "has_steps") == 0 ? "its time" : "the step");
    if (silent > 0)
        strbuf_printf(out, " (%s of them without a kernel and a time of their own)",
                      number_fixed(number, silent, 1));
}

void words_round_trips(struct strbuf *out, const struct report *report)
{
    const struct table *kinds = &report->section[SECTION_round_trips];
    double per_step = report_figure(report, "round_trips_per_step");
    char number[32];

    if (isnan(per_step)) {
        strbuf_append(out, UNKNOWN);
        return;
    }
    strbuf_printf(out, "%s %s", number_fixed(number, per_step, 1), per_what(report));
    for (size_t i = 0; i < kinds->rows; i++)
        strbuf_printf(out, "%s%s %s", i == 0 ? ": " : ", ", table_text_or(kinds, i, "kind", UNKNOWN),
                      number_fixed(number, table_number(kinds, i, "per_step"), 1));
}

size_t words_count_verdict(const struct report *report, const char *verdict)
{
    const struct table *operators = &report->section[SECTION_operators];
    size_t count = 0;

    for (size_t i = 0; i < operators->rows; i++)
        count += table_is(operators, i, "verdict", verdict);
    return count;
}

/* Which operators a sentence is about: those with a verdict, the library's doing or anybody else's. */
struct choice {
    const char *verdict;
    bool library;
};

static bool is_chosen(const struct table *operators, size_t row, const struct choice *choice)
{
    return table_is(operators, row, "verdict", choice->verdict) &&
           table_is(operators, row, "situation", "library") == choice->library;
}

/* "a, b, c and 4 more"; an operator that is chosen in two phases counts once. The count. */
static size_t append_names(struct strbuf *out, const struct report *report, const struct choice *choice)
{
    const struct table *operators = &report->section[SECTION_operators];
    const char *shown[3] = {NULL, NULL, NULL};
    size_t count = 0, more = 0;

    for (size_t i = 0; i < operators->rows; i++) {
        const char *name = table_text_or(operators, i, "op_name", UNKNOWN);
        size_t same = 0;

        if (!is_chosen(operators, i, choice))
            continue;
        while (same < count && strcmp(shown[same], name) != 0)
            same++;
        if (same == count && count < 3)
            shown[count++] = name;
        else
            more += same == count;
    }
    for (size_t i = 0; i < count; i++)
        strbuf_printf(out, "%s%s", i == 0 ? "" : i + 1 == count && more == 0 ? " and " : ", ", shown[i]);
    if (more > 0)
        strbuf_printf(out, " and %zu more", more);
    return count + more;
}

/* Round trips per step of the library's kind. */
static double library_trips(const struct report *report)
{
    const struct table *kinds = &report->section[SECTION_round_trips];

    for (size_t i = 0; i < kinds->rows; i++)
        if (table_is(kinds, i, "kind", "library"))
            return table_number(kinds, i, "per_step");
    return 0;
}

/* What thrashes, and who thrashes. False when nothing does. */
static bool append_thrash(struct strbuf *out, const struct report *report)
{
    static const struct choice own = {"thrash", false}, library = {"thrash", true};
    double trips = library_trips(report), others = report_figure(report, "round_trips_per_step") - trips;
    struct strbuf names;
    char number[32];

    strbuf_init(&names);
    size_t count = append_names(&names, report, &own);
    if (count > 0)
        strbuf_printf(out, "%s %s round trips between memory formats: %s %s.", names.text,
                      count == 1 ? "causes" : "cause", number_fixed(number, others, 1), per_what(report));
    strbuf_clear(&names);
    size_t by_library = append_names(&names, report, &library);
    if (by_library > 0)
        strbuf_printf(out,
                      "%sThe model is contiguous, but its library is not: inside %s it converts to its own format and "
                      "back, %s round trips %s. Use channels_last.",
                      count > 0 ? " " : "", names.text, number_fixed(number, trips, 1), per_what(report));
    strbuf_release(&names);
    return count + by_library > 0;
}

/* Nothing thrashes: what then? Clean is said only where a conversion would have been seen. */
static void append_calm(struct strbuf *out, const struct report *report)
{
    double conversions = report_figure(report, "conversions_per_step");
    bool formats = report_figure(report, "has_formats") > 0;
    char number[32];

    if (isnan(conversions))
        strbuf_append(out, report_figure(report, "time_steps") > 0
                               ? "Only the speed of the steps is known: nothing was recorded in them."
                               : "No steady step was recorded: what conversions cost is unknown.");
    else if (conversions > 0)
        strbuf_printf(out, "%s; %s conversions %s remain.",
                      words_count_verdict(report, "unknown") > 0 || !(report_figure(report, "has_operators") > 0)
                          ? "No round trip is proved"
                          : "No operator causes a round trip",
                      number_fixed(number, conversions, 1), per_what(report));
    else if (formats)
        strbuf_append(out, "Clean: no layout conversion in any step that was looked at.");
    else if (report_figure(report, "has_device_kernels") > 0)
        strbuf_append(out, "No kernel here is known to convert layouts. Conversions without such a kernel would only show "
                           "in the formats of tensors, which the trace does not tell.");
    else
        strbuf_append(out, "The trace tells neither formats of tensors nor device kernels: whether anything converts "
                           "layouts is unknown.");
}

void words_blamed(struct strbuf *out, const struct report *report)
{
    static const struct choice choices[] = {{"thrash", false}, {"thrash", true}, {"slow_kernel", false}};

    for (size_t i = 0, count = 0; i < sizeof choices / sizeof *choices && count == 0; i++)
        count = append_names(out, report, &choices[i]);
}

/* What is there, not what it costs. False when nothing is wrong. */
static bool append_situation(struct strbuf *out, const struct report *report)
{
    static const struct choice slow = {"slow_kernel", false};
    size_t slow_count = words_count_verdict(report, "slow_kernel");
    bool thrash = append_thrash(out, report);

    if (!thrash)
        append_calm(out, report);
    if (slow_count > 0) {
        strbuf_append(out, " Slower in channels_last than in contiguous, as measured: ");
        append_names(out, report, &slow);
        strbuf_append(out, ".");
    }
    return thrash || slow_count > 0;
}

bool words_is_verified(const struct report *report)
{
    return !isnan(report_figure(report, "verified_percent"));
}

/* The sentence up to its names, by what is known of the cost. */
static void append_cost(struct strbuf *text, const struct report *report)
{
    char number[32];

    if (words_is_verified(report) && report_figure(report, "verified_percent_low") <= 0 &&
        report_figure(report, "verified_percent_high") >= 0) {
        strbuf_append(text, "Verified: with all of it fixed this training is not measurably faster (");
        words_figure(text, report, "verified_percent", "%");
        strbuf_append(text, "); round trips there are, by ");
    } else if (words_is_verified(report)) {
        double gain = report_figure(report, "verified_percent");

        strbuf_append(text, "Verified: with all of it fixed this training is ");
        words_figure(text, report, "verified_percent", gain < 0 ? "% \"faster\", so slower," : "% faster");
        strbuf_printf(text, ", measured over %s pairs of interleaved steps; to blame: ",
                      number_fixed(number, report_figure(report, "verified_pairs"), 0));
    } else if (!isnan(report_figure(report, "lost_percent"))) {
        strbuf_append(text, "Estimated, not yet verified: this training would be ");
        words_figure(text, report, "lost_percent", "% faster");
        strbuf_append(text, " without what layouts cost it; to blame: ");
    } else {
        strbuf_append(text, "Layouts cost this training something, and the trace does not tell how much; to blame: ");
    }
}

void words_headline(struct strbuf *out, const struct report *report)
{
    append_cost(out, report);
    words_blamed(out, report);
    strbuf_append(out, ".");
}

void words_situation(struct strbuf *out, const struct report *report)
{
    append_situation(out, report);
}

void words_verdict(struct strbuf *out, const struct report *report)
{
    if (words_count_verdict(report, "thrash") + words_count_verdict(report, "slow_kernel") > 0) {
        words_headline(out, report);
        strbuf_append(out, " ");
    }
    append_situation(out, report);
}

void words_next_report(struct strbuf *out, const struct report *report)
{
    strbuf_append(out, "clprof report ");
    text_shell_word(out, report->trace_path);
    strbuf_append(out, " --format html -o report.html");
}
