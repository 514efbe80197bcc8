/* A comparison for a terminal, in 80 columns (compare.h). */
#include <math.h>
#include <string.h>

#include "reports/compare.h"
#include "reports/text.h"

static void put_title(FILE *out, const char *title)
{
    text_colour(out, TEXT_BOLD);
    fprintf(out, "\n%s\n", title);
    text_colour(out, TEXT_PLAIN);
}

static void put_heads(const struct comparison *self, FILE *out)
{
    static const char *const labels[] = {"A  ", "B  "};

    for (int side = 0; side < SIDES; side++) {
        struct strbuf text;

        strbuf_init(&text);
        comparison_run(&text, self, side);
        text_wrap_safe(out, labels[side], self->report[side].trace_path);
        text_wrap_safe(out, "   ", text.text);
        strbuf_release(&text);
    }
}

static void put_verdict(const struct comparison *self, FILE *out)
{
    struct stats_interval change = self->figure[0].change;
    struct strbuf text;

    strbuf_init(&text);
    comparison_verdict(&text, self);
    fputc('\n', out);
    text_colour(out, change.low > 0 ? TEXT_GREEN : change.high < 0 ? TEXT_RED : TEXT_BOLD);
    text_wrap_safe(out, "", text.text);
    text_colour(out, TEXT_PLAIN);
    strbuf_release(&text);
}

static void put_settings(const struct comparison *self, FILE *out)
{
    put_title(out, self->settings > 0 ? "What differs in the set-up" : "The set-up is the same.");
    for (int i = 0; i < self->settings; i++) {
        const struct compare_setting *setting = &self->setting[i];
        struct strbuf text;
        char label[32];

        strbuf_init(&text);
        strbuf_printf(&text, "%s -> %s", setting->side[SIDE_A] != NULL ? setting->side[SIDE_A] : "unknown",
                      setting->side[SIDE_B] != NULL ? setting->side[SIDE_B] : "unknown");
        snprintf(label, sizeof label, "  %-17s", setting->name);
        text_wrap_safe(out, label, text.text);
        strbuf_release(&text);
    }
}

/* The last column is not cut: nothing stands behind it. */
static const struct text_column figure_columns[] = {{"", 11, false}, {"A", 20, false}, {"B", 20, false}, {"change", 100, false}};

static void put_figures(const struct comparison *self, FILE *out)
{
    fputc('\n', out);
    text_titles(out, figure_columns, 4);
    for (int i = 0; i < COMPARE_FIGURES; i++) {
        const struct compare_figure *figure = &self->figure[i];
        struct strbuf text[3];

        for (int j = 0; j < 3; j++)
            strbuf_init(&text[j]);
        comparison_value(&text[0], figure, SIDE_A);
        comparison_value(&text[1], figure, SIDE_B);
        comparison_change(&text[2], figure);
        const char *cells[] = {figure->label, text[0].text, text[1].text, text[2].text};

        text_row(out, figure_columns, 4, cells);
        for (int j = 0; j < 3; j++)
            strbuf_release(&text[j]);
    }
    for (int i = 0; i < self->causes; i++) {
        const struct compare_cause *cause = &self->cause[i];
        char label[64], number[SIDES][32], change[48] = "-";

        snprintf(label, sizeof label, "  %.50s", cause->name);
        if (!isnan(cause->side[SIDE_B] - cause->side[SIDE_A]))
            snprintf(change, sizeof change, "%+.1f", cause->side[SIDE_B] - cause->side[SIDE_A]);
        const char *cells[] = {label, number_fixed(number[SIDE_A], cause->side[SIDE_A], 1),
                               number_fixed(number[SIDE_B], cause->side[SIDE_B], 1), change};

        text_row(out, figure_columns, 4, cells);
    }
    fputs("Counts are per step; brackets are 95 % intervals over steps; \"-\" is unknown.\n", out);
}

static void append_name(struct strbuf *out, const struct compare_operator *operator)
{
    strbuf_append(out, operator->name != NULL ? operator->name : "unknown operator");
    if (operator->phase != NULL && strcmp(operator->phase, "forward") != 0 && strstr(out->text, "backward") == NULL)
        strbuf_printf(out, " (%s)", operator->phase);
}

static void put_findings(const struct comparison *self, FILE *out)
{
    int shown = 0;

    for (int i = 0; i < self->operators; i++) {
        const struct compare_operator *operator = &self->operator[i];
        struct strbuf text;

        if (operator->change == NULL)
            continue;
        if (shown++ == 0)
            put_title(out, "Findings");
        strbuf_init(&text);
        append_name(&text, operator);
        strbuf_append(&text, ". ");
        comparison_operator(&text, operator);
        text_colour(out, text_verdict_colour(operator->change));
        fprintf(out, "%-6s", operator->change);
        text_colour(out, TEXT_PLAIN);
        fputs("  ", out);
        text_wrap_after(out, 8, text.text);
        strbuf_release(&text);
    }
    if (shown == 0 && self->analysed[SIDE_A] && self->analysed[SIDE_B])
        put_title(out, "No operator thrashes or has a slower channels_last kernel, in neither.");
}

static void put_conversions(const struct comparison *self, FILE *out)
{
    static const struct text_column columns[] = {{"Conversions by operator", 28, false}, {"A", 8, true}, {"B", 8, true},
                                                 {"change", 8, true}, {"A ms", 8, true}, {"B ms", 8, true}};

    if (self->operators == 0)
        return;
    fputc('\n', out);
    text_titles(out, columns, 6);
    for (int i = 0; i < self->operators; i++) {
        const struct compare_operator *operator = &self->operator[i];
        double more = operator->conversions[SIDE_B] - operator->conversions[SIDE_A];
        char number[4][32], change[48] = "-";
        struct strbuf name;

        strbuf_init(&name);
        append_name(&name, operator);
        if (!isnan(more))
            snprintf(change, sizeof change, "%+.1f", more);
        const char *cells[] = {name.text,
                               number_fixed(number[0], operator->conversions[SIDE_A], 1),
                               number_fixed(number[1], operator->conversions[SIDE_B], 1),
                               change,
                               number_fixed(number[2], operator->ms[SIDE_A], 2),
                               number_fixed(number[3], operator->ms[SIDE_B], 2)};

        text_row(out, columns, 6, cells);
        strbuf_release(&name);
    }
}

static void put_notes(const struct comparison *self, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    for (int i = 0; comparison_note(&text, self, i); i++) {
        fputs(i == 0 ? "\n" : "", out);
        text_wrap_safe(out, "Note: ", text.text);
        strbuf_clear(&text);
    }
    strbuf_release(&text);
}

void comparison_write_text(const struct comparison *self, FILE *out)
{
    static void (*const parts[])(const struct comparison *self, FILE *out) = {
        put_heads, put_verdict, put_settings, put_figures, put_findings, put_conversions, put_notes};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parts[i](self, out);
}
