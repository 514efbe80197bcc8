/* Sentences about a report, see words.h. */
#include "reports/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/text.h"

#define UNKNOWN "unknown"

static const char *run_text(const struct report *report, const char *column)
{
    const struct table *run = &report->section[SECTION_run];

    return run->rows == 0 ? NULL : table_text(run, 0, column);
}

static void append_joined(struct strbuf *out, const char *before, const char *text, const char *after)
{
    if (text == NULL || *text == '\0')
        return;
    strbuf_append(out, out->length > 0 ? ", " : "");
    strbuf_append(out, before);
    strbuf_append(out, text);
    strbuf_append(out, after);
}

void words_model(struct strbuf *out, const struct report *report)
{
    const char *dtype = run_text(report, "autocast_dtype");

    append_joined(out, "", run_text(report, "model") != NULL ? run_text(report, "model") : "unknown model", "");
    append_joined(out, "", run_text(report, "memory_format"), "");
    append_joined(out, "", dtype != NULL ? dtype : "no", " autocast");
    append_joined(out, "batch ", run_text(report, "batch_size"), "");
}

void words_device(struct strbuf *out, const struct report *report)
{
    const char *device = run_text(report, "device"), *name = run_text(report, "device_name");
    const char *threads = run_text(report, "threads");

    strbuf_printf(out, "%s%s%s", device != NULL ? device : "unknown device", name != NULL ? ": " : "",
                  name != NULL ? name : "");
    /* clprof's own device names say the threads already. */
    if (threads != NULL && (name == NULL || strstr(name, " thread") == NULL))
        strbuf_printf(out, ", %s %s", threads, strcmp(threads, "1") == 0 ? "thread" : "threads");
}

void words_policy(struct strbuf *out, const struct report *report)
{
    const char *policy = run_text(report, "policy");

    if (policy == NULL)
        strbuf_append(out, "none: counts and times are those of the recorded program on the device that ran");
    else
        strbuf_printf(out, "%s: counts are those of this policy's PyTorch, times are those of the device that ran",
                      policy);
}

void words_steps(struct strbuf *out, const struct report *report)
{
    strbuf_printf(out, "%.0f steady, %.0f warm-up, %.0f outlier; figures are of the steady ones",
                  report_figure(report, "steady_steps"), report_figure(report, "warmup_steps"),
                  report_figure(report, "outlier_steps"));
    strbuf_append(out, ". Warm-up: the first W of --profile W:A, else leading steps above 1.2 times the later median; "
                       "outlier: above the median by 3 x 1.4826 x MAD and by 10 %");
}

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

void words_throughput(struct strbuf *out, const struct report *report)
{
    words_figure(out, report, "images_per_s", "images/s");
}

void words_step_time(struct strbuf *out, const struct report *report)
{
    words_figure(out, report, "step_ms", "ms");
    if (!isnan(report_figure(report, "step_ms")))
        strbuf_append(out, ", the median");
}

void words_lost(struct strbuf *out, const struct report *report)
{
    words_figure(out, report, "lost_percent", "%");
    if (!isnan(report_figure(report, "lost_percent")))
        strbuf_append(out, " of throughput, estimated");
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
    strbuf_printf(out, "%s per step", number_fixed(number, per_step, 1));
    if (isnan(ms))
        strbuf_append(out, ", time unknown");
    else if (per_step > 0)
        strbuf_printf(out, ", %s ms, %s %% of the step", number_short(time, ms),
                      number_fixed(share, report_figure(report, "conversion_percent_of_step"), 2));
    if (silent > 0)
        strbuf_printf(out, " (%s of them inside an operator, without a time of their own)",
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
    strbuf_printf(out, "%s per step", number_fixed(number, per_step, 1));
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

/* "a, b, c and 4 more", of the operators with that verdict; one that has it in two phases counts once. The count. */
static size_t append_names(struct strbuf *out, const struct report *report, const char *verdict)
{
    const struct table *operators = &report->section[SECTION_operators];
    const char *shown[3] = {NULL, NULL, NULL};
    size_t count = 0, more = 0;

    for (size_t i = 0; i < operators->rows; i++) {
        const char *name = table_text_or(operators, i, "op_name", UNKNOWN);
        size_t same = 0;

        if (!table_is(operators, i, "verdict", verdict))
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

static void append_cost(struct strbuf *out, const struct report *report)
{
    double lost = report_figure(report, "lost_percent");

    if (isnan(lost)) {
        strbuf_append(out, " What that costs is unknown.");
    } else {
        strbuf_append(out, " Without what the findings cost, throughput would be higher by an estimated ");
        words_figure(out, report, "lost_percent", "%");
        strbuf_append(out, ".");
    }
}

void words_verdict(struct strbuf *out, const struct report *report)
{
    double conversions = report_figure(report, "conversions_per_step");
    size_t thrash = words_count_verdict(report, "thrash"), slow = words_count_verdict(report, "slow_kernel");
    char number[32];

    if (thrash > 0) {
        strbuf_printf(out, " %s round trips between memory formats: %s per step.",
                      append_names(out, report, "thrash") == 1 ? "causes" : "cause",
                      number_fixed(number, report_figure(report, "round_trips_per_step"), 1));
    } else if (isnan(conversions)) {
        strbuf_append(out, "No steady step was recorded: what conversions cost is unknown.");
    } else if (conversions > 0) {
        strbuf_printf(out, "No operator causes a round trip; %s conversions per step remain.",
                      number_fixed(number, conversions, 1));
    } else {
        strbuf_append(out, "Clean: no layout conversion in any steady step.");
    }
    if (slow > 0) {
        strbuf_append(out, " Slower in channels_last than in contiguous, as measured: ");
        append_names(out, report, "slow_kernel");
        strbuf_append(out, ".");
    }
    if (thrash > 0 || slow > 0)
        append_cost(out, report);
}

void words_next_report(struct strbuf *out, const struct report *report)
{
    strbuf_append(out, "clprof report ");
    text_shell_word(out, report->trace_path);
    strbuf_append(out, " --format html -o report.html");
}
