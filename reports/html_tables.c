/* The tables of the HTML page as data, each of one section; see html_parts.c for where they stand. */
#include "reports/html_tables.h"

#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/html_table.h"
#include "reports/text.h"

static const struct html_column cause_columns[] = {{"Cause", "cause", html_cell_code},
                                                   {"per step", "per_step", html_cell_number, 1},
                                                   {"ms per step", "ms_per_step", html_cell_number, 3},
                                                   {"% of step", "percent_of_step", html_cell_number, 2},
                                                   {"MB per step", "megabytes_per_step", html_cell_number, 1},
                                                   {"without own kernel", "silent_per_step", html_cell_number, 1},
                                                   {0}};
static const struct html_table cause_table = {"cause-table", "Conversions of a step, by cause", SECTION_conversions,
                                              cause_columns};

void html_causes(const struct report *report, FILE *out)
{
    if (report->section[SECTION_conversions].rows == 0)
        fputs("<p>No conversion in any step that was looked at.</p>\n", out);
    html_table(out, report, &cause_table);
}

static double largest(const struct table *table, const char *column)
{
    double most = 0;

    for (size_t i = 0; i < table->rows; i++)
        most = fmax(most, table_number(table, i, column)); /* fmax passes NAN over */
    return most;
}

void html_bar(FILE *out, double part)
{
    fprintf(out,
            "<svg class=\"bar\" viewBox=\"0 0 100 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            "<rect width=\"%.1f\" height=\"12\"/></svg>",
            100 * part);
}

static void cell_gain_bar(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    double most = largest(table, "lost_percent_cumulative"), gain = table_number(table, row, "lost_percent_cumulative");

    (void)column;
    fputs("<td class=\"bar-cell\" data-v=\"\">", out);
    if (most > 0 && gain > 0)
        html_bar(out, gain / most);
    fputs("</td>", out);
}

static void put_link(FILE *out, const struct table *table, size_t row, const char *finding, const char *text)
{
    const char *id = finding == NULL ? NULL : table_text(table, row, finding);

    if (id != NULL) {
        fputs("<a href=\"#finding-", out);
        html_text(out, id);
        fputs("\">", out);
    }
    fputs("<code>", out);
    html_known(out, text);
    fputs(id != NULL ? "</code></a>" : "</code>", out);
}

static void put_advice(FILE *out, const char *advice)
{
    if (advice == NULL)
        return;
    fputs("<span class=\"advice\">", out);
    html_text(out, advice);
    fputs("</span>", out);
}

/* What to fix, which leads to its operator; and how where the row above does not say so already. */
static void cell_fix(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    const char *advice = table_text_or(table, row, "advice", NULL);
    bool again = row > 0 && advice != NULL && table_is(table, row - 1, "advice", advice);

    fputs("<th scope=\"row\">", out);
    put_link(out, table, row, "operator_finding_id", table_text(table, row, column->name));
    put_advice(out, again ? NULL : advice);
    fputs("</th>", out);
}

static const struct html_column fix_columns[] = {
    {"Fix", "position", html_cell_number},
    {"What, and how where that is not as in the row above", "what", cell_fix},
    {"Gain when this and all above are fixed", NULL, cell_gain_bar},
    {"% faster", "lost_percent_cumulative", html_cell_number, 2},
    {"of it by this row", "lost_percent_added", html_cell_number, 2},
    {0}};
static const struct html_table fix_table = {
    "fix-table", "Greedy order: each row adds what gains most on top of the rows above it (estimated)",
    SECTION_fix_order, fix_columns};

void html_fix_order(const struct report *report, FILE *out)
{
    const struct table *order = &report->section[SECTION_fix_order];
    char number[32];
    double listed;

    if (order->rows == 0)
        fputs("<p>Nothing: no finding costs throughput.</p>\n", out);
    html_table(out, report, &fix_table);
    if (order->rows == 0)
        return;
    listed = table_number(order, order->rows - 1, "lost_percent_cumulative");
    if (report_figure(report, "lost_percent") > 1.005 * listed)
        fprintf(out,
                "<p class=\"cut\">These are the first %zu; with the smaller ones that follow, all findings together "
                "come to "
                "%s %%.</p>\n",
                order->rows, number_short(number, report_figure(report, "lost_percent")));
}

/* The name, which leads to the operator's section where it has one; then the advice. */
static void cell_operator(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    fputs("<th scope=\"row\">", out);
    put_link(out, table, row, html_has_section(table, row) ? "finding_id" : NULL, table_text(table, row, column->name));
    put_advice(out, table_text_or(table, row, "advice", NULL));
    fputs("</th>", out);
}

static const struct html_column operator_columns[] = {
    {"Operator", "op_name", cell_operator},
    {"Phase", "phase", html_cell_phase},
    {"Verdict", "verdict", html_cell_badge},
    {"Conversions / step", "conversions_per_step", html_cell_number, 1},
    {"Round trips / step", "round_trips_per_step", html_cell_number, 1},
    {"ms / step", "ms_per_step", html_cell_number, 3},
    {"% of step", "percent_of_step", html_cell_number, 2},
    {"Lost %, estimated", "lost_percent", html_cell_interval},
    {"Won %, verified", "verified_percent", html_cell_interval},
    {0}};
static const struct html_table operator_table = {"operator-table",
                                                 "One row an operator type; times and counts are of its conversions",
                                                 SECTION_operators, operator_columns};

void html_operators(const struct report *report, FILE *out)
{
    html_table_begin(out, &operator_table);
    html_table_rows(out, report, &operator_table, 0, report->section[SECTION_operators].rows);
    html_table_end(out);
}

static const struct html_column instance_columns[] = {
    {"Module", "module_path", html_cell_place},
    {"Operator", "op_name", html_cell_text},
    {"Phase", "phase", html_cell_phase},
    {"Verdict", "verdict", html_cell_badge},
    {"Conversions / step", "conversions_per_step", html_cell_number, 1},
    {"ms / step", "ms_per_step", html_cell_number, 3},
    {"% of step", "percent_of_step", html_cell_number, 2},
    {"Lost %, estimated", "lost_percent", html_cell_interval},
    {"Together with", "together_with", html_cell_text},
    {0}};
static const struct html_table instance_table = {"instance-table",
                                                 "Operator instances with a conversion or a verdict other than clean",
                                                 SECTION_instances, instance_columns};

void html_instances(const struct report *report, FILE *out)
{
    if (report->section[SECTION_instances].rows == 0)
        fputs("<p>No operator instance has a conversion or a verdict other than clean.</p>\n", out);
    html_table(out, report, &instance_table);
}

static const struct html_column module_columns[] = {{"Module", "module_path", html_cell_place},
                                                    {"Verdict", "verdict", html_cell_badge},
                                                    {"Conversions / step", "conversions_per_step", html_cell_number, 1},
                                                    {"Round trips / step", "round_trips_per_step", html_cell_number, 1},
                                                    {"ms / step", "ms_per_step", html_cell_number, 3},
                                                    {"% of step", "percent_of_step", html_cell_number, 2},
                                                    {"Lost %, estimated", "lost_percent", html_cell_interval},
                                                    {0}};
static const struct html_table module_table = {"module-table", "Modules, with all that stands below them",
                                               SECTION_modules, module_columns};

void html_modules(const struct report *report, FILE *out)
{
    html_table(out, report, &module_table);
}

static const struct html_column policy_columns[] = {{"Operator", "op_name", html_cell_code},
                                                    {"Rule", "rule", html_cell_text},
                                                    {"Breaks channels_last", "breaks", html_cell_number},
                                                    {"Evidence", "evidence", html_cell_text},
                                                    {"Source", "source", html_cell_text},
                                                    {0}};
static const struct html_table policy_table = {"policy-table", "Layout rules of the policy, operator by operator",
                                               SECTION_policy, policy_columns};

void html_policy(const struct report *report, FILE *out)
{
    if (report->section[SECTION_policy].rows == 0)
        return;
    fputs("<details class=\"fold\"><summary>The layout policy, rule by rule</summary>\n", out);
    html_table(out, report, &policy_table);
    fputs("</details>\n", out);
}
