/*
 * The layout map: the model as a column of modules in order of execution, coloured by the memory format of what they
 * give, forward and backward. Where formats alternate, stripes show. A ribbon above it shows all of the model at once.
 */
#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/html_table.h"
#include "reports/html_tables.h"

/* A column of the same side as `column`: "forward_format" and "culprit" give "forward_culprit". */
static const char *same_side(char name[64], const struct html_column *column, const char *what)
{
    snprintf(name, 64, "%.*s_%s", (int)strcspn(column->name, "_"), column->name, what);
    return name;
}

static void cell_module(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    bool culprit = table_is(table, row, "forward_culprit", "1") || table_is(table, row, "backward_culprit", "1");
    const char *operators = table_text_or(table, row, "operators", NULL);

    if (operators == NULL)
        operators = table_text_or(table, row, "backward_operators", "");
    fputs("<th scope=\"row\"><code>", out);
    html_text(out, table_text_or(table, row, column->name, "(the model itself)"));
    fputs("</code>", out);
    if (culprit)
        fputs(" <span class=\"badge thrash\">culprit</span>", out);
    fputs("<span class=\"what\">", out);
    html_text(out, operators);
    fputs("</span></th>", out);
}

static void cell_stripe(FILE *out, const struct table *table, size_t row, const struct html_column *column)
{
    const char *format = table_text(table, row, column->name);
    char name[64];
    bool converts = table_number(table, row, same_side(name, column, "conversions")) > 0;

    if (format == NULL) {
        fputs("<td class=\"stripe\"></td>", out);
        return;
    }
    fprintf(out, "<td class=\"stripe %s%s\"><span>", html_format_class(format), converts ? " converts" : "");
    html_text(out, format);
    fputs("</span></td>", out);
}

static const struct html_column map_columns[] = {{"Module", "module_path", cell_module},
                                                 {"Forward gives", "forward_format", cell_stripe},
                                                 {"Conversions", "forward_conversions", html_cell_number},
                                                 {"ms", "forward_ms", html_cell_number, 3},
                                                 {"Backward gives", "backward_format", cell_stripe},
                                                 {"Conversions", "backward_conversions", html_cell_number},
                                                 {"ms", "backward_ms", html_cell_number, 3},
                                                 {0}};
static const struct html_table map_table = {"map-table", "Modules of the median step in order of execution",
                                            SECTION_layout_map, map_columns};

/* One lane of the ribbon: a rectangle for each stretch of modules that give the same format. */
static void put_lane(FILE *out, const struct table *map, const char *column, int top)
{
    for (size_t from = 0, to; from < map->rows; from = to) {
        const char *format = table_text(map, from, column);

        for (to = from + 1; to < map->rows; to++) {
            const char *next = table_text(map, to, column);

            if ((next == NULL) != (format == NULL) || (format != NULL && strcmp(next, format) != 0))
                break;
        }
        if (format != NULL)
            fprintf(out, "<rect class=\"%s\" x=\"%zu\" y=\"%d\" width=\"%zu\" height=\"20\"/>",
                    html_format_class(format), from, top, to - from);
    }
}

static void put_marks(FILE *out, const struct table *map, const char *column, int top)
{
    for (size_t row = 0; row < map->rows; row++)
        if (table_number(map, row, column) > 0)
            fprintf(out, "<rect class=\"mark\" x=\"%zu.2\" y=\"%d\" width=\".6\" height=\"4\"/>", row, top);
}

/* "84 channels_last, 53 contiguous" */
static void put_counts(FILE *out, const struct table *map, const char *column)
{
    static const char *const formats[] = {"channels_last", "contiguous", "either", "strided", "blocked"};
    const char *separator = " ";

    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        size_t count = 0;

        for (size_t row = 0; row < map->rows; row++)
            count += table_is(map, row, column, formats[f]);
        if (count > 0)
            fprintf(out, "%s%zu %s", separator, count, formats[f]);
        separator = count > 0 ? ", " : separator;
    }
}

static void put_ribbon(FILE *out, const struct table *map)
{
    fputs("<div class=\"ribbon\"><span>forward</span><span>backward</span>"
          "<svg id=\"ribbon\" role=\"img\" preserveAspectRatio=\"none\" ",
          out);
    fprintf(out, "viewBox=\"0 0 %zu 56\" aria-label=\"Formats of modules' outputs in order of execution. Forward:",
            map->rows);
    put_counts(out, map, "forward_format");
    fputs("; backward:", out);
    put_counts(out, map, "backward_format");
    fputs(". The table below has each of them.\">", out);
    put_lane(out, map, "forward_format", 0);
    put_marks(out, map, "forward_conversions", 22);
    put_lane(out, map, "backward_format", 30);
    put_marks(out, map, "backward_conversions", 52);
    fputs("</svg></div>\n", out);
}

static void put_legend(FILE *out, const struct table *map)
{
    static const char *const formats[] = {"channels_last", "contiguous", "either", "strided", "blocked"};

    fputs("<ul class=\"legend\">", out);
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (size_t row = 0; row < map->rows; row++)
            if (table_is(map, row, "forward_format", formats[f]) || table_is(map, row, "backward_format", formats[f])) {
                fprintf(out, "<li><span class=\"format %s\">%s</span></li>", formats[f], formats[f]);
                break;
            }
    fputs("<li><span class=\"format converts\">conversions in it</span></li></ul>\n", out);
}

void html_layout_map(const struct report *report, FILE *out)
{
    const struct table *map = &report->section[SECTION_layout_map];
    double places = map->rows > 0 ? table_number(map, 0, "places") : 0;

    if (map->rows == 0) {
        fputs("<p>The trace holds no operator that gives a 4-D tensor of known format: there is nothing to draw.</p>\n",
              out);
        return;
    }
    fputs("<p class=\"muted\">Each row is a module, from the input down; the colour is the memory format of what it "
          "hands "
          "on, forward (read down) and backward (read up). Alternating stripes are thrash. The optimizer and operators "
          "that neither give a 4-D tensor nor convert one are left out.</p>\n",
          out);
    put_legend(out, map);
    put_ribbon(out, map);
    if (places > (double)map->rows)
        fprintf(out, "<p class=\"cut\">The first %zu of %.0f modules.</p>\n", map->rows, places);
    html_table(out, report, &map_table);
}
