/* Sentences about the run: what ran, where, who measured it and in which steps. See words.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "reports/text.h"
#include "reports/words.h"

static const char *run_text(const struct report *report, const char *column)
{
    const struct table *run = &report->section[SECTION_run];

    return run->rows == 0 ? NULL : table_text(run, 0, column);
}

/* Who recorded a trace, and what of that a reader must know. Another source passes by its own name. */
static const struct {
    const char *source, *name, *remark;
} sources[] = {
    {"kineto", "torch.profiler (Kineto)", "its own cost is in the times"},
    {"nsys", "Nsight Systems", "its own cost is in the times"},
    {"cupti", "CUPTI in the command", "kernels and copies have the device's times, no operator is known"},
    {"onednn_verbose", "oneDNN's verbose mode",
     "it tells the library's primitives and nothing of PyTorch's own copies"},
};

static int source_number(const char *source)
{
    for (int i = 0; source != NULL && i < (int)(sizeof sources / sizeof *sources); i++)
        if (strcmp(sources[i].source, source) == 0)
            return i;
    return -1;
}

static bool is_source(const struct report *report, const char *source)
{
    const char *have = run_text(report, "source");

    return have != NULL && strcmp(have, source) == 0;
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

const char *words_place(const char *module_path)
{
    return module_path == NULL ? "(no module)" : *module_path == '\0' ? "(the model itself)" : module_path;
}

void words_model(struct strbuf *out, const struct report *report)
{
    const char *dtype = run_text(report, "autocast_dtype"), *model = run_text(report, "model");
    int source = source_number(run_text(report, "source"));

    if (model == NULL)
        model = run_text(report, "command_line");
    if (model != NULL)
        append_joined(out, "", model, "");
    else if (source >= 0)
        strbuf_printf(out, "a job recorded by %s", sources[source].name);
    else
        strbuf_append(out, "unknown model");
    append_joined(out, "", run_text(report, "memory_format"), "");
    if (dtype != NULL || is_source(report, "train")) /* elsewhere it may be that nobody asked */
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

void words_command(struct strbuf *out, const struct report *report)
{
    append_joined(out, "", run_text(report, "command_line"), "");
}

void words_libraries(struct strbuf *out, const struct report *report)
{
    append_joined(out, "", run_text(report, "library_versions"), "");
}

void words_started(struct strbuf *out, const struct report *report)
{
    const struct table *run = &report->section[SECTION_run];
    double ns = run->rows == 0 ? NAN : table_number(run, 0, "started_unix_ns");
    time_t seconds = (time_t)(isnan(ns) ? 0 : ns / 1e9);
    struct tm utc;
    char text[64];

    if (!isnan(ns) && gmtime_r(&seconds, &utc) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc) > 0)
        strbuf_append(out, text);
}

void words_policy(struct strbuf *out, const struct report *report)
{
    const char *policy = run_text(report, "policy");

    if (policy != NULL)
        strbuf_printf(out, "%s: counts are those of this policy's PyTorch, times are those of the device that ran",
                      policy);
}

void words_measured(struct strbuf *out, const struct report *report)
{
    int source = source_number(run_text(report, "source"));

    if (source >= 0)
        strbuf_printf(out, "by %s, while the job ran: %s", sources[source].name, sources[source].remark);
    else if (is_source(report, "run"))
        strbuf_append(out, "by clprof run: undisturbed steps give wall times, timed ones what operators cost, recorded "
                           "ones formats and no time");
}

void words_ranks(struct strbuf *out, const struct report *report)
{
    const struct table *ranks = &report->section[SECTION_ranks];
    char number[32];

    if (ranks->rows == 1 && table_number(ranks, 0, "world_size") > 1)
        strbuf_printf(out, "rank %s of %s, alone; images/s are its own", table_text_or(ranks, 0, "rank", "unknown"),
                      table_text_or(ranks, 0, "world_size", "unknown"));
    if (ranks->rows < 2)
        return;
    strbuf_printf(out, "%zu processes", ranks->rows);
    if (report_figure(report, "has_steps") == 0)
        return;
    strbuf_append(out, "; counts and costs are means over them. Step: ");
    for (size_t i = 0; i < ranks->rows && i < 8; i++)
        strbuf_printf(out, "%srank %s %s ms", i == 0 ? "" : ", ", table_text_or(ranks, i, "rank", "unknown"),
                      number_short(number, table_number(ranks, i, "step_ms")));
    if (ranks->rows > 8)
        strbuf_printf(out, " and %zu more", ranks->rows - 8);
}

void words_spread(struct strbuf *out, const struct report *report)
{
    const struct table *phases = &report->section[SECTION_step_phases];
    char low[32], high[32];

    for (size_t i = 0; report_figure(report, "has_steps") > 0 && i < phases->rows; i++) {
        double steps = table_number(phases, i, "steps");

        strbuf_printf(out, "%s%s %s", i == 0 ? "" : "; ", table_text_or(phases, i, "phase", "unknown"),
                      number_short(low, table_number(phases, i, "ms_min")));
        if (steps > 1)
            strbuf_printf(out, " to %s", number_short(high, table_number(phases, i, "ms_max")));
        strbuf_append(out, " ms");
        if (steps >= 4)
            strbuf_printf(out, ", half of them within %s to %s",
                          number_short(low, table_number(phases, i, "ms_lower_quartile")),
                          number_short(high, table_number(phases, i, "ms_upper_quartile")));
    }
}

/* Whose figures they are, where that is not one kind of steps alone. */
static void append_origin(struct strbuf *out, const struct report *report)
{
    const struct table *summary = &report->section[SECTION_summary];
    const char *costs = table_text(summary, 0, "costs_from"), *times = table_text(summary, 0, "times_from");

    if (costs == NULL && times == NULL)
        return;
    if (costs != NULL && times != NULL && strcmp(costs, times) == 0)
        strbuf_printf(out, "; figures are of the %s ones", costs);
    else if (times == NULL)
        strbuf_printf(out, "; counts are of the %s ones, times are unknown", costs);
    else if (costs == NULL)
        strbuf_printf(out, "; step time and throughput are of the %s ones, nothing else is known", times);
    else
        strbuf_printf(out, "; step time and throughput are of the %s ones, conversions and what they cost of the %s ones",
                      times, costs);
}

void words_steps(struct strbuf *out, const struct report *report)
{
    static const char *const more[][2] = {{"timed_steps", "timed"}, {"recorded_steps", "recorded"}};

    if (report_figure(report, "has_steps") == 0) {
        strbuf_append(out, "the trace tells none: all of it counts as one step");
        return;
    }
    strbuf_printf(out, "%.0f steady, %.0f warm-up, %.0f outlier", report_figure(report, "steady_steps"),
                  report_figure(report, "warmup_steps"), report_figure(report, "outlier_steps"));
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (report_figure(report, more[i][0]) > 0)
            strbuf_printf(out, ", %.0f %s", report_figure(report, more[i][0]), more[i][1]);
    append_origin(out, report);
    if (!(report_figure(report, "warmup_steps") + report_figure(report, "outlier_steps") +
          report_figure(report, "steady_steps") > 1))
        return;
    strbuf_printf(out,
                  ". Warm-up: %s steps above 1.2 times the later median; outlier: above the median by 3 x 1.4826 x MAD "
                  "and by 10 %%",
                  source_number(run_text(report, "source")) < 0 ? "the first W of --profile W:A, else leading"
                                                                : "leading");
}
