/* A section of the page for each operator with a finding: what it costs, where it stands, what to do, what proves it.
 */
#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/html_table.h"
#include "reports/html_tables.h"
#include "reports/text.h"

bool html_has_section(const struct table *operators, size_t row)
{
    return !table_is(operators, row, "verdict", "clean") || table_number(operators, row, "conversions_per_step") > 0;
}

/* "<dt>label</dt><dd>value, interval</dd>" of the operator's row. */
static void put_fact(FILE *out, const struct report *report, size_t row, const char *label, const char *column,
                     const char *unit)
{
    const struct table *operators = &report->section[SECTION_operators];
    char low[64], high[64], interval[72] = "";

    fprintf(out, "<dt>%s</dt><dd>", label);
    html_figure(out, report, SECTION_operators, row, column, -1);
    if (!isnan(table_number(operators, row, column)))
        fprintf(out, " %s", unit);
    snprintf(low, sizeof low, "%s_low", column);
    snprintf(high, sizeof high, "%s_high", column);
    if (table_column(operators, low) >= 0)
        number_interval(interval, table_number(operators, row, low), table_number(operators, row, high));
    fprintf(out, "%s%s</dd>\n", *interval != '\0' ? " " : "", interval);
}

static void put_verification(FILE *out, const struct report *report, size_t row)
{
    const struct table *operators = &report->section[SECTION_operators];
    struct strbuf path;

    if (!isnan(table_number(operators, row, "verified_percent"))) {
        put_fact(out, report, row, "Verified gain", "verified_percent", "%");
        fputs("<dt>Verified by</dt><dd>", out);
        html_figure(out, report, SECTION_operators, row, "verified_pairs", 0);
        fputs(" pairs of interleaved steps, with and without the fix</dd>\n", out);
        return;
    }
    if (!table_is(operators, row, "verdict", "thrash") ||
        !table_is(&report->section[SECTION_run], 0, "source", "train"))
        return;
    strbuf_init(&path);
    text_shell_word(&path, report->trace_path);
    fputs("<dt>Verified gain</dt><dd>not measured yet: <code>clprof verify ", out);
    html_text(out, path.text);
    fputs(" --finding ", out);
    html_text(out, table_text_or(operators, row, "finding_id", ""));
    fputs("</code></dd>\n", out);
    strbuf_release(&path);
}

static void put_text_fact(FILE *out, const struct table *operators, size_t row, const char *label, const char *column)
{
    const char *text = table_text_or(operators, row, column, NULL);

    if (text == NULL)
        return;
    fprintf(out, "<dt>%s</dt><dd>", label);
    html_text(out, text);
    fputs("</dd>\n", out);
}

static void put_facts(FILE *out, const struct report *report, size_t row)
{
    const struct table *operators = &report->section[SECTION_operators];

    fputs("<dl class=\"facts\">\n", out);
    put_text_fact(out, operators, row, "What to do", "advice");
    put_text_fact(out, operators, row, "Why", "evidence");
    put_text_fact(out, operators, row, "Only together with", "together_with");
    put_fact(out, report, row, "Conversions", "conversions_per_step", "per step");
    put_fact(out, report, row, "Round trips", "round_trips_per_step", "per step");
    put_fact(out, report, row, "Time of its conversions", "ms_per_step", "ms per step");
    put_fact(out, report, row, "Of that on the critical path", "exposed_ms_per_step", "ms per step");
    put_fact(out, report, row, "Penalty of the wrong kernel", "penalty_ms_per_step", "ms per step");
    put_fact(out, report, row, "Lost throughput, estimated", "lost_percent", "%");
    put_verification(out, report, row);
    fputs("</dl>\n", out);
}

/* Format, and the shape below it. */
static void put_side(FILE *out, const struct table *table, size_t row, const char *format, const char *shape)
{
    fputs("<td>", out);
    html_format(out, table_text(table, row, format));
    fputs("<span class=\"shape\">", out);
    html_text(out, table_text_or(table, row, shape, ""));
    fputs("</span></td>", out);
}

static void cell_input(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    put_side(out, table, row, column->name, "input_shape");
}

static void cell_output(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    put_side(out, table, row, column->name, "output_shape");
}

static const struct html_column conversion_columns[] = {{"While it ran", "under", html_cell_code},
                                                        {"Cause", "cause", html_cell_text},
                                                        {"From", "from_format", html_cell_format},
                                                        {"To", "to_format", html_cell_format},
                                                        {"conversions", "conversions", html_cell_number},
                                                        {"ms", "ms", html_cell_number, 3},
                                                        {"MB", "megabytes", html_cell_number, 1},
                                                        {"without own kernel", "silent", html_cell_number},
                                                        {0}};

static const struct html_column instance_columns[] = {
    {"Module", "module_path", html_cell_place},
    {"In", "input_format", cell_input},
    {"Out", "output_format", cell_output},
    {"Gradient in", "backward_input_format", html_cell_format},
    {"Gradient out", "backward_output_format", html_cell_format},
    {"ms", "ms", html_cell_number, 3},
    {"backward ms", "backward_ms", html_cell_number, 3},
    {"Conversions / step", "conversions_per_step", html_cell_number, 1},
    {"ms of them / step", "conversion_ms_per_step", html_cell_number, 3},
    {"Lost %, estimated", "lost_percent", html_cell_interval},
    {"Together with", "together_with", html_cell_text},
    {0}};

/* Rows [*first, *end) of a section that belong to the operator: they stand together. */
static bool find_rows(const struct table *table, const char *finding, size_t *first, size_t *end)
{
    size_t row = 0;

    while (row < table->rows && !table_is(table, row, "finding_id", finding))
        row++;
    *first = row;
    while (row < table->rows && table_is(table, row, "finding_id", finding))
        row++;
    *end = row;
    return *end > *first;
}

static void put_rows(FILE *out, const struct report *report, size_t row, struct html_table form)
{
    const char *finding = table_text_or(&report->section[SECTION_operators], row, "finding_id", "");
    char id[80];
    size_t first, end;

    if (!find_rows(&report->section[form.section], finding, &first, &end))
        return;
    snprintf(id, sizeof id, "%s-%s", form.id, finding);
    form.id = id;
    html_table_begin(out, &form);
    html_table_rows(out, report, &form, first, end);
    html_table_end(out);
    if (form.section == SECTION_operator_instances) {
        double all = table_number(&report->section[form.section], first, "instances");

        if (all > (double)(end - first))
            fprintf(out, "<p class=\"cut\">The first %zu of %.0f instances; clprof query shows all of them.</p>\n",
                    end - first, all);
    }
}

static void put_section(FILE *out, const struct report *report, size_t row, bool open)
{
    const struct table *operators = &report->section[SECTION_operators];
    double lost = table_number(operators, row, "lost_percent");
    char number[32];

    fputs("<details class=\"fold operator\" id=\"finding-", out);
    html_text(out, table_text_or(operators, row, "finding_id", ""));
    fprintf(out, "\"%s><summary><h3><code>", open ? " open=\"open\"" : "");
    html_known(out, table_text(operators, row, "label"));
    fputs("</code></h3> ", out);
    html_badge(out, table_text(operators, row, "verdict"));
    if (lost > 0)
        fprintf(out, " <span class=\"cost\">costs %s %% of throughput</span>", number_short(number, lost));
    fputs("</summary>\n", out);
    put_facts(out, report, row);
    put_rows(out, report, row,
             (struct html_table){"conversions", "Conversions charged to it, in the median step",
                                 SECTION_operator_conversions, conversion_columns});
    put_rows(out, report, row,
             (struct html_table){"instances", "Where it stands: times of the median step, figures per steady step",
                                 SECTION_operator_instances, instance_columns});
    fputs("</details>\n", out);
}

void html_operator_sections(const struct report *report, FILE *out)
{
    const struct table *operators = &report->section[SECTION_operators];
    size_t shown = 0;

    for (size_t i = 0; i < operators->rows; i++)
        if (html_has_section(operators, i))
            put_section(out, report, i, shown++ == 0);
    if (shown < operators->rows)
        fprintf(out,
                "<p class=\"muted\">%zu operator %s without a conversion and with the verdict clean %s in the table "
                "only.</p>\n",
                operators->rows - shown, operators->rows - shown == 1 ? "type" : "types",
                operators->rows - shown == 1 ? "stands" : "stand");
}
