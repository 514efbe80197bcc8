/*
 * The report for a terminal: what a run cost in layouts, on one screen of 100 columns. Operators that are clean and
 * convert nothing are only counted. `clprof train` prints this at its end.
 */
#include "reports/formats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/text.h"
#include "reports/words.h"

#define CULPRITS_SHOWN 5
#define FIXES_SHOWN 8

static void put_wrapped(FILE *out, const char *first, const char *text)
{
    struct strbuf safe;

    strbuf_init(&safe);
    text_safe(&safe, text);
    text_wrap(out, first, safe.text);
    strbuf_release(&safe);
}

static void put_facts(const struct report *report, FILE *out)
{
    static const struct {
        const char *label;
        void (*words)(struct strbuf *out, const struct report *report);
    } facts[] = {{"Model", words_model},           {"Ran on", words_device},           {"Measured", words_measured},
                 {"Policy", words_policy},         {"Ranks", words_ranks},             {"Steps", words_steps},
                 {"Throughput", words_throughput}, {"Step", words_step_time},          {"Conversions", words_conversions},
                 {"Round trips", words_round_trips}, {"Lost", words_lost}, {"Verified", words_verified}};
    struct strbuf text;
    char label[24];

    strbuf_init(&text);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        strbuf_clear(&text);
        facts[i].words(&text, report);
        if (text.length == 0)
            continue;
        snprintf(label, sizeof label, "%-13s", facts[i].label);
        put_wrapped(out, label, text.text);
    }
    fprintf(out, "%-13sbrackets are 95 %% intervals over steps; \"-\" is unknown\n", "");
    strbuf_release(&text);
}

static void put_verdict(const struct report *report, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    words_verdict(&text, report);
    fputc('\n', out);
    put_wrapped(out, "", text.text);
    strbuf_release(&text);
}

static void put_causes(const struct report *report, FILE *out)
{
    static const struct text_column columns[] = {
        {"Conversions by cause", 38, false}, {"per step", 10, true}, {"ms/step", 10, true},
        {"% of step", 10, true},             {"MB/step", 10, true},
    };
    const struct table *causes = &report->section[SECTION_conversions];
    char number[4][32];

    if (causes->rows == 0)
        return;
    fputc('\n', out);
    text_titles(out, columns, 5);
    for (size_t i = 0; i < causes->rows; i++) {
        const char *cells[] = {table_text(causes, i, "cause"),
                               number_fixed(number[0], table_number(causes, i, "per_step"), 1),
                               number_fixed(number[1], table_number(causes, i, "ms_per_step"), 2),
                               number_fixed(number[2], table_number(causes, i, "percent_of_step"), 2),
                               number_fixed(number[3], table_number(causes, i, "megabytes_per_step"), 1)};

        text_row(out, columns, 5, cells);
    }
}

static bool operator_is_quiet(const struct table *operators, size_t row)
{
    return table_is(operators, row, "verdict", "clean") && !(table_number(operators, row, "conversions_per_step") > 0);
}

/* At most six characters: what a percentage needs. */
static const char *percent_text(char buffer[32], double value)
{
    return number_fixed(buffer, value, fabs(value) >= 100 ? 0 : fabs(value) >= 10 ? 1 : 2);
}

/* "7.53 [7.25, 7.75]" */
static const char *lost_text(char buffer[112], const struct table *operators, size_t row)
{
    char value[32], low[32], high[32];
    double least = table_number(operators, row, "lost_percent_low");
    double most = table_number(operators, row, "lost_percent_high");

    percent_text(value, table_number(operators, row, "lost_percent"));
    if (isnan(least) || isnan(most) || least == most)
        snprintf(buffer, 112, "%s", value);
    else
        snprintf(buffer, 112, "%s [%s, %s]", value, percent_text(low, least), percent_text(high, most));
    return buffer;
}

static void put_operator(const struct table *operators, size_t row, const struct text_column *columns, FILE *out)
{
    char number[3][32], lost[112];
    const char *cells[] = {table_text(operators, row, "label"), table_text(operators, row, "verdict_text"),
                           number_fixed(number[0], table_number(operators, row, "conversions_per_step"), 1),
                           number_fixed(number[1], table_number(operators, row, "ms_per_step"), 2),
                           number_fixed(number[2], table_number(operators, row, "percent_of_step"), 2),
                           lost_text(lost, operators, row)};

    text_row(out, columns, 6, cells);
}

static void put_operator_advice(const struct table *operators, size_t row, FILE *out)
{
    const char *evidence = table_text_or(operators, row, "evidence", NULL);
    const char *advice = table_text_or(operators, row, "advice", NULL);
    double gain = table_number(operators, row, "verified_percent");
    double penalty = table_number(operators, row, "penalty_ms_per_step");
    char number[32], interval[72];

    if (table_is(operators, row, "verdict", "clean") || table_is(operators, row, "verdict", "necessary"))
        return;
    for (size_t i = 0; i < row; i++) /* said already, of the operator's other phase */
        if (evidence != NULL && table_is(operators, i, "evidence", evidence) &&
            table_is(operators, i, "op_name", table_text_or(operators, row, "op_name", "")))
            evidence = NULL;
    if (evidence != NULL)
        put_wrapped(out, "    why: ", evidence);
    if (advice != NULL)
        put_wrapped(out, "    do:  ", advice);
    if (table_is(operators, row, "verdict", "thrash") && !isnan(penalty))
        fprintf(out, "    slower kernels, besides conversions: %s ms/step, measured by the probe after the last step\n",
                number_short(number, penalty));
    if (!isnan(gain)) {
        number_interval(interval, table_number(operators, row, "verified_percent_low"),
                        table_number(operators, row, "verified_percent_high"));
        fprintf(out, "    verified by training with it fixed: %s %% faster %s, %s pairs of steps\n",
                number_short(number, gain), interval, table_text_or(operators, row, "verified_pairs", "unknown"));
    }
}

static void put_operators(const struct report *report, FILE *out)
{
    static const struct text_column columns[] = {
        {"Operator", 36, false}, {"verdict", 11, false}, {"conv/step", 9, true},
        {"ms/step", 8, true},    {"% step", 6, true},    {"lost % [interval]", 20, false},
    };
    const struct table *operators = &report->section[SECTION_operators];
    size_t quiet = 0;

    for (size_t i = 0; i < operators->rows; i++)
        quiet += operator_is_quiet(operators, i);
    if (operators->rows == 0)
        return;
    fputc('\n', out);
    if (quiet < operators->rows)
        text_titles(out, columns, 6);
    for (size_t i = 0; i < operators->rows; i++) {
        if (operator_is_quiet(operators, i))
            continue;
        put_operator(operators, i, columns, out);
        put_operator_advice(operators, i, out);
    }
    if (quiet > 0)
        fprintf(out, "%s%zu %soperator%s clean: no conversion because of %s.\n", quiet == operators->rows ? "All " : "",
            quiet, quiet == operators->rows ? "" : "other ", quiet == 1 ? " is" : "s are",
            quiet == 1 ? "it" : "them");
}

static void put_culprits(const struct report *report, FILE *out)
{
    static const struct text_column columns[] = {
        {"Culprit instances", 60, false}, {"conv/step", 9, true}, {"ms/step", 8, true}, {"lost %", 8, true}};
    const struct table *instances = &report->section[SECTION_instances];
    struct strbuf place;
    char number[3][32];
    size_t count = 0;

    strbuf_init(&place);
    for (size_t i = 0; i < instances->rows; i++) {
        if (!table_is(instances, i, "verdict", "thrash") || ++count > CULPRITS_SHOWN)
            continue;
        if (count == 1) {
            fputc('\n', out);
            text_titles(out, columns, 4);
        }
        strbuf_clear(&place);
        strbuf_printf(&place, "%s  %s", words_place(table_text(instances, i, "module_path")),
                      table_text_or(instances, i, "label", "unknown operator"));
        const char *cells[] = {place.text,
                               number_fixed(number[0], table_number(instances, i, "conversions_per_step"), 1),
                               number_fixed(number[1], table_number(instances, i, "ms_per_step"), 2),
                               percent_text(number[2], table_number(instances, i, "lost_percent"))};

        text_row(out, columns, 4, cells);
    }
    if (count > CULPRITS_SHOWN)
        fprintf(out, "and %zu more instances\n", count - CULPRITS_SHOWN);
    strbuf_release(&place);
}

static void put_fix_order(const struct report *report, FILE *out)
{
    static const struct text_column columns[] = {
        {"Fix", 4, true}, {"in this order", 78, false}, {"then gain %", 12, true}};
    const struct table *order = &report->section[SECTION_fix_order];
    char number[32];

    if (order->rows == 0)
        return;
    fputc('\n', out);
    text_titles(out, columns, 3);
    for (size_t i = 0; i < order->rows && i < FIXES_SHOWN; i++) {
        const char *cells[] = {table_text(order, i, "position"), table_text(order, i, "what"),
                               percent_text(number, table_number(order, i, "lost_percent_cumulative"))};

        text_row(out, columns, 3, cells);
    }
    if (order->rows > FIXES_SHOWN)
        fprintf(out, "and %zu more\n", order->rows - FIXES_SHOWN);
}

static void put_notes(const struct report *report, FILE *out)
{
    const struct table *notes = &report->section[SECTION_notes];

    for (size_t i = 0; i < notes->rows; i++) {
        fputs(i == 0 ? "\n" : "", out);
        put_wrapped(out, "Note: ", table_text_or(notes, i, "text", ""));
    }
}

static void put_next(const struct report *report, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    text_safe(&text, report->trace_path);
    fprintf(out, "\nTrace: %s\n", text.text);
    strbuf_clear(&text);
    words_next_report(&text, report);
    fprintf(out, "Next:  %s\n", text.text);
    strbuf_release(&text);
}

void report_write_text(const struct report *report, FILE *out)
{
    static void (*const parts[])(const struct report *report, FILE *out) = {
        put_facts, put_verdict, put_causes, put_operators, put_culprits, put_fix_order, put_notes, put_next};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parts[i](report, out);
}
