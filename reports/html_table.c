/* Tables described as data, see html_table.h. */
#include "reports/html_table.h"

#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/json.h"
#include "reports/text.h"
#include "reports/words.h"

static bool is_numeric(const struct html_column *column)
{
    return column->put == html_cell_number || column->put == html_cell_interval;
}

/* data-v="..." with every digit, empty when unknown. */
static void put_value(FILE *out, double value)
{
    char text[32] = "";

    if (isfinite(value))
        json_number_text(value, text);
    fprintf(out, " data-v=\"%s\"", text);
}

void html_cell_text(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    fputs("<td>", out);
    html_text(out, table_text_or(table, row, column->name, "–"));
    fputs("</td>", out);
}

void html_cell_phase(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    fputs("<td>", out);
    html_text(out, table_text_or(table, row, column->name, "all"));
    fputs("</td>", out);
}

void html_cell_code(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    fputs("<th scope=\"row\"><code>", out);
    html_known(out, table_text(table, row, column->name));
    fputs("</code></th>", out);
}

void html_cell_place(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    fputs("<th scope=\"row\"><code>", out);
    html_text(out, words_place(table_text(table, row, column->name)));
    fputs("</code></th>", out);
}

void html_cell_badge(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    fputs("<td>", out);
    html_badge(out, table_text(table, row, column->name));
    if (table_column(table, "verdict_text") >= 0 && table_is(table, row, "verdict_text", "library"))
        fputs("<span class=\"why\">by the library</span>", out);
    fputs("</td>", out);
}

const char *html_format_class(const char *format)
{
    static const char *const known[] = {"channels_last", "contiguous", "either", "strided", "blocked"};

    for (size_t i = 0; format != NULL && i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], format) == 0)
            return known[i];
    return "unknown";
}

void html_format(FILE *out, const char *format)
{
    if (format == NULL) {
        fputs("–", out);
        return;
    }
    fprintf(out, "<span class=\"format %s\">", html_format_class(format));
    html_text(out, format);
    fputs("</span>", out);
}

void html_cell_format(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    fputs("<td>", out);
    html_format(out, table_text(table, row, column->name));
    fputs("</td>", out);
}

void html_cell_number(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    double value = table_number(table, row, column->name);
    char text[32];

    fputs("<td class=\"n\"", out);
    put_value(out, value);
    fputs(">", out);
    html_text(out, isfinite(value) ? number_fixed(text, value, column->decimals) : "–");
    fputs("</td>", out);
}

void html_cell_interval(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    double value = table_number(table, row, column->name);
    char low[64], high[64], text[32], interval[72];

    snprintf(low, sizeof low, "%s_low", column->name);
    snprintf(high, sizeof high, "%s_high", column->name);
    fputs("<td class=\"n\"", out);
    put_value(out, value);
    fprintf(out, ">%s", isfinite(value) ? number_short(text, value) : "–");
    number_interval(interval, table_number(table, row, low), table_number(table, row, high));
    if (*interval != '\0')
        fprintf(out, "<span class=\"range\">%s</span>", interval);
    fputs("</td>", out);
}

void html_table_begin(FILE *out, const struct html_table *form)
{
    fprintf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">", form->caption);
    fprintf(out, "<table id=\"%s\" class=\"sortable\" data-section=\"%s\"><caption>%s</caption>\n<thead><tr>", form->id,
            section_name(form->section), form->caption);
    for (const struct html_column *column = form->columns; column->title != NULL; column++) {
        fprintf(out, "<th scope=\"col\"%s", is_numeric(column) ? " class=\"n\"" : "");
        if (column->name != NULL)
            fprintf(out, " data-c=\"%s\"", column->name);
        fprintf(out, ">%s</th>", column->title);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void html_table_rows(FILE *out, const struct report *report, const struct html_table *form, size_t first, size_t end)
{
    const struct table *table = &report->section[form->section];
    bool judged = table_column(table, "verdict") >= 0;

    for (size_t row = first; row < end; row++) {
        fprintf(out, "<tr data-row=\"%zu\"", row);
        if (judged) {
            fputs(" data-verdict=\"", out);
            html_known(out, table_text(table, row, "verdict"));
            fputs("\"", out);
        }
        fputs(">", out);
        for (const struct html_column *column = form->columns; column->title != NULL; column++)
            column->put(out, table, row, column);
        fputs("</tr>\n", out);
    }
}

void html_table_end(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

void html_table(FILE *out, const struct report *report, const struct html_table *form)
{
    size_t rows = report->section[form->section].rows;

    if (rows == 0)
        return;
    html_table_begin(out, form);
    html_table_rows(out, report, form, 0, rows);
    html_table_end(out);
}

void html_figure(FILE *out, const struct report *report, enum section section, size_t row, const char *column,
                 int decimals)
{
    double value = table_number(&report->section[section], row, column);
    char text[32];

    fprintf(out, "<span data-section=\"%s\" data-row=\"%zu\" data-c=\"%s\"", section_name(section), row, column);
    put_value(out, value);
    fputs(">", out);
    if (isnan(value))
        fputs("unknown", out);
    else
        html_text(out, decimals < 0 ? number_short(text, value) : number_fixed(text, value, decimals));
    fputs("</span>", out);
}
