/* The tables of the HTML page, see html_tables.h. */
#include "reports/html_tables.h"

#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/text.h"
#include "reports/words.h"

static void put_row_head(FILE *out, const char *text)
{
    fputs("<th scope=\"row\"><code>", out);
    html_known(out, text);
    fputs("</code></th>", out);
}

static void put_cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    html_text(out, text == NULL || *text == '\0' ? "–" : text);
    fputs("</td>", out);
}

static void put_number(FILE *out, const struct table *table, size_t row, const char *column, int decimals)
{
    html_number(out, table_number(table, row, column), decimals);
}

static void put_interval(FILE *out, const struct table *table, size_t row, const char *column)
{
    char low[64], high[64];

    snprintf(low, sizeof low, "%s_low", column);
    snprintf(high, sizeof high, "%s_high", column);
    html_interval(out, table_number(table, row, column), table_number(table, row, low), table_number(table, row, high));
}

void html_causes(const struct report *report, FILE *out)
{
    static const char *const titles[] = {"Cause", "#per step", "#ms per step", "#% of step", "#MB per step",
                                         "#without own kernel", NULL};
    const struct table *causes = &report->section[SECTION_conversions];

    if (causes->rows == 0)
        return;
    html_table_begin(out, "cause-table", "Conversions of a step, by cause", titles);
    for (size_t i = 0; i < causes->rows; i++) {
        fputs("<tr>", out);
        put_row_head(out, table_text(causes, i, "cause"));
        put_number(out, causes, i, "per_step", 1);
        put_number(out, causes, i, "ms_per_step", 3);
        put_number(out, causes, i, "percent_of_step", 2);
        put_number(out, causes, i, "megabytes_per_step", 1);
        put_number(out, causes, i, "silent_per_step", 1);
        fputs("</tr>\n", out);
    }
    html_table_end(out);
}

static double largest(const struct table *table, const char *column)
{
    double most = 0;

    for (size_t i = 0; i < table->rows; i++)
        most = fmax(most, table_number(table, i, column)); /* fmax passes NAN over */
    return most;
}

static bool is_advised_above(const struct table *order, size_t row)
{
    const char *advice = table_text_or(order, row, "advice", NULL);
    return row > 0 && advice != NULL && table_is(order, row - 1, "advice", advice);
}

void html_fix_order(const struct report *report, FILE *out)
{
    static const char *const titles[] = {"#Fix", "What", "Gain when this and all above are fixed", "#%", "How", NULL};
    const struct table *order = &report->section[SECTION_fix_order];
    double most = largest(order, "lost_percent_cumulative");

    if (order->rows == 0) {
        fputs("<p>Nothing: no finding costs throughput.</p>\n", out);
        return;
    }
    html_table_begin(out, "fix-table",
                     "Greedy order: each row adds what gains most on top of the rows above it (estimated)", titles);
    for (size_t i = 0; i < order->rows; i++) {
        double gain = table_number(order, i, "lost_percent_cumulative");

        fputs("<tr>", out);
        put_number(out, order, i, "position", 0);
        put_row_head(out, table_text(order, i, "what"));
        fputs("<td class=\"bar-cell\" data-v=\"\">", out);
        if (most > 0 && gain > 0)
            fprintf(out, "<span class=\"bar\" style=\"width:%.1f%%\"></span>", 100 * gain / most);
        fputs("</td>", out);
        html_interval(out, gain, NAN, NAN);
        fputs("<td class=\"words\">", out);
        html_text(out, is_advised_above(order, i) ? "as above" : table_text_or(order, i, "advice", "–"));
        fputs("</td></tr>\n", out);
    }
    html_table_end(out);
}

/* The name, advice, then why the operator breaks the format, with the source of that knowledge. */
static void put_operator(FILE *out, const struct table *operators, size_t row)
{
    const char *advice = table_text_or(operators, row, "advice", NULL);
    const char *evidence = table_text_or(operators, row, "evidence", NULL);

    fputs("<th scope=\"row\"><code>", out);
    html_known(out, table_text(operators, row, "op_name"));
    fputs("</code>", out);
    if (advice != NULL) {
        fputs("<span class=\"advice\">", out);
        html_text(out, advice);
        fputs("</span>", out);
    }
    if (evidence != NULL && !table_is(operators, row, "verdict", "clean")) {
        fputs("<span class=\"why\">Why: ", out);
        html_text(out, evidence);
        fputs("</span>", out);
    }
    fputs("</th>", out);
}

void html_operators(const struct report *report, FILE *out)
{
    static const char *const titles[] = {"Operator", "Phase", "Verdict", "#Conversions / step", "#Round trips / step",
                                         "#ms / step", "#% of step", "#Lost %", "#Verified %", NULL};
    const struct table *operators = &report->section[SECTION_operators];

    html_table_begin(out, "operator-table", "One row an operator type; times and counts are of its conversions",
                     titles);
    for (size_t i = 0; i < operators->rows; i++) {
        fputs("<tr data-verdict=\"", out);
        html_known(out, table_text(operators, i, "verdict"));
        fputs("\">", out);
        put_operator(out, operators, i);
        put_cell(out, table_text(operators, i, "phase"));
        fputs("<td>", out);
        html_badge(out, table_text(operators, i, "verdict"));
        if (table_is(operators, i, "verdict_text", "library"))
            fputs("<span class=\"why\">by the library</span>", out);
        fputs("</td>", out);
        put_number(out, operators, i, "conversions_per_step", 1);
        put_number(out, operators, i, "round_trips_per_step", 1);
        put_number(out, operators, i, "ms_per_step", 3);
        put_number(out, operators, i, "percent_of_step", 2);
        put_interval(out, operators, i, "lost_percent");
        put_interval(out, operators, i, "verified_percent");
        fputs("</tr>\n", out);
    }
    html_table_end(out);
}

void html_instances(const struct report *report, FILE *out)
{
    static const char *const titles[] = {"Module", "Operator", "Phase", "Verdict", "#Conversions / step", "#ms / step",
                                         "#% of step", "#Lost %", "Together with", NULL};
    const struct table *instances = &report->section[SECTION_instances];

    if (instances->rows == 0) {
        fputs("<p>No operator instance has a conversion or a verdict other than clean.</p>\n", out);
        return;
    }
    html_table_begin(out, "instance-table", "Operator instances with a conversion or a verdict other than clean",
                     titles);
    for (size_t i = 0; i < instances->rows; i++) {
        fputs("<tr>", out);
        put_row_head(out, words_place(table_text(instances, i, "module_path")));
        put_cell(out, table_text(instances, i, "op_name"));
        put_cell(out, table_text(instances, i, "phase"));
        fputs("<td>", out);
        html_badge(out, table_text(instances, i, "verdict"));
        fputs("</td>", out);
        put_number(out, instances, i, "conversions_per_step", 1);
        put_number(out, instances, i, "ms_per_step", 3);
        put_number(out, instances, i, "percent_of_step", 2);
        put_interval(out, instances, i, "lost_percent");
        put_cell(out, table_text(instances, i, "together_with"));
        fputs("</tr>\n", out);
    }
    html_table_end(out);
}

void html_modules(const struct report *report, FILE *out)
{
    static const char *const titles[] = {
        "Module", "Verdict", "#Conversions / step", "#Round trips / step", "#ms / step", "#% of step", "#Lost %", NULL};
    const struct table *modules = &report->section[SECTION_modules];

    if (modules->rows == 0)
        return;
    html_table_begin(out, "module-table", "Modules, with all that stands below them", titles);
    for (size_t i = 0; i < modules->rows; i++) {
        fputs("<tr>", out);
        put_row_head(out, table_text_or(modules, i, "module_path", "(whole model)"));
        fputs("<td>", out);
        html_badge(out, table_text(modules, i, "verdict"));
        fputs("</td>", out);
        put_number(out, modules, i, "conversions_per_step", 1);
        put_number(out, modules, i, "round_trips_per_step", 1);
        put_number(out, modules, i, "ms_per_step", 3);
        put_number(out, modules, i, "percent_of_step", 2);
        put_interval(out, modules, i, "lost_percent");
        fputs("</tr>\n", out);
    }
    html_table_end(out);
}
