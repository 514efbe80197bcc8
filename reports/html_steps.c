/* Step times: each step as a bar, warm-up and outliers in colours of their own; the distribution as a table. */
#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/html_table.h"
#include "reports/html_tables.h"
#include "reports/text.h"

static const struct html_column phase_columns[] = {{"Steps", "phase", html_cell_code},
                                                   {"count", "steps", html_cell_number},
                                                   {"fastest, ms", "ms_min", html_cell_number, 2},
                                                   {"lower quartile", "ms_lower_quartile", html_cell_number, 2},
                                                   {"median", "ms_median", html_cell_number, 2},
                                                   {"upper quartile", "ms_upper_quartile", html_cell_number, 2},
                                                   {"slowest", "ms_max", html_cell_number, 2},
                                                   {0}};
static const struct html_table phase_table = {"step-table", "Distribution of step times", SECTION_step_phases,
                                              phase_columns};

/* Never what a trace holds. */
static const char *phase_class(const char *phase)
{
    static const char *const known[] = {"steady", "warmup", "outlier", "timed"};

    for (size_t i = 0; phase != NULL && i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], phase) == 0)
            return known[i];
    return "other";
}

static double slowest(const struct table *times)
{
    double most = 0;

    for (size_t i = 0; i < times->rows; i++)
        most = fmax(most, table_number(times, i, "ms_max"));
    return most;
}

static void put_words(FILE *out, const struct table *times, size_t row)
{
    const char *first = table_text_or(times, row, "first_step", "?"),
               *last = table_text_or(times, row, "last_step", "?");
    bool one = strcmp(first, last) == 0;
    char number[32];

    fputs(one ? "step " : "steps ", out);
    html_text(out, first);
    fputs(one ? "" : " to ", out);
    html_text(out, one ? "" : last);
    fputs(", ", out);
    html_known(out, table_text(times, row, "phase"));
    fprintf(out, ": %s ms", number_short(number, table_number(times, row, "ms_mean")));
}

/* Up to the fastest step of a stretch pale, from there to the slowest solid; a stretch is 1 wide, `most` is 100 high.
 */
static void put_bars(FILE *out, const struct table *times, double most)
{
    for (size_t i = 0; i < times->rows; i++) {
        double low = 100 * table_number(times, i, "ms_min") / most,
               high = 100 * table_number(times, i, "ms_max") / most;
        double x = table_number(times, i, "stretch") + 0.1, solid = fmax(2, high - low);

        fprintf(out,
                "<g class=\"%s\"><rect class=\"pale\" x=\"%.1f\" y=\"%.1f\" width=\".8\" height=\"%.1f\"/>"
                "<rect x=\"%.1f\" y=\"%.1f\" width=\".8\" height=\"%.1f\"/><title>",
                phase_class(table_text(times, i, "phase")), x, 100 - low, low, x, 100 - high, fmin(solid, high));
        put_words(out, times, i);
        fputs("</title></g>", out);
    }
}

static void put_legend(FILE *out, const struct table *times)
{
    static const char *const phases[][2] = {
        {"steady", "steady"}, {"warmup", "warm-up"}, {"outlier", "outlier"}, {"timed", "timed"}};

    fputs("<ul class=\"legend\">", out);
    for (size_t p = 0; p < sizeof phases / sizeof *phases; p++)
        for (size_t i = 0; i < times->rows; i++)
            if (table_is(times, i, "phase", phases[p][0])) {
                fprintf(out, "<li class=\"key %s\">%s</li>", phases[p][0], phases[p][1]);
                break;
            }
    fputs("</ul>\n", out);
}

static void put_chart(FILE *out, const struct report *report, const struct table *times)
{
    double most = slowest(times), stretches = table_number(times, times->rows - 1, "stretch") + 1;
    char number[32];

    if (!(most > 0))
        return;
    put_legend(out, times);
    fprintf(out, "<div class=\"chart\"><p class=\"top\">%s ms</p><p class=\"bottom\">0</p>\n",
            number_short(number, most));
    fprintf(
        out,
        "<svg role=\"img\" viewBox=\"0 0 %.0f 100\" preserveAspectRatio=\"none\" aria-label=\"Step times in order; the "
        "table below has their distribution\">",
        stretches);
    if (!isnan(report_figure(report, "step_ms")))
        fprintf(out, "<rect class=\"median\" x=\"0\" y=\"%.2f\" width=\"%.0f\" height=\".6\"/>",
                100 - 100 * report_figure(report, "step_ms") / most, stretches);
    put_bars(out, times, most);
    fputs("</svg>\n<p class=\"first\">step ", out);
    html_text(out, table_text_or(times, 0, "first_step", "?"));
    fputs("</p><p class=\"last\">step ", out);
    html_text(out, table_text_or(times, times->rows - 1, "last_step", "?"));
    fputs("</p></div>\n", out);
    for (size_t i = 0; i < times->rows; i++)
        if (!table_is(times, i, "first_step", table_text_or(times, i, "last_step", ""))) {
            fputs(
                "<p class=\"cut\">There are more steps than bars: a bar is a stretch of steps, from its fastest to its "
                "slowest, warm-up and outliers apart.</p>\n",
                out);
            break;
        }
    if (report->section[SECTION_run].rows > 1)
        fputs("<p class=\"cut\">The bars are of the first rank; the table is of all.</p>\n", out);
}

void html_steps(const struct report *report, FILE *out)
{
    const struct table *times = &report->section[SECTION_step_times];

    if (times->rows == 0) {
        fputs("<p>The trace tells no steps with a time of their own.</p>\n", out);
        return;
    }
    put_chart(out, report, times);
    html_table(out, report, &phase_table);
}
