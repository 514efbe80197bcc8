/* Pairs of steps to a verified gain, and its row. */
#include "analysis/verification.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "base/array.h"
#include "profiler/trace.h"

#define RESAMPLES 1000
#define MAD_TO_DEVIATION 1.4826

struct pair {
    double baseline, fixed;
};

static double gain(const void *data, const uint32_t *index, size_t n)
{
    const struct pair *pairs = data;
    double baseline = 0, fixed = 0;
    for (size_t i = 0; i < n; i++) {
        baseline += pairs[index[i]].baseline;
        fixed += pairs[index[i]].fixed;
    }
    return 100 * (baseline / fixed - 1);
}

/* The longest step that is no outlier. */
static enum status limit_of(const double *dur_ns, int count, double *limit)
{
    double *away = NULL, median = stats_median(dur_ns, (size_t)count);

    TRY(array_make(&away, count, sizeof *away));
    for (int i = 0; i < count; i++)
        away[i] = fabs(dur_ns[i] - median);
    *limit = median + fmax(OUTLIER_DEVIATIONS * MAD_TO_DEVIATION * stats_median(away, (size_t)count),
                           OUTLIER_EXCESS * median);
    free(away);
    return STATUS_OK;
}

enum status verify_pairs(const double *baseline_ns, const double *fixed_ns, int pairs, double images,
                         struct verified *out)
{
    struct pair *kept = NULL;
    double baseline_limit, fixed_limit, baseline = 0, fixed = 0;
    enum status status;

    *out = (struct verified){0};
    TRY_OUT(array_make(&kept, pairs, sizeof *kept));
    TRY_OUT(limit_of(baseline_ns, pairs, &baseline_limit));
    TRY_OUT(limit_of(fixed_ns, pairs, &fixed_limit));
    for (int i = 0; i < pairs; i++) {
        if (baseline_ns[i] > baseline_limit || fixed_ns[i] > fixed_limit)
            continue;
        kept[out->pairs++] = (struct pair){baseline_ns[i], fixed_ns[i]};
        baseline += baseline_ns[i];
        fixed += fixed_ns[i];
    }
    out->baseline_images_per_s = 1e9 * images * out->pairs / baseline;
    out->fixed_images_per_s = 1e9 * images * out->pairs / fixed;
    out->gain_percent = stats_bootstrap(gain, kept, (size_t)out->pairs, RESAMPLES);
    if (out->pairs < 2)
        out->gain_percent.low = out->gain_percent.high = NAN;
out:
    free(kept);
    return status;
}

bool verify_speed_changed(double recorded_images_per_s, const struct verified *verified)
{
    return fabs(verified->baseline_images_per_s / recorded_images_per_s - 1) > SPEED_TOLERANCE;
}

static void bind_id(sqlite3_stmt *row, int64_t finding_id)
{
    if (finding_id < 0)
        sqlite3_bind_null(row, 1);
    else
        trace_bind_int(row, 1, finding_id);
}

static enum status run(sqlite3_stmt *row)
{
    int more;
    return trace_step(row, &more);
}

enum status verified_store(sqlite3 *db, int64_t finding_id, const struct verified *verified)
{
    sqlite3_stmt *drop = NULL, *row = NULL;
    enum status status;

    TRY_OUT(trace_exec(db, "BEGIN IMMEDIATE"));
    TRY_OUT(trace_prepare(db, "DELETE FROM verification WHERE finding_id IS ?1", &drop));
    bind_id(drop, finding_id);
    TRY_OUT(run(drop));
    TRY_OUT(trace_prepare(db,
                          "INSERT INTO verification (finding_id, baseline_images_per_s, fixed_images_per_s, gain_percent,"
                          " gain_percent_low, gain_percent_high, pairs) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                          &row));
    bind_id(row, finding_id);
    trace_bind_number(row, 2, verified->baseline_images_per_s);
    trace_bind_number(row, 3, verified->fixed_images_per_s);
    trace_bind_number(row, 4, verified->gain_percent.value);
    trace_bind_number(row, 5, verified->gain_percent.low);
    trace_bind_number(row, 6, verified->gain_percent.high);
    trace_bind_int(row, 7, verified->pairs);
    TRY_OUT(run(row));
out:
    sqlite3_finalize(drop);
    sqlite3_finalize(row);
    if (status == STATUS_OK)
        return trace_exec(db, "COMMIT");
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* the first failure is the one to report */
    return status;
}
