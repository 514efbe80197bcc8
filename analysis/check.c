/* Limits on the figures of an analysed trace, and the figures of a baseline (check.h). */
#include "analysis/check.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check_int.h"
#include "profiler/trace.h"

enum status check_add(struct check_list *list, enum check_outcome outcome, const char *name, const char *words)
{
    TRY(array_room(&list->row, &list->row_room, list->rows, sizeof *list->row));
    struct check_row *row = &list->row[list->rows];

    *row = (struct check_row){outcome, strdup(name), strdup(words)};
    if (row->name == NULL || row->words == NULL) {
        free(row->name);
        free(row->words);
        return FAIL(NO_MEMORY, "no memory for a line of the check");
    }
    list->rows++;
    list->failed += outcome == CHECK_FAILED;
    return STATUS_OK;
}

void check_release(struct check_list *list)
{
    for (int i = 0; i < list->rows; i++) {
        free(list->row[i].name);
        free(list->row[i].words);
    }
    free(list->row);
    *list = (struct check_list){0};
}

void check_append(struct strbuf *out, struct stats_interval figure, const char *unit)
{
    if (isnan(figure.value)) {
        strbuf_append(out, "unknown");
        return;
    }
    strbuf_printf(out, "%.4g%s", figure.value, unit);
    if (figure.low < figure.high)
        strbuf_printf(out, " [%.4g, %.4g]", figure.low, figure.high);
}

void check_append_loss(struct strbuf *out, struct stats_interval before, struct stats_interval now)
{
    struct stats_interval more = stats_difference(before, now);

    check_append(out, now, " %");
    strbuf_append(out, ", the baseline has ");
    check_append(out, before, " %");
    if (isnan(more.value))
        return;
    if (more.value < 0)
        more = stats_difference(now, before);
    strbuf_append(out, ": ");
    check_append(out, more, now.value < before.value ? " points less" : " points more");
}

bool check_is_larger(struct stats_interval before, struct stats_interval now, double tolerance)
{
    struct stats_interval more = stats_difference(before, now);

    return more.value > tolerance && !(more.low <= tolerance);
}

/* A figure, its limit (NAN = none), and how to write both. */
struct limit {
    const char *figure, *words, *unit;
    double most;
};

static enum status check_limit(sqlite3 *db, const struct limit *limit, struct check_list *list)
{
    struct stats_interval figure;
    struct strbuf words;

    if (isnan(limit->most))
        return STATUS_OK;
    TRY(figure_read(db, limit->figure, &figure));
    if (isnan(figure.value))
        return FAIL(NOT_FOUND, "%s: %s is unknown in this trace, so its limit cannot be checked; leave that limit out",
                    sqlite3_db_filename(db, "main"), limit->words);
    strbuf_init(&words);
    check_append(&words, figure, limit->unit);
    strbuf_printf(&words, ", the limit is %.4g%s", limit->most, limit->unit);
    /* Counts are means over steps: a rounding error is no excess. */
    enum status status = check_add(list, figure.value <= limit->most + 1e-9 ? CHECK_PASSED : CHECK_FAILED, limit->words,
                                   words.text);
    strbuf_release(&words);
    return status;
}

static enum status compare_lost(sqlite3 *db, sqlite3 *baseline, double tolerance, struct check_list *list)
{
    struct stats_interval now, before;
    struct strbuf words;

    TRY(figure_read(db, "lost_percent_total", &now));
    TRY(figure_read(baseline, "lost_percent_total", &before));
    bool larger = check_is_larger(before, now, tolerance);
    strbuf_init(&words);
    check_append_loss(&words, before, now);
    if (!isnan(now.value - before.value))
        strbuf_printf(&words, ", %s", larger ? "which is significant" : "which may be noise");
    if (!larger && now.value <= before.value) { /* not worse: nothing to weigh */
        strbuf_clear(&words);
        check_append_loss(&words, before, now);
    }
    enum status status = check_add(list, isnan(now.value - before.value) ? CHECK_TOLD : larger ? CHECK_FAILED : CHECK_PASSED,
                                   "lost throughput", words.text);
    strbuf_release(&words);
    return status;
}

/* Round trips are judged; conversions that belong to none are told, since a larger model has more of them. */
static enum status compare_count(sqlite3 *db, sqlite3 *baseline, const char *figure, const char *name, bool judged,
                                 struct check_list *list)
{
    struct stats_interval now, before;
    struct strbuf words;

    TRY(figure_read(db, figure, &now));
    TRY(figure_read(baseline, figure, &before));
    bool differs = fabs(now.value - before.value) >= LEAST_COUNT;
    if (isnan(now.value) || isnan(before.value) || (!judged && !differs))
        return STATUS_OK;
    strbuf_init(&words);
    check_append(&words, now, "");
    strbuf_append(&words, ", the baseline has ");
    check_append(&words, before, "");
    enum status status = check_add(list, !judged ? CHECK_TOLD : differs && now.value > before.value ? CHECK_FAILED : CHECK_PASSED,
                                   name, words.text);
    strbuf_release(&words);
    return status;
}

static enum status compare_speed(sqlite3 *db, sqlite3 *baseline, double most, struct check_list *list)
{
    struct stats_interval now, before, change;
    struct strbuf words;
    bool same;

    if (isnan(most))
        return STATUS_OK;
    TRY(check_same_machine(db, baseline, &same));
    if (!same)
        return FAIL(USAGE, "throughput of the two traces cannot be compared: device, batch size or threads differ; leave "
                           "--max-slowdown out, or record the baseline on the same machine");
    TRY(figure_read(db, "images_per_s", &now));
    TRY(figure_read(baseline, "images_per_s", &before));
    change = stats_change_percent(before, now);
    if (isnan(change.value))
        return FAIL(NOT_FOUND, "%s: throughput is unknown in this trace or in the baseline; leave --max-slowdown out",
                    sqlite3_db_filename(db, "main"));
    strbuf_init(&words);
    check_append(&words, now, " images/s");
    strbuf_append(&words, ", the baseline has ");
    check_append(&words, before, " images/s");
    strbuf_append(&words, ": a change by ");
    check_append(&words, change, " %");
    strbuf_printf(&words, ", -%.4g %% is allowed", most);
    enum status status = check_add(list, change.value < -most && !(change.high >= 0) ? CHECK_FAILED : CHECK_PASSED,
                                   "throughput", words.text);
    strbuf_release(&words);
    return status;
}

static enum status compare_baseline(sqlite3 *db, sqlite3 *baseline, const struct check_limits *limits, struct check_list *list)
{
    TRY(compare_lost(db, baseline, limits->tolerance, list));
    TRY(compare_count(db, baseline, "round_trips_per_step", "round trips per step", true, list));
    TRY(compare_speed(db, baseline, limits->max_slowdown_percent, list));
    TRY(check_operators(db, baseline, limits->tolerance, list));
    TRY(compare_count(db, baseline, "conversions_per_step", "conversions per step", false, list));
    return check_setup(db, baseline, list);
}

enum status analysis_check(sqlite3 *db, const struct check_limits *limits, sqlite3 *baseline, struct check_list *out)
{
    const struct limit rows[] = {
        {"lost_percent_total", "limit of lost throughput", " %", limits->max_lost_percent},
        {"round_trips_per_step", "limit of round trips per step", "",
         limits->max_round_trips < 0 ? NAN : (double)limits->max_round_trips},
        {"conversions_per_step", "limit of conversions per step", "",
         limits->max_conversions < 0 ? NAN : (double)limits->max_conversions},
    };

    *out = (struct check_list){0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        TRY(check_limit(db, &rows[i], out));
    if (baseline)
        TRY(compare_baseline(db, baseline, limits, out));
    return out->failed ? FAIL(LIMIT, "%d check%s failed", out->failed, out->failed > 1 ? "s" : "") : STATUS_OK;
}
