/* Pass: phases of the steps; which of them give times, and which costs. The rules stand in analysis.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"

static int settling_steps(const double *dur_ns, int count)
{
    int later = count / 2, steps = 0;
    double settled = stats_median(dur_ns + later, (size_t)(count - later));
    while (steps < later && dur_ns[steps] > WARMUP_EXCESS * settled)
        steps++;
    return count >= WARMUP_LEAST_STEPS && steps == 0 ? 1 : steps;
}

/* The longest duration that is no outlier; `spread` is scratch. */
static double outlier_bound(const double *dur_ns, int count, double *spread)
{
    double median = stats_median(dur_ns, (size_t)count);
    for (int i = 0; i < count; i++)
        spread[i] = fabs(dur_ns[i] - median);
    double deviation = OUTLIER_DEVIATIONS * 1.4826 * stats_median(spread, (size_t)count);
    return median + fmax(deviation, OUTLIER_EXCESS * median);
}

/* The steps of one run that ran in earnest. */
static enum status classify(struct analysis_step **steps, int count, int warmup)
{
    double *dur_ns = NULL, *spread = NULL;
    enum status status;

    TRY_OUT(array_make(&dur_ns, count, sizeof *dur_ns));
    TRY_OUT(array_make(&spread, count, sizeof *spread));
    for (int i = 0; i < count; i++)
        dur_ns[i] = steps[i]->dur_ns;
    if (warmup < 0)
        warmup = settling_steps(dur_ns, count);
    if (warmup >= count)
        warmup = count - 1;
    double bound = outlier_bound(dur_ns + warmup, count - warmup, spread);
    for (int i = 0; i < count; i++)
        steps[i]->phase = i < warmup ? STEP_WARMUP : dur_ns[i] > bound ? STEP_OUTLIER : STEP_STEADY;
out:
    free(dur_ns);
    free(spread);
    return status;
}

/* The steps of one run: those that the agent slowed down are set aside. */
static enum status classify_run(struct analysis_step *steps, int count, int warmup)
{
    struct analysis_step **earnest = NULL;
    enum status status = STATUS_OK;
    int earnest_count = 0;

    TRY(array_make(&earnest, count, sizeof *earnest));
    for (int i = 0; i < count; i++) {
        if (steps[i].mode == MODE_TIMED || steps[i].mode == MODE_RECORDED)
            steps[i].phase = steps[i].mode == MODE_TIMED ? STEP_TIMED : STEP_RECORDED;
        else
            earnest[earnest_count++] = &steps[i];
    }
    if (earnest_count > 0)
        status = classify(earnest, earnest_count, warmup);
    free(earnest);
    return status;
}

static enum step_mode mode_of(const char *text)
{
    static const char *const names[] = {
        [MODE_UNDISTURBED] = "undisturbed", [MODE_TIMED] = "timed", [MODE_RECORDED] = "recorded"};
    for (int mode = MODE_UNDISTURBED; text && mode <= MODE_RECORDED; mode++) {
        if (strcmp(text, names[mode]) == 0)
            return (enum step_mode)mode;
    }
    return MODE_PROFILED;
}

/* Reads the steps of every run and classifies each run's when the next one begins. */
static enum status load_steps(struct analysis *self)
{
    static const char sql[] = "SELECT step_id, run_id, dur_ns, coalesce(images, batch_size), warmup_steps, mode"
                              " FROM step"
                              " LEFT JOIN run USING (run_id) ORDER BY run_id, step_index, step_id";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more, first = 0, warmup = -1;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        struct analysis_step step = {.step_id = sqlite3_column_int64(row, 0),
                                     .run_id = sqlite3_column_int64(row, 1),
                                     .dur_ns = trace_column_number(row, 2),
                                     .images = trace_column_number(row, 3),
                                     .mode = mode_of((const char *)sqlite3_column_text(row, 5)),
                                     .ops = {INT64_MIN, INT64_MAX},
                                     .conversions = {INT64_MIN, INT64_MAX},
                                     .cost = -1};
        if (self->steps_count > first && self->steps[first].run_id != step.run_id) {
            TRY_OUT(classify_run(self->steps + first, self->steps_count - first, warmup));
            first = self->steps_count;
        }
        if (self->steps_count == first)
            warmup = sqlite3_column_type(row, 4) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 4);
        TRY_OUT(array_room(&self->steps, &self->steps_room, self->steps_count, sizeof *self->steps));
        self->steps[self->steps_count++] = step;
        TRY_OUT(trace_step(row, &more));
    }
    if (self->steps_count > first)
        status = classify_run(self->steps + first, self->steps_count - first, warmup);
out:
    sqlite3_finalize(row);
    return status;
}

#define MOST_PARTS 10000

/* The rows from the first to the last, in parts; those of the first and the last part reach to the ends. */
static struct id_range part_of(struct id_range all, int number, int parts)
{
    return (struct id_range){number == 0 ? INT64_MIN : all.first + (int64_t)number * PART_ROWS,
                             number == parts - 1 ? INT64_MAX : all.first + (int64_t)(number + 1) * PART_ROWS - 1};
}

static int64_t parts_of(struct id_range all)
{
    /* Ids begin at 1; a damaged trace's may be anything. */
    return all.first < 0 || all.last < all.first ? 0 : (all.last - all.first) / PART_ROWS + 1;
}

static enum status add_parts(struct analysis *self, struct id_range ops, struct id_range conversions, double dur_ns,
                             double images)
{
    int64_t wanted = parts_of(ops) > parts_of(conversions) ? parts_of(ops) : parts_of(conversions);
    int parts = wanted < 1 ? 1 : wanted > MOST_PARTS ? MOST_PARTS : (int)wanted;

    for (int i = 0; i < parts; i++)
        ARRAY_ADD(self, steps,
                  (struct analysis_step){.step_id = -1,
                                         .ops = part_of(ops, i, parts),
                                         .conversions = part_of(conversions, i, parts),
                                         .phase = STEP_STEADY,
                                         .dur_ns = dur_ns,
                                         .images = images});
    return STATUS_OK;
}

/* A trace without steps: from the first start to the last end. */
static enum status load_whole(struct analysis *self)
{
    static const char sql[] =
        "SELECT max(stop) - min(start), (SELECT max(batch_size) FROM run),"
        " (SELECT min(op_id) FROM op), (SELECT max(op_id) FROM op),"
        " (SELECT min(conversion_id) FROM conversion), (SELECT max(conversion_id) FROM conversion) FROM"
        " (SELECT min(start_ns) AS start, max(start_ns + dur_ns) AS stop FROM op"
        "  UNION ALL SELECT min(start_ns), max(start_ns + dur_ns) FROM kernel)";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    TRY_OUT(trace_step(row, &more));
    struct id_range ops = {sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3)};
    struct id_range conversions = {sqlite3_column_int64(row, 4), sqlite3_column_int64(row, 5)};
    TRY_OUT(add_parts(self, ops, conversions, trace_column_number(row, 0), trace_column_number(row, 1)));
out:
    sqlite3_finalize(row);
    return status;
}

static enum status store_phases(struct analysis *self)
{
    static const char *const names[] = {"warmup", "steady", "outlier", "timed", "recorded"};
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, "INSERT INTO step_phase (step_id, phase) VALUES (?1, ?2)", &row));
    for (int i = 0; i < self->steps_count; i++) {
        if (self->steps[i].step_id < 0)
            continue;
        trace_bind_int(row, 1, self->steps[i].step_id);
        trace_bind_text(row, 2, names[self->steps[i].phase]);
        TRY_OUT(trace_step(row, &more));
        sqlite3_reset(row);
    }
out:
    sqlite3_finalize(row);
    return status;
}

/* Which steps give costs, and which give times, is said by two views, for the reports as well. */
static enum status choose_steps(struct analysis *self)
{
    static const char sql[] = "SELECT step_id IN (SELECT step_id FROM cost_steps),"
                              " step_id IN (SELECT step_id FROM time_steps)"
                              " FROM step LEFT JOIN run USING (run_id) ORDER BY run_id, step_index, step_id";
    struct step_times *times = &self->times;
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    times->are_cost_steps = true;
    if (self->steps[0].step_id < 0) {
        self->cost_steps = times->count = 1; /* every part has cost step 0 */
        times->dur_ns[0] = self->steps[0].dur_ns;
        times->images[0] = self->steps[0].images;
        return STATUS_OK;
    }
    TRY_OUT(trace_prepare(self->db, sql, &row));
    for (int i = 0; i < self->steps_count; i++) {
        struct analysis_step *step = &self->steps[i];
        TRY_OUT(trace_step(row, &more));
        bool costs = more && sqlite3_column_int(row, 0), time = more && sqlite3_column_int(row, 1);
        step->cost = costs ? self->cost_steps++ : -1;
        times->are_cost_steps = times->are_cost_steps && costs == time;
        if (!time)
            continue;
        times->dur_ns[times->count] = step->dur_ns;
        times->images[times->count++] = step->images;
    }
out:
    sqlite3_finalize(row);
    return status;
}

enum status pass_steps(struct analysis *self)
{
    TRY(load_steps(self));
    if (self->steps_count == 0)
        TRY(load_whole(self));
    TRY(store_phases(self));
    TRY(array_make(&self->times.dur_ns, self->steps_count, sizeof(double)));
    TRY(array_make(&self->times.images, self->steps_count, sizeof(double)));
    return choose_steps(self);
}
