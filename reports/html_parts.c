/* The parts of the HTML page that say something in words or numbers. Tables: html_tables.c. */
#include "reports/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/formats.h"
#include "reports/html_tables.h"
#include "reports/json.h"
#include "reports/text.h"
#include "reports/words.h"

static void put_words(const struct report *report, FILE *out,
                      void (*words)(struct strbuf *text, const struct report *report))
{
    struct strbuf text;

    strbuf_init(&text);
    words(&text, report);
    html_text(out, text.text);
    strbuf_release(&text);
}

static void put_title(const struct report *report, FILE *out)
{
    put_words(report, out, words_model);
    fputs(" – clprof", out);
}

static void put_model(const struct report *report, FILE *out)
{
    put_words(report, out, words_model);
}

static void put_device(const struct report *report, FILE *out)
{
    fputs("Ran on ", out);
    put_words(report, out, words_device);
}

/* "Before words. ", nothing where there are no words. */
static void put_sentence(const struct report *report, FILE *out, const char *before,
                         void (*words)(struct strbuf *text, const struct report *report))
{
    struct strbuf text;

    strbuf_init(&text);
    words(&text, report);
    if (text.length > 0) {
        fputs(before, out);
        html_text(out, text.text);
        fputs(". ", out);
    }
    strbuf_release(&text);
}

static void put_policy(const struct report *report, FILE *out)
{
    put_sentence(report, out, "Layout policy ", words_policy);
}

static void put_measured(const struct report *report, FILE *out)
{
    put_sentence(report, out, "Measured ", words_measured);
}

static void put_ranks(const struct report *report, FILE *out)
{
    put_sentence(report, out, "Ranks: ", words_ranks);
}

static void put_steps(const struct report *report, FILE *out)
{
    put_words(report, out, words_steps);
}

static void put_verdict(const struct report *report, FILE *out)
{
    put_words(report, out, words_verdict);
}

static void put_mood(const struct report *report, FILE *out)
{
    size_t bad = words_count_verdict(report, "thrash") + words_count_verdict(report, "slow_kernel");

    bool seen = report_figure(report, "cost_steps") > 0 && words_count_verdict(report, "clean") > 0 &&
                words_count_verdict(report, "unknown") == 0;

    fputs(bad > 0 ? "bad" : seen ? "good" : "open", out);
}

/* One tile: the number large, the rest of `more` small. */
static void put_tile(FILE *out, const char *label, double value, int decimals, const char *unit, const char *more)
{
    char number[32];

    fprintf(out, "<div><dt>%s</dt><dd><span class=\"big\">", label);
    if (isnan(value))
        fputs("unknown", out);
    else {
        html_text(out, decimals < 0 ? number_short(number, value) : number_fixed(number, value, decimals));
        fprintf(out, " <small>%s</small>", unit);
    }
    fputs("</span><span class=\"more\">", out);
    html_text(out, more);
    fputs("</span></dd></div>\n", out);
}

static void put_figure_tile(const struct report *report, FILE *out, const char *label, const char *name,
                            const char *unit, const char *more)
{
    char low[64], high[64], interval[72], text[120];

    snprintf(low, sizeof low, "%s_low", name);
    snprintf(high, sizeof high, "%s_high", name);
    number_interval(interval, report_figure(report, low), report_figure(report, high));
    snprintf(text, sizeof text, "%s%s%s", interval, *interval != '\0' && *more != '\0' ? ", " : "", more);
    put_tile(out, label, report_figure(report, name), -1, unit, text);
}

static void put_tiles(const struct report *report, FILE *out)
{
    char ms[32], share[32], more[120];
    double time = report_figure(report, "conversion_ms_per_step");

    put_figure_tile(report, out, "Throughput", "images_per_s", "images/s", "");
    put_figure_tile(report, out, "Step", "step_ms", "ms", "median");
    if (isnan(time))
        snprintf(more, sizeof more, "time unknown");
    else
        snprintf(more, sizeof more, "%s ms, %s %% of the step", number_short(ms, time),
                 number_fixed(share, report_figure(report, "conversion_percent_of_step"), 2));
    put_tile(out, "Conversions", report_figure(report, "conversions_per_step"), 1, "per step", more);
    put_tile(out, "Round trips", report_figure(report, "round_trips_per_step"), 1, "per step", "");
    put_figure_tile(report, out, "Lost throughput", "lost_percent", "%", "estimated");
    if (!isnan(report_figure(report, "verified_pairs")))
        put_figure_tile(report, out, "Verified gain", "verified_percent", "%", "measured with all of it fixed");
}

static void put_timeline(const struct report *report, FILE *out)
{
    const struct table *timeline = &report->section[SECTION_timeline];
    char number[32];

    if (timeline->rows == 0) {
        fputs("No operator was recorded with its time.", out);
        return;
    }
    fprintf(out,
            "%s%s: %s ms. An operator's colour is the memory format of its output.",
            table_text(timeline, 0, "step_index") != NULL ? "The median step, number " : "All of the trace",
            table_text_or(timeline, 0, "step_index", ""),
            number_short(number, table_number(timeline, 0, "step_dur_ns") / 1e6));
}

static void put_run(const struct report *report, FILE *out)
{
    const struct table *run = &report->section[SECTION_run];

    fputs("<dl class=\"facts\">\n", out);
    for (size_t row = 0; row < run->rows; row++)
        for (size_t i = 1; i < run->columns; i++) {
            fputs("<dt>", out);
            html_text(out, run->names[i]);
            fputs("</dt><dd>", out);
            html_known(out, run->cells[row * run->columns + i].text);
            fputs("</dd>\n", out);
        }
    fputs("</dl>\n", out);
}

static void put_notes(const struct report *report, FILE *out)
{
    const struct table *notes = &report->section[SECTION_notes];

    if (notes->rows == 0)
        return;
    fputs("<h3>Notes</h3>\n<ul>\n", out);
    for (size_t i = 0; i < notes->rows; i++) {
        fputs("<li>", out);
        html_known(out, table_text(notes, i, "text"));
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static void put_footer(const struct report *report, FILE *out)
{
    fputs("Written by clprof " CLPROF_VERSION " from ", out);
    html_text(out, report->trace_path);
}

static void put_data(const struct report *report, FILE *out)
{
    const struct table *timeline = &report->section[SECTION_timeline];
    struct json json;

    json_begin(&json, out, 1, true);
    json_open_object(&json, NULL);
    json_open_object(&json, "timeline_step");
    json_number(&json, "dur_ns", timeline->rows > 0 ? table_number(timeline, 0, "step_dur_ns") : NAN);
    json_close_object(&json);
    json_table(&json, "timeline", timeline);
    json_table(&json, "timeline_conversions", &report->section[SECTION_timeline_conversions]);
    json_table(&json, "timeline_kernels", &report->section[SECTION_timeline_kernels]);
    json_close_object(&json);
}

const struct html_part html_parts[] = {
    {"title", put_title},       {"model", put_model},           {"device", put_device},
    {"measured", put_measured}, {"policy", put_policy},
    {"ranks", put_ranks},       {"steps", put_steps},           {"mood", put_mood},
    {"verdict", put_verdict},   {"tiles", put_tiles},           {"causes", html_causes},
    {"fix_order", html_fix_order}, {"operators", html_operators}, {"timeline", put_timeline},
    {"round_trips", html_round_trips}, {"instances", html_instances}, {"modules", html_modules},
    {"run", put_run},           {"notes", put_notes},           {"footer", put_footer},
    {"data", put_data},         {NULL, NULL}};
