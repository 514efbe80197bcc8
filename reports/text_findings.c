/* The findings of a text report, see text_findings.h. */
#include "reports/text_findings.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "reports/text.h"
#include "reports/words.h"

#define PLACES_SHOWN 5
#define PATHS_SHOWN 3
#define FIXES_SHOWN 8

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
    char number[2][32], lost[112];
    const char *cells[] = {table_text(operators, row, "label"), table_text(operators, row, "verdict_text"),
                           number_fixed(number[0], table_number(operators, row, "conversions_per_step"), 1),
                           number_fixed(number[1], table_number(operators, row, "ms_per_step"), 2),
                           lost_text(lost, operators, row)};

    text_row(out, columns, 5, cells);
}

/* "    11.40 % of the step, 98.2 ms of it exposed; 210.0 round trips per step; together with ..." */
static void put_operator_share(const struct table *operators, size_t row, FILE *out)
{
    double share = table_number(operators, row, "percent_of_step"), trips = table_number(operators, row, "round_trips_per_step");
    double exposed = table_number(operators, row, "exposed_ms_per_step");
    const char *others = table_text_or(operators, row, "together_with", NULL);
    struct strbuf text;
    char number[32];

    strbuf_init(&text);
    if (!isnan(share))
        strbuf_printf(&text, "%s %% of the step", number_fixed(number, share, 2));
    if (!isnan(exposed))
        strbuf_printf(&text, "%s%s ms exposed", text.length > 0 ? ", " : "", number_short(number, exposed));
    if (trips > 0)
        strbuf_printf(&text, "%s%s round trips per step", text.length > 0 ? "; " : "", number_fixed(number, trips, 1));
    if (others != NULL)
        strbuf_printf(&text, "%stogether with %s", text.length > 0 ? "; " : "", others);
    if (text.length > 0)
        text_wrap_safe(out, "    ", text.text);
    strbuf_release(&text);
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
        text_wrap_safe(out, "    why: ", evidence);
    if (advice != NULL)
        text_wrap_safe(out, "    do:  ", advice);
    if (table_is(operators, row, "verdict", "thrash") && !isnan(penalty))
        fprintf(out, "    slower kernels besides conversions: %s ms/step, measured by the probe\n",
                number_short(number, penalty));
    if (!isnan(gain)) {
        struct strbuf words;

        strbuf_init(&words);
        number_interval(interval, table_number(operators, row, "verified_percent_low"),
                        table_number(operators, row, "verified_percent_high"));
        strbuf_printf(&words, "%s %% faster %s with it fixed, measured: %s pairs of interleaved steps",
                      number_short(number, gain), interval, table_text_or(operators, row, "verified_pairs", "unknown"));
        text_wrap_safe(out, "    verified: ", words.text);
        strbuf_release(&words);
    }
}

void text_operators(const struct report *report, FILE *out)
{
    static const struct text_column columns[] = {
        {"Operator", 26, false}, {"verdict", 11, false, text_verdict_colour}, {"conv", 7, true},
        {"ms/step", 7, true},    {"lost % [interval]", 21, false},
    };
    const struct table *operators = &report->section[SECTION_operators];
    size_t quiet = 0;

    for (size_t i = 0; i < operators->rows; i++)
        quiet += operator_is_quiet(operators, i);
    if (operators->rows == 0)
        return;
    fputc('\n', out);
    if (quiet < operators->rows)
        text_titles(out, columns, 5);
    for (size_t i = 0; i < operators->rows; i++) {
        if (operator_is_quiet(operators, i))
            continue;
        put_operator(operators, i, columns, out);
        put_operator_share(operators, i, out);
        put_operator_advice(operators, i, out);
    }
    if (quiet > 0)
        fprintf(out, "%s%zu %soperator%s clean: no conversion because of %s.\n", quiet == operators->rows ? "All " : "",
            quiet, quiet == operators->rows ? "" : "other ", quiet == 1 ? " is" : "s are",
            quiet == 1 ? "it" : "them");
}

/* "and 7 more: clprof query trace.db --name instances" */
static void put_more(const struct report *report, size_t count, const char *query, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    strbuf_printf(&text, "and %zu more: clprof query ", count);
    text_shell_word(&text, report->trace_path);
    strbuf_printf(&text, " --name %s", query);
    text_wrap_safe(out, "", text.text);
    strbuf_release(&text);
}

static const struct text_column place_columns[] = {
    {"", 52, false}, {"conv", 7, true}, {"ms/step", 7, true}, {"lost %", 8, true}};

static void put_place(const struct table *places, size_t row, const char *name, FILE *out)
{
    char number[3][32];
    const char *cells[] = {name, number_fixed(number[0], table_number(places, row, "conversions_per_step"), 1),
                           number_fixed(number[1], table_number(places, row, "ms_per_step"), 2),
                           percent_text(number[2], table_number(places, row, "lost_percent"))};

    text_row(out, place_columns, 4, cells);
}

static void put_place_titles(const char *title, FILE *out)
{
    struct text_column columns[4];

    memcpy(columns, place_columns, sizeof columns);
    columns[0].title = title;
    fputc('\n', out);
    text_titles(out, columns, 4);
}

void text_instances(const struct report *report, FILE *out)
{
    const struct table *instances = &report->section[SECTION_instances];
    struct strbuf place;
    size_t count = 0;

    strbuf_init(&place);
    for (size_t i = 0; i < instances->rows; i++) {
        if (!table_is(instances, i, "verdict", "thrash") || ++count > PLACES_SHOWN)
            continue;
        if (count == 1)
            put_place_titles("Culprit instances", out);
        strbuf_clear(&place);
        strbuf_printf(&place, "%s  %s", words_place(table_text(instances, i, "module_path")),
                      table_text_or(instances, i, "label", "unknown operator"));
        put_place(instances, i, place.text, out);
    }
    if (count > PLACES_SHOWN)
        put_more(report, count - PLACES_SHOWN, "instances", out);
    strbuf_release(&place);
}

void text_modules(const struct report *report, FILE *out)
{
    const struct table *modules = &report->section[SECTION_modules];

    if (modules->rows == 0)
        return;
    put_place_titles("Modules with conversions", out);
    for (size_t i = 0; i < modules->rows && i < PLACES_SHOWN; i++)
        put_place(modules, i, words_place(table_text(modules, i, "module_path")), out);
    if (modules->rows > PLACES_SHOWN)
        put_more(report, modules->rows - PLACES_SHOWN, "modules", out);
}

/* "; aten::relu in layer1.relu (carrier)", or the conversion at an end of the path. */
static void append_place(struct strbuf *out, const struct table *paths, size_t row)
{
    const char *name = table_text_or(paths, row, "name", "unknown operator");
    const char *module = table_text_or(paths, row, "module_path", NULL);

    if (table_is(paths, row, "role", "conversion"))
        strbuf_printf(out, "%s -> %s by %s", table_text_or(paths, row, "from_format", "unknown"),
                      table_text_or(paths, row, "to_format", "unknown"), name);
    else
        strbuf_printf(out, "%s (%s)", name, table_text_or(paths, row, "role", "unknown"));
    if (module != NULL)
        strbuf_printf(out, " in %s", module);
}

static void put_path(const struct table *paths, size_t first, size_t end, FILE *out)
{
    char time[32], megabytes[32], label[96];
    struct strbuf text;

    strbuf_init(&text);
    for (size_t i = first; i < end; i++) {
        strbuf_append(&text, i > first ? "; " : "");
        append_place(&text, paths, i);
    }
    strbuf_append(&text, ".");
    snprintf(label, sizeof label, "%8s ms %7s MB  ", number_fixed(time, table_number(paths, first, "trip_dur_ns") / 1e6, 3),
             number_fixed(megabytes, table_number(paths, first, "trip_bytes") / 1e6, 1));
    text_wrap_safe(out, label, text.text);
    strbuf_release(&text);
}

/* "All of them: clprof query trace.db --name paths" */
static void put_all(const struct report *report, const char *query, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    strbuf_append(&text, "all of them: clprof query ");
    text_shell_word(&text, report->trace_path);
    strbuf_printf(&text, " --name %s", query);
    text_wrap_safe(out, "", text.text);
    strbuf_release(&text);
}

void text_paths(const struct report *report, FILE *out)
{
    const struct table *paths = &report->section[SECTION_paths];
    size_t shown = 0;

    for (size_t first = 0, end; first < paths->rows && shown < PATHS_SHOWN; first = end, shown++) {
        double trip = table_number(paths, first, "round_trip_id");

        for (end = first + 1; end < paths->rows && table_number(paths, end, "round_trip_id") == trip; end++)
            continue;
        if (shown == 0) {
            text_colour(out, TEXT_BOLD);
            fputs("\nCostliest round trips of the median step\n", out);
            text_colour(out, TEXT_PLAIN);
        }
        put_path(paths, first, end, out);
    }
    if (shown == PATHS_SHOWN && report_figure(report, "round_trips_per_step") > PATHS_SHOWN)
        put_all(report, "paths", out);
}

void text_fix_order(const struct report *report, FILE *out)
{
    const struct table *order = &report->section[SECTION_fix_order];

    if (order->rows == 0)
        return;
    text_colour(out, TEXT_BOLD);
    fputs("\nFix in this order: gain with this and all above fixed\n", out);
    text_colour(out, TEXT_PLAIN);
    for (size_t i = 0; i < order->rows && i < FIXES_SHOWN; i++) {
        char number[32], label[96];

        snprintf(label, sizeof label, "%4.0f  %6s %%  ", table_number(order, i, "position"),
                 percent_text(number, table_number(order, i, "lost_percent_cumulative")));
        text_wrap_safe(out, label, table_text_or(order, i, "what", "unknown"));
    }
    if (order->rows > FIXES_SHOWN)
        put_more(report, order->rows - FIXES_SHOWN, "fix_order", out);
}
