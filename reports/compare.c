/* Two reports into one comparison, see compare.h; the sentences that its formats share are in words_compare.c. */
#include "reports/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "reports/report.h"

/* A trace with cost steps and without a row for something had none of it; without such steps nobody knows. */
static double absent(const struct report *report)
{
    return report_figure(report, "cost_steps") > 0 ? 0 : NAN;
}

static struct stats_interval interval_of(const struct table *table, size_t row, const char *column)
{
    char low[64], high[64];

    snprintf(low, sizeof low, "%s_low", column);
    snprintf(high, sizeof high, "%s_high", column);
    return (struct stats_interval){table_number(table, row, column), table_number(table, row, low),
                                   table_number(table, row, high)};
}

static void load_figures(struct comparison *self)
{
    static const struct {
        const char *key, *label, *unit, *column;
        bool relative, has_interval;
        int decimals;
    } rows[COMPARE_FIGURES] = {
        {"images_per_s", "images/s", " images/s", "images_per_s", true, true, -1},
        {"step_ms", "step ms", " ms", "step_ms", true, true, -1},
        {"lost_percent", "lost %", " %", "lost_percent", false, true, -1},
        {"conversion_ms_per_step", "conv. ms", " ms", "conversion_ms_per_step", false, false, 2},
        {"round_trips_per_step", "round trips", "", "round_trips_per_step", false, false, 1},
        {"conversions_per_step", "conversions", "", "conversions_per_step", false, false, 1},
    };

    for (int i = 0; i < COMPARE_FIGURES; i++) {
        struct compare_figure *figure = &self->figure[i];

        *figure = (struct compare_figure){rows[i].key, rows[i].label, rows[i].unit, rows[i].relative, rows[i].decimals};
        for (int side = 0; side < SIDES; side++) {
            const struct table *summary = &self->report[side].section[SECTION_summary];
            double value = table_number(summary, 0, rows[i].column);

            figure->side[side] = rows[i].has_interval ? interval_of(summary, 0, rows[i].column)
                                                      : (struct stats_interval){value, value, value};
        }
        figure->change = (rows[i].relative ? stats_change_percent : stats_difference)(figure->side[SIDE_A], figure->side[SIDE_B]);
    }
}

static bool cause_is_known(const struct comparison *self, const char *name)
{
    for (int i = 0; i < self->causes; i++)
        if (strcmp(self->cause[i].name, name) == 0)
            return true;
    return false;
}

static double cause_number(const struct report *report, const char *name)
{
    const struct table *causes = &report->section[SECTION_conversions];

    for (size_t i = 0; i < causes->rows; i++)
        if (strcmp(table_text_or(causes, i, "cause", "unknown"), name) == 0)
            return table_number(causes, i, "per_step");
    return absent(report);
}

static enum status load_causes(struct comparison *self)
{
    for (int side = 0; side < SIDES; side++) {
        const struct table *causes = &self->report[side].section[SECTION_conversions];

        for (size_t i = 0; i < causes->rows; i++) {
            const char *name = table_text_or(causes, i, "cause", "unknown");

            if (cause_is_known(self, name))
                continue;
            TRY(array_room(&self->cause, &self->cause_room, self->causes, sizeof *self->cause));
            self->cause[self->causes++] = (struct compare_cause){
                name, {cause_number(&self->report[SIDE_A], name), cause_number(&self->report[SIDE_B], name)}};
        }
    }
    return STATUS_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The row of an operator, -1 = none. */
static int find_operator(const struct table *operators, const char *name, const char *phase)
{
    for (size_t i = 0; i < operators->rows; i++)
        if (same_text(table_text(operators, i, "op_name"), name) && same_text(table_text(operators, i, "phase"), phase))
            return (int)i;
    return -1;
}

static void load_side(struct compare_operator *operator, const struct report *report, int side)
{
    const struct table *operators = &report->section[SECTION_operators];
    int found = find_operator(operators, operator->name, operator->phase);

    if (found < 0) { /* an analysed trace has a finding of everything that converts */
        double none = report_figure(report, "analysed") > 0 ? absent(report) : NAN;

        operator->conversions[side] = operator->ms[side] = operator->round_trips[side] = none;
        operator->lost[side] = (struct stats_interval){none, none, none};
        return;
    }
    operator->verdict[side] = table_text(operators, (size_t)found, "verdict");
    operator->conversions[side] = table_number(operators, (size_t)found, "conversions_per_step");
    operator->ms[side] = table_number(operators, (size_t)found, "ms_per_step");
    operator->round_trips[side] = table_number(operators, (size_t)found, "round_trips_per_step");
    operator->lost[side] = interval_of(operators, (size_t)found, "lost_percent");
}

static bool has_verdict(const struct compare_operator *operator, int side, const char *verdict)
{
    return operator->verdict[side] != NULL && strcmp(operator->verdict[side], verdict) == 0;
}

static const char *by_loss(const struct compare_operator *operator)
{
    double trips = operator->round_trips[SIDE_B] - operator->round_trips[SIDE_A];

    if (fabs(trips) >= 0.5) /* in most steps */
        return trips > 0 ? "worse" : "better";
    if (operator->more_lost.low > 0)
        return "worse";
    return operator->more_lost.high < 0 ? "better" : "same";
}

static const char *change_of(const struct compare_operator *operator)
{
    static const char *const bad[] = {"thrash", "slow_kernel"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool in_a = has_verdict(operator, SIDE_A, bad[i]), in_b = has_verdict(operator, SIDE_B, bad[i]);

        if (in_a && in_b)
            return by_loss(operator);
        if (in_a || in_b)
            return in_b ? "new" : "fixed";
    }
    return NULL;
}

static bool is_quiet(const struct compare_operator *operator)
{
    return operator->change == NULL && !(operator->conversions[SIDE_A] > 0) && !(operator->conversions[SIDE_B] > 0);
}

static enum status add_operator(struct comparison *self, const struct table *operators, size_t row)
{
    struct compare_operator operator = {table_text_or(operators, row, "op_name", NULL), table_text(operators, row, "phase")};

    for (int i = 0; i < self->operators; i++)
        if (same_text(self->operator[i].name, operator.name) && same_text(self->operator[i].phase, operator.phase))
            return STATUS_OK;
    for (int side = 0; side < SIDES; side++)
        load_side(&operator, &self->report[side], side);
    operator.more_lost = stats_difference(operator.lost[SIDE_A], operator.lost[SIDE_B]);
    if (self->analysed[SIDE_A] && self->analysed[SIDE_B])
        operator.change = change_of(&operator);
    if (is_quiet(&operator))
        return STATUS_OK;
    TRY(array_room(&self->operator, &self->operator_room, self->operators, sizeof *self->operator));
    self->operator[self->operators++] = operator;
    return STATUS_OK;
}

static enum status load_operators(struct comparison *self)
{
    for (int side = SIDES - 1; side >= 0; side--) { /* what B has comes first: it is what a reader can still change */
        const struct table *operators = &self->report[side].section[SECTION_operators];

        for (size_t i = 0; i < operators->rows; i++)
            TRY(add_operator(self, operators, i));
    }
    return STATUS_OK;
}

static enum status load_settings(struct comparison *self)
{
    static const char *const columns[] = {"model", "source", "command_line", "device", "device_name", "threads", "policy",
                                          "memory_format", "autocast_dtype", "batch_size", "world_size", "library_versions"};
    const struct table *a = &self->report[SIDE_A].section[SECTION_run], *b = &self->report[SIDE_B].section[SECTION_run];

    for (size_t i = 0; a->rows > 0 && b->rows > 0 && i < sizeof columns / sizeof *columns; i++) {
        struct compare_setting setting = {columns[i], {table_text(a, 0, columns[i]), table_text(b, 0, columns[i])}};

        if (same_text(setting.side[SIDE_A], setting.side[SIDE_B]))
            continue;
        TRY(array_room(&self->setting, &self->setting_room, self->settings, sizeof *self->setting));
        self->setting[self->settings++] = setting;
    }
    return STATUS_OK;
}

enum status comparison_load(struct comparison *out, sqlite3 *a, const char *name_a, sqlite3 *b, const char *name_b)
{
    *out = (struct comparison){0};
    TRY(report_load(&out->report[SIDE_A], a, name_a, FOR_REPORT));
    TRY(report_load(&out->report[SIDE_B], b, name_b, FOR_REPORT));
    for (int side = 0; side < SIDES; side++)
        out->analysed[side] = report_figure(&out->report[side], "analysed") > 0;
    load_figures(out);
    TRY(load_causes(out));
    TRY(load_operators(out));
    return load_settings(out);
}

void comparison_release(struct comparison *comparison)
{
    for (int side = 0; side < SIDES; side++)
        report_release(&comparison->report[side]);
    free(comparison->cause);
    free(comparison->operator);
    free(comparison->setting);
    *comparison = (struct comparison){0};
}

enum status report_compare(const struct report_trace *a, const struct report_trace *b, enum report_format format, FILE *out)
{
    static void (*const writers[])(const struct comparison *comparison, FILE *out) = {
        [REPORT_TEXT] = comparison_write_text, [REPORT_HTML] = comparison_write_html, [REPORT_JSON] = comparison_write_json};
    struct comparison comparison;
    enum status status;

    if ((size_t)format >= sizeof writers / sizeof *writers || writers[format] == NULL)
        return FAIL(USAGE, "a comparison is written as text, html or json");
    TRY_OUT(comparison_load(&comparison, a->db, a->path, b->db, b->path));
    writers[format](&comparison, out);
    if (fflush(out) != 0 || ferror(out))
        status = FAIL(IO, "cannot write the comparison: %s", strerror(errno));
out:
    comparison_release(&comparison);
    return status;
}
