/* A comparison as one HTML page without script and without any request: html/compare.html with its {{names}} filled in. */
#include <math.h>
#include <string.h>

#include "reports/compare.h"
#include "reports/html.h"
#include "reports/text.h"

static void put_title(const struct comparison *self, FILE *out)
{
    html_text(out, self->report[SIDE_A].trace_path);
    fputs(" and ", out);
    html_text(out, self->report[SIDE_B].trace_path);
}

static void put_heads(const struct comparison *self, FILE *out)
{
    for (int side = 0; side < SIDES; side++) {
        struct strbuf text;

        strbuf_init(&text);
        comparison_run(&text, self, side);
        fprintf(out, "<p class=\"sub\"><b>%s</b> <code>", side == SIDE_A ? "A" : "B");
        html_text(out, self->report[side].trace_path);
        fputs("</code> <bdi>", out);
        html_text(out, text.text);
        fputs("</bdi></p>\n", out);
        strbuf_release(&text);
    }
}

static void put_verdict(const struct comparison *self, FILE *out)
{
    struct stats_interval change = self->figure[0].change;
    struct strbuf text;

    strbuf_init(&text);
    comparison_verdict(&text, self);
    fprintf(out, "<div class=\"verdict %s\"><div><p class=\"headline\">", change.low > 0 ? "good" : change.high < 0 ? "bad" : "");
    html_text(out, text.text);
    fputs("</p></div></div>\n", out);
    strbuf_release(&text);
}

static void put_notes(const struct comparison *self, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    for (int i = 0; comparison_note(&text, self, i); i++) {
        fputs("<p class=\"muted\">Note: ", out);
        html_text(out, text.text);
        fputs("</p>\n", out);
        strbuf_clear(&text);
    }
    strbuf_release(&text);
}

/* Titles that begin with '#' are numeric; ends with NULL. */
static void begin_table(FILE *out, const char *caption, const char *const *titles)
{
    fprintf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table><caption>%s</caption>\n<thead><tr>",
            caption, caption);
    for (; *titles != NULL; titles++)
        fprintf(out, "<th scope=\"col\"%s>%s</th>", **titles == '#' ? " class=\"n\"" : "", *titles + (**titles == '#'));
    fputs("</tr></thead>\n<tbody>\n", out);
}

static void end_table(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

static void put_head(FILE *out, const char *text, const char *more)
{
    fputs("<tr><th scope=\"row\"><code>", out);
    html_text(out, text == NULL ? "unknown operator" : text);
    fputs("</code>", out);
    if (more != NULL) {
        fputs(" ", out);
        html_text(out, more);
    }
    fputs("</th>", out);
}

static void put_cell(FILE *out, const char *text, bool number)
{
    fprintf(out, "<td%s>", number ? " class=\"n\"" : "");
    html_text(out, text == NULL ? "unknown" : strcmp(text, "-") == 0 ? "–" : text);
    fputs("</td>", out);
}

static void put_number(FILE *out, double value, int decimals)
{
    char number[32];

    put_cell(out, number_fixed(number, value, decimals), true);
}

static void put_signed(FILE *out, double value)
{
    char number[48] = "-";

    if (!isnan(value))
        snprintf(number, sizeof number, "%+.1f", value);
    put_cell(out, number, true);
}

static void put_figures(const struct comparison *self, FILE *out)
{
    static const char *const titles[] = {"", "#A", "#B", "#change", NULL};

    begin_table(out, "Figures of both, and B against A", titles);
    for (int i = 0; i < COMPARE_FIGURES; i++) {
        const struct compare_figure *figure = &self->figure[i];
        struct strbuf text;

        strbuf_init(&text);
        put_head(out, figure->key, NULL);
        for (int side = 0; side < SIDES; side++) {
            strbuf_clear(&text);
            comparison_value(&text, figure, side);
            put_cell(out, text.text, true);
        }
        strbuf_clear(&text);
        comparison_change(&text, figure);
        put_cell(out, text.text, true);
        fputs("</tr>\n", out);
        strbuf_release(&text);
    }
    end_table(out);
}

static void put_change(FILE *out, const char *change)
{
    static const struct {
        const char *change, *colour;
    } colours[] = {{"new", "thrash"}, {"worse", "thrash"}, {"fixed", "clean"}, {"better", "clean"}};
    const char *colour = "";

    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (strcmp(colours[i].change, change) == 0)
            colour = colours[i].colour;
    fprintf(out, "<td><span class=\"badge %s\">%s</span></td>", colour, change);
}

static void put_findings(const struct comparison *self, FILE *out)
{
    static const char *const titles[] = {"Operator", "change", "in A and in B", NULL};
    int shown = 0;

    for (int i = 0; i < self->operators; i++) {
        const struct compare_operator *operator = &self->operator[i];
        struct strbuf text;

        if (operator->change == NULL)
            continue;
        if (shown++ == 0)
            begin_table(out, "Operators that thrash or have a slower channels_last kernel in A or B", titles);
        strbuf_init(&text);
        comparison_operator(&text, operator);
        put_head(out, operator->name, operator->phase);
        put_change(out, operator->change);
        put_cell(out, text.text, false);
        fputs("</tr>\n", out);
        strbuf_release(&text);
    }
    if (shown > 0)
        end_table(out);
    else
        fputs(self->analysed[SIDE_A] && self->analysed[SIDE_B]
                  ? "<p>No operator thrashes or has a slower channels_last kernel, in neither.</p>\n"
                  : "<p>Unknown: one of the traces has no findings yet.</p>\n", out);
}

static void put_conversions(const struct comparison *self, FILE *out)
{
    static const char *const causes[] = {"Cause", "#A", "#B", "#change", NULL};
    static const char *const operators[] = {"Operator", "#A", "#B", "#change", "#ms in A", "#ms in B", NULL};

    begin_table(out, "Conversions of a step, by cause", causes);
    for (int i = 0; i < self->causes; i++) {
        const struct compare_cause *cause = &self->cause[i];

        put_head(out, cause->name, NULL);
        put_number(out, cause->side[SIDE_A], 1);
        put_number(out, cause->side[SIDE_B], 1);
        put_signed(out, cause->side[SIDE_B] - cause->side[SIDE_A]);
        fputs("</tr>\n", out);
    }
    end_table(out);
    begin_table(out, "Conversions of a step, by the operator that is charged with them", operators);
    for (int i = 0; i < self->operators; i++) {
        const struct compare_operator *operator = &self->operator[i];

        put_head(out, operator->name, operator->phase);
        put_number(out, operator->conversions[SIDE_A], 1);
        put_number(out, operator->conversions[SIDE_B], 1);
        put_signed(out, operator->conversions[SIDE_B] - operator->conversions[SIDE_A]);
        put_number(out, operator->ms[SIDE_A], 2);
        put_number(out, operator->ms[SIDE_B], 2);
        fputs("</tr>\n", out);
    }
    end_table(out);
}

static void put_settings(const struct comparison *self, FILE *out)
{
    static const char *const titles[] = {"What", "A", "B", NULL};

    if (self->settings == 0) {
        fputs("<p>Nothing.</p>\n", out);
        return;
    }
    begin_table(out, "Set-up of both runs, where it differs", titles);
    for (int i = 0; i < self->settings; i++) {
        put_head(out, self->setting[i].name, NULL);
        put_cell(out, self->setting[i].side[SIDE_A], false);
        put_cell(out, self->setting[i].side[SIDE_B], false);
        fputs("</tr>\n", out);
    }
    end_table(out);
}

static bool put_part(const void *what, const char *name, size_t length, FILE *out)
{
    static const struct {
        const char *name;
        void (*write)(const struct comparison *self, FILE *out);
    } parts[] = {{"title", put_title},       {"heads", put_heads},       {"verdict", put_verdict},
                 {"notes", put_notes},       {"figures", put_figures},   {"findings", put_findings},
                 {"conversions", put_conversions}, {"settings", put_settings}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == length && memcmp(parts[i].name, name, length) == 0) {
            parts[i].write(what, out);
            return true;
        }
    return false;
}

void comparison_write_html(const struct comparison *self, FILE *out)
{
    html_fill(out, "compare.html", put_part, self);
}
