/*
 * `clprof compare`: two traces side by side, A and B, with B's difference from A. Rows of causes and operators are the
 * union of both; one that only one trace has is "-" in the other, except that a recorded trace without it has none: 0.
 */
#include "reports/report.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "reports/section.h"
#include "reports/text.h"
#include "reports/words.h"

static const struct text_column fact_columns[] = {
    {"", 16, false}, {"A", 24, false}, {"B", 24, false}, {"difference", 10, true}};

/* The trace's file name without its folders. */
static const char *trace_name(sqlite3 *db)
{
    const char *path = sqlite3_db_filename(db, "main"), *slash;

    if (path == NULL || *path == '\0')
        return "(in memory)";
    slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_analysed(const struct report *report)
{
    return report_figure(report, "analysed") > 0;
}

/* "+12.3 %" of a. */
static const char *relative_text(char buffer[48], double a, double b)
{
    char number[32];

    if (!isfinite(a) || !isfinite(b) || a == 0)
        return strcpy(buffer, "-");
    snprintf(buffer, 48, "%s%s %%", b >= a ? "+" : "", number_fixed(number, 100 * (b - a) / a, 1));
    return buffer;
}

static const char *absolute_text(char buffer[48], double a, double b, int decimals)
{
    if (!isfinite(a) || !isfinite(b))
        return strcpy(buffer, "-");
    snprintf(buffer, 48, "%+.*f", decimals, b - a);
    return buffer;
}

static void put_safe(FILE *out, const char *first, const char *text)
{
    struct strbuf safe;

    strbuf_init(&safe);
    utf8_printable(&safe, text);
    text_wrap(out, first, safe.text);
    strbuf_release(&safe);
}

static void put_words(FILE *out, const char *label, void (*words)(struct strbuf *out, const struct report *report),
                      const struct report *a, const struct report *b)
{
    struct strbuf text_a, text_b;

    strbuf_init(&text_a);
    strbuf_init(&text_b);
    words(&text_a, a);
    words(&text_b, b);
    if (text_a.length + text_b.length == 0)
        goto out;
    strbuf_append(&text_a, text_a.length == 0 ? "-" : "");
    strbuf_append(&text_b, text_b.length == 0 ? "-" : "");
    fprintf(out, "%s\n", label);
    put_safe(out, "  A  ", text_a.text);
    put_safe(out, "  B  ", text_b.text);
out:
    strbuf_release(&text_a);
    strbuf_release(&text_b);
}

static void put_figure(FILE *out, const char *label, const char *name, const char *unit, const struct report *a,
                       const struct report *b, bool relative)
{
    struct strbuf text_a, text_b;
    char difference[48];
    double value_a = report_figure(a, name), value_b = report_figure(b, name);

    strbuf_init(&text_a);
    strbuf_init(&text_b);
    words_figure(&text_a, a, name, unit);
    words_figure(&text_b, b, name, unit);
    const char *cells[] = {label, text_a.text, text_b.text,
                           relative ? relative_text(difference, value_a, value_b)
                                    : absolute_text(difference, value_a, value_b, 2)};

    text_row(out, fact_columns, 4, cells);
    strbuf_release(&text_a);
    strbuf_release(&text_b);
}

static void put_count(FILE *out, const char *label, double value_a, double value_b, int decimals)
{
    char number_a[32], number_b[32], difference[48];
    const char *cells[] = {label, number_fixed(number_a, value_a, decimals), number_fixed(number_b, value_b, decimals),
                           absolute_text(difference, value_a, value_b, decimals)};

    text_row(out, fact_columns, 4, cells);
}

/* Row whose columns hold these texts (the second may be NULL: then it has to be NULL there too), -1 = none. */
static int find_row(const struct table *table, const char *column, const char *text, const char *other_column,
                    const char *other)
{
    for (size_t i = 0; i < table->rows; i++) {
        const char *have = other_column == NULL ? NULL : table_text(table, i, other_column);

        if (table_is(table, i, column, text) &&
            (have == NULL ? other == NULL : other != NULL && strcmp(have, other) == 0))
            return (int)i;
    }
    return -1;
}

/* A trace with steady steps and without a row for this cause had none of it. */
static double cause_number(const struct report *report, const char *cause, const char *column)
{
    const struct table *causes = &report->section[SECTION_conversions];
    int row = find_row(causes, "cause", cause, NULL, NULL);

    if (row >= 0)
        return table_number(causes, (size_t)row, column);
    return report_figure(report, "cost_steps") > 0 ? 0 : NAN;
}

static void put_causes(FILE *out, const struct report *a, const struct report *b)
{
    const struct report *const both[] = {a, b};

    for (int side = 0; side < 2; side++) {
        const struct table *causes = &both[side]->section[SECTION_conversions];

        for (size_t i = 0; i < causes->rows; i++) {
            const char *cause = table_text_or(causes, i, "cause", "unknown");
            char label[64];

            if (side == 1 && find_row(&a->section[SECTION_conversions], "cause", cause, NULL, NULL) >= 0)
                continue;
            snprintf(label, sizeof label, "  %s", cause);
            put_count(out, label, cause_number(a, cause, "per_step"), cause_number(b, cause, "per_step"), 1);
        }
    }
}

static void put_figures(FILE *out, const struct report *a, const struct report *b, sqlite3 *db_a, sqlite3 *db_b)
{
    const char *names[] = {"", trace_name(db_a), trace_name(db_b), "difference"};

    fputc('\n', out);
    text_row(out, fact_columns, 4, names);
    put_figure(out, "throughput", "images_per_s", "images/s", a, b, true);
    put_figure(out, "step", "step_ms", "ms", a, b, true);
    put_figure(out, "lost throughput", "lost_percent", "%", a, b, false);
    put_count(out, "steady steps", report_figure(a, "steady_steps"), report_figure(b, "steady_steps"), 0);
    put_count(out, "round trips/step", report_figure(a, "round_trips_per_step"),
              report_figure(b, "round_trips_per_step"), 1);
    put_count(out, "conversion ms", report_figure(a, "conversion_ms_per_step"),
              report_figure(b, "conversion_ms_per_step"), 2);
    put_count(out, "conversions/step", report_figure(a, "conversions_per_step"),
              report_figure(b, "conversions_per_step"), 1);
    put_causes(out, a, b);
}

static void put_finding(FILE *out, const char *name, const char *phase, const struct table *operators_a,
                        const struct table *operators_b, const struct text_column *columns)
{
    const struct table *both[] = {operators_a, operators_b};
    const char *verdict[2] = {NULL, NULL};
    char number[4][32], difference[48];
    double lost[2] = {NAN, NAN}, conversions[2] = {NAN, NAN};

    for (int side = 0; side < 2; side++) {
        int row = find_row(both[side], "op_name", name, "phase", phase);

        if (row < 0)
            continue;
        verdict[side] = table_text(both[side], (size_t)row, "verdict");
        lost[side] = table_number(both[side], (size_t)row, "lost_percent");
        conversions[side] = table_number(both[side], (size_t)row, "conversions_per_step");
    }
    const char *cells[] = {name, verdict[0],
                           number_fixed(number[0], conversions[0], 1), number_short(number[1], lost[0]), verdict[1],
                           number_fixed(number[2], conversions[1], 1), number_short(number[3], lost[1]),
                           absolute_text(difference, lost[0], lost[1], 2)};

    text_row(out, columns, 8, cells);
}

static bool is_quiet(const struct table *operators, int row)
{
    return row < 0 || (table_is(operators, (size_t)row, "verdict", "clean") &&
                       !(table_number(operators, (size_t)row, "conversions_per_step") > 0));
}

static void put_findings(FILE *out, const struct report *a, const struct report *b)
{
    static const struct text_column columns[] = {
        {"Operator", 15, false}, {"A verdict", 11, false}, {"conv", 5, true},  {"lost %", 6, true},
        {"B verdict", 11, false}, {"conv", 5, true},       {"lost %", 6, true}, {"change", 7, true}};
    const struct table *tables[] = {&a->section[SECTION_operators], &b->section[SECTION_operators]};
    size_t shown = 0;

    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < tables[side]->rows; i++) {
            const char *name = table_text_or(tables[side], i, "op_name", "unknown");
            const char *phase = table_text(tables[side], i, "phase");
            int other = find_row(tables[!side], "op_name", name, "phase", phase);

            if ((side == 1 && other >= 0) || (is_quiet(tables[side], (int)i) && is_quiet(tables[!side], other)))
                continue;
            if (shown++ == 0) {
                fputc('\n', out);
                text_titles(out, columns, 8);
            }
            put_finding(out, name, phase, tables[0], tables[1], columns);
        }
    }
    if (shown == 0 && is_analysed(a) && is_analysed(b))
        fputs("\nAll operators are clean in both.\n", out);
}

static bool run_differs(const struct report *a, const struct report *b, const char *column)
{
    const struct table *run_a = &a->section[SECTION_run], *run_b = &b->section[SECTION_run];

    if (run_a->rows == 0 || run_b->rows == 0)
        return false;
    return strcmp(table_text_or(run_a, 0, column, ""), table_text_or(run_b, 0, column, "")) != 0;
}

static void put_notes(FILE *out, const struct report *a, const struct report *b)
{
    double high_a = report_figure(a, "images_per_s_high"), high_b = report_figure(b, "images_per_s_high");
    double low_a = report_figure(a, "images_per_s_low"), low_b = report_figure(b, "images_per_s_low");

    fputs("\n\"-\" is unknown or absent; brackets are 95 % intervals over steps.\n", out);
    if (run_differs(a, b, "model"))
        text_wrap(out, "Note: ", "these are different models: their rates and counts do not tell one change's effect.");
    if (run_differs(a, b, "device_name") || run_differs(a, b, "device"))
        text_wrap(out, "Note: ", "the devices differ: times compare devices, not layouts.");
    if (run_differs(a, b, "batch_size"))
        text_wrap(out, "Note: ", "the batch sizes differ: compare images/s, not step times.");
    if (run_differs(a, b, "threads"))
        text_wrap(out, "Note: ", "the numbers of threads differ.");
    if (low_a <= high_b && low_b <= high_a)
        text_wrap(out, "Note: ", "the throughput intervals overlap: this difference may be noise.");
    if (!is_analysed(a) || !is_analysed(b))
        text_wrap(out, "Note: ", !is_analysed(a) ? "A has no findings yet: run clprof analyze on it."
                                                 : "B has no findings yet: run clprof analyze on it.");
}

enum status report_compare(sqlite3 *a, sqlite3 *b, FILE *out)
{
    enum status status;
    struct report report_a = {0}, report_b = {0};

    TRY_OUT(report_load(&report_a, a, trace_name(a), FOR_REPORT));
    TRY_OUT(report_load(&report_b, b, trace_name(b), FOR_REPORT));
    put_words(out, "Model", words_model, &report_a, &report_b);
    put_words(out, "Ran on", words_device, &report_a, &report_b);
    put_words(out, "Measured", words_measured, &report_a, &report_b);
    put_words(out, "Policy", words_policy, &report_a, &report_b);
    put_figures(out, &report_a, &report_b, a, b);
    put_findings(out, &report_a, &report_b);
    put_notes(out, &report_a, &report_b);
    if (fflush(out) != 0 || ferror(out))
        status = FAIL(IO, "cannot write the comparison: %s", strerror(errno));
out:
    report_release(&report_a);
    report_release(&report_b);
    return status;
}
