/* Limits on the figures of an analysed trace, and comparison with a baseline. */
#include <math.h>
#include <stdbool.h>

#include "analysis/analysis.h"
#include "profiler/trace.h"

struct figure {
    double value, low, high; /* NAN = unknown */
};

static double number_at(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN : sqlite3_column_double(row, column);
}

static enum status read_figure(sqlite3 *db, const char *name, struct figure *figure)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, "SELECT value, low, high FROM figure WHERE name = ?1", &row));
    trace_bind_text(row, 1, name);
    TRY_OUT(trace_step(row, &more));
    if (more)
        *figure = (struct figure){number_at(row, 0), number_at(row, 1), number_at(row, 2)};
    else
        status = FAIL(NOT_FOUND, "%s: is not analysed (it has no figure %s); run `clprof analyze` on it first",
                      sqlite3_db_filename(db, "main"), name);
out:
    sqlite3_finalize(row);
    return status;
}

/* A figure, its limit (NAN = none), and how to write both. */
struct limit {
    const char *figure, *words, *unit;
    double most;
};

static enum status check_limit(sqlite3 *db, const struct limit *limit, struct strbuf *report, int *exceeded)
{
    struct figure figure;
    TRY(read_figure(db, limit->figure, &figure));
    if (isnan(limit->most))
        return STATUS_OK;
    if (isnan(figure.value))
        return FAIL(NOT_FOUND, "%s: %s is unknown in this trace, so its limit cannot be checked; leave that limit out",
                    sqlite3_db_filename(db, "main"), limit->words);
    /* Counts are means over steps: a rounding error is no excess. */
    if (figure.value <= limit->most + 1e-9)
        return STATUS_OK;
    strbuf_printf(report, "%s: %.4g%s, the limit is %.4g%s\n", limit->words, figure.value, limit->unit, limit->most,
                  limit->unit);
    ++*exceeded;
    return STATUS_OK;
}

/* The lowest (highest) value that the interval allows; the value itself where there is no interval. */
static double low_of(const struct figure *figure)
{
    return isnan(figure->low) ? figure->value : figure->low;
}

static double high_of(const struct figure *figure)
{
    return isnan(figure->high) ? figure->value : figure->high;
}

/* Unknown figures compare as not worse. */
static void compare(const struct figure *now, const struct figure *before, const char *subject, const char *words,
                    const char *unit, struct strbuf *report, int *exceeded)
{
    if (!(low_of(now) > high_of(before) + 1e-9))
        return;
    strbuf_printf(report, "%s%s%s: %.4g%s, the baseline has %.4g%s\n", subject, *subject ? ": " : "", words, now->value,
                  unit, before->value, unit);
    ++*exceeded;
}

static enum status compare_figures(sqlite3 *db, sqlite3 *baseline, const struct limit *limits, int count,
                                   struct strbuf *report, int *exceeded)
{
    struct figure now, before;
    for (int i = 0; i < count; i++) {
        TRY(read_figure(db, limits[i].figure, &now));
        TRY(read_figure(baseline, limits[i].figure, &before));
        compare(&now, &before, "", limits[i].words, limits[i].unit, report, exceeded);
    }
    return STATUS_OK;
}

/* The operator finding of the baseline, bound to its name in `old`. */
static enum status compare_operator(sqlite3_stmt *row, sqlite3_stmt *old, struct strbuf *report, int *exceeded)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    struct figure before[3] = {{0, NAN, NAN}, {0, NAN, NAN}, {0, NAN, NAN}}, now[3];
    bool thrashed = false;
    int more;

    sqlite3_reset(old);
    trace_bind_text(old, 1, name);
    TRY(trace_step(old, &more));
    if (more) {
        thrashed = sqlite3_column_int(old, 1);
        for (int i = 0; i < 3; i++)
            before[i] =
                (struct figure){number_at(old, 2 + i), i ? NAN : number_at(old, 5), i ? NAN : number_at(old, 6)};
    }
    for (int i = 0; i < 3; i++)
        now[i] = (struct figure){number_at(row, 2 + i), i ? NAN : number_at(row, 5), i ? NAN : number_at(row, 6)};
    if (sqlite3_column_int(row, 1) && !thrashed) {
        strbuf_printf(report, "%s: new round trips, %.4g per step\n", name, now[2].value);
        ++*exceeded;
        return STATUS_OK;
    }
    if (sqlite3_column_int(row, 1))
        compare(&now[0], &before[0], name, "lost throughput", " %", report, exceeded);
    compare(&now[1], &before[1], name, "conversions per step", "", report, exceeded);
    compare(&now[2], &before[2], name, "round trips per step", "", report, exceeded);
    return STATUS_OK;
}

static enum status compare_operators(sqlite3 *db, sqlite3 *baseline, struct strbuf *report, int *exceeded)
{
    static const char sql[] = "SELECT op_name, verdict = 'thrash', lost_percent, conversions_per_step, "
                              "round_trips_per_step, lost_percent_low,"
                              " lost_percent_high FROM finding WHERE scope = 'operator' AND op_name = ifnull(?1, "
                              "op_name) ORDER BY finding_id";
    sqlite3_stmt *row = NULL, *old = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, sql, &row));
    TRY_OUT(trace_prepare(baseline, sql, &old));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        TRY_OUT(compare_operator(row, old, report, exceeded));
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    sqlite3_finalize(old);
    return status;
}

enum status analysis_check(sqlite3 *db, const struct analysis_limits *limits, sqlite3 *baseline, struct strbuf *report)
{
    const struct limit rows[] = {
        {"lost_percent_total", "lost throughput", " %", limits->max_lost_percent},
        {"round_trips_per_step", "round trips per step", "",
         limits->max_round_trips < 0 ? NAN : (double)limits->max_round_trips},
        {"conversions_per_step", "conversions per step", "",
         limits->max_conversions < 0 ? NAN : (double)limits->max_conversions},
    };
    int count = (int)(sizeof rows / sizeof rows[0]), exceeded = 0;

    for (int i = 0; i < count; i++)
        TRY(check_limit(db, &rows[i], report, &exceeded));
    if (baseline) {
        TRY(compare_figures(db, baseline, rows, count, report, &exceeded));
        TRY(compare_operators(db, baseline, report, &exceeded));
    }
    return exceeded ? FAIL(LIMIT, "%d limit%s exceeded", exceeded, exceeded > 1 ? "s" : "") : STATUS_OK;
}
