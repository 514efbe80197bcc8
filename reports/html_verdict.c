/* The top of the page: what layouts cost in one sentence, figures as tiles, what to type next. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"
#include "reports/html_table.h"
#include "reports/html_tables.h"
#include "reports/text.h"
#include "reports/words.h"

static bool is_bad(const struct report *report)
{
    return words_count_verdict(report, "thrash") + words_count_verdict(report, "slow_kernel") > 0;
}

void html_mood(const struct report *report, FILE *out)
{
    bool seen = report_figure(report, "cost_steps") > 0 && words_count_verdict(report, "clean") > 0 &&
                words_count_verdict(report, "unknown") == 0;

    fputs(is_bad(report) ? "bad" : seen ? "good" : "open", out);
}

static void put_text(FILE *out, const struct strbuf *text)
{
    html_text(out, text->text);
}

/* The number beside the sentence. */
static void put_number(const struct report *report, FILE *out)
{
    const char *column = words_is_verified(report) ? "verified_percent" : "lost_percent";

    if (isnan(report_figure(report, column)))
        return;
    fputs("<p class=\"number\"><b>", out);
    html_figure(out, report, SECTION_summary, 0, column, -1);
    fprintf(out, " %%</b> <span>%s</span></p>\n", words_is_verified(report) ? "verified" : "estimated");
}

void html_headline(const struct report *report, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    if (is_bad(report)) {
        put_number(report, out);
        words_headline(&text, report);
        fputs("<div><p class=\"headline\">", out);
        put_text(out, &text);
        fputs("</p>\n<p class=\"more\">", out);
        strbuf_clear(&text);
        words_situation(&text, report);
        put_text(out, &text);
        fputs("</p></div>", out);
    } else {
        words_verdict(&text, report);
        fputs("<div><p class=\"headline\">", out);
        put_text(out, &text);
        fputs("</p></div>", out);
    }
    strbuf_release(&text);
}

/* "before <code>command trace after</code> behind" */
static void put_command(const struct report *report, FILE *out, const char *before, const char *command,
                        const char *after, const char *behind)
{
    struct strbuf path;

    strbuf_init(&path);
    text_shell_word(&path, report->trace_path);
    fprintf(out, "%s<code>clprof %s ", before, command);
    put_text(out, &path);
    fprintf(out, "%s</code>%s", after, behind);
    strbuf_release(&path);
}

void html_next(const struct report *report, FILE *out)
{
    const struct table *order = &report->section[SECTION_fix_order];
    bool train = table_is(&report->section[SECTION_run], 0, "source", "train");

    if (report->section[SECTION_run].rows == 0 || report_figure(report, "cost_steps") == 0)
        return;
    fputs("<p class=\"next\">", out);
    if (is_bad(report) && train && !words_is_verified(report)) {
        put_command(report, out, "Next: ", "verify", "",
                    " trains again with and without the fix and measures the gain.");
    } else if (is_bad(report) && order->rows > 0) {
        fputs("Next: fix <code>", out);
        html_text(out, table_text_or(order, 0, "what", "the first of the list below"));
        fputs("</code>, profile again, and ", out);
        put_command(report, out, "", "compare", " after.db", " shows what it brought.");
    } else if (!is_bad(report)) {
        put_command(report, out, "Next: ", "check", " --max-round-trips 0",
                    " in your CI fails when somebody adds an operator that breaks the format.");
    }
    fputs("</p>\n", out);
}

/* One tile: the number large, the rest of `more` small. `decimals` as in html_figure. */
static void put_tile(const struct report *report, FILE *out, const char *label, const char *column, int decimals,
                     const char *unit, const char *more)
{
    fprintf(out, "<div><dt>%s</dt><dd><span class=\"big\">", label);
    html_figure(out, report, SECTION_summary, 0, column, decimals);
    if (!isnan(report_figure(report, column)))
        fprintf(out, " <small>%s</small>", unit);
    fputs("</span><span class=\"more\">", out);
    html_text(out, more);
    fputs("</span></dd></div>\n", out);
}

/* The tile of a figure with an interval. */
static void put_figure_tile(const struct report *report, FILE *out, const char *label, const char *name,
                            const char *unit, const char *more)
{
    char low[64], high[64], interval[72], text[120];

    snprintf(low, sizeof low, "%s_low", name);
    snprintf(high, sizeof high, "%s_high", name);
    number_interval(interval, report_figure(report, low), report_figure(report, high));
    snprintf(text, sizeof text, "%s%s%s", interval, *interval != '\0' && *more != '\0' ? ", " : "", more);
    put_tile(report, out, label, name, -1, unit, text);
}

void html_tiles(const struct report *report, FILE *out)
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
    put_tile(report, out, "Conversions", "conversions_per_step", 1, "per step", more);
    put_tile(report, out, "Round trips", "round_trips_per_step", 1, "per step", "");
    put_figure_tile(report, out, "Lost throughput", "lost_percent", "%", "estimated");
    if (words_is_verified(report))
        put_figure_tile(report, out, "Verified gain", "verified_percent", "%", "measured with all of it fixed");
}
