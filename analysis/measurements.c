/* Pass: table format_measurement in memory, with its resampled quartiles (struct measurement). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"
#include "base/random.h"

/* The lower quartile: whatever disturbs a repetition makes it longer. */
#define TYPICAL 0.25

/* More than any probe makes. */
#define MOST_REPETITIONS 1000

/* The repetitions of one variant, as they are read, and what was read of the measurement's other ones. */
struct reader {
    struct analysis *analysis;
    int64_t id;
    int variant, count;
    double dur_ns[MOST_REPETITIONS], library_ns[MOST_REPETITIONS], kernel_ns[MOST_REPETITIONS];
    double all_ns[VARIANT_COUNT][MOST_REPETITIONS];
    int all[VARIANT_COUNT];
};

static int variant_of(const char *text)
{
    static const char *const names[VARIANT_COUNT] = {"as_run", "channels_last", "contiguous", "blocked"};
    for (int v = 0; v < VARIANT_COUNT; v++) {
        if (text && strcmp(text, names[v]) == 0)
            return v;
    }
    return -1;
}

static double typical(const double *values, int count)
{
    return stats_quantile(values, (size_t)count, TYPICAL);
}

static void draw_typical(const double *values, int count, uint64_t key, double *draws)
{
    double sample[MOST_REPETITIONS];

    draws[0] = typical(values, count);
    for (int d = 1; d < DRAWS; d++) {
        for (int i = 0; i < count; i++)
            sample[i] = values[random_bits(key, (uint64_t)d * MOST_REPETITIONS + (uint64_t)i) % (uint64_t)count];
        draws[d] = typical(sample, count);
    }
}

/* Repetition r of every variant is of round r: what slows the machine down slows all of it. */
static void compare_rounds(const struct reader *self, struct measurement *made)
{
    const double *kept = self->all_ns[VARIANT_CHANNELS_LAST];

    for (int v = VARIANT_CONTIGUOUS; v <= VARIANT_BLOCKED; v++) {
        int rounds = self->all[v] < self->all[VARIANT_CHANNELS_LAST] ? self->all[v] : self->all[VARIANT_CHANNELS_LAST];
        made->rounds[v] = rounds;
        made->slower[v] = 0;
        for (int r = 0; r < rounds; r++)
            made->slower[v] += kept[r] > self->all_ns[v][r];
    }
}

/* Ends a variant: what was read of it goes to its measurement. */
static enum status close_variant(struct reader *self)
{
    struct analysis *a = self->analysis;

    if (self->count == 0 || self->variant < 0)
        return STATUS_OK;
    if (a->measurements_count == 0 || a->measurements[a->measurements_count - 1].id != self->id) {
        ARRAY_ADD(a, measurements, (struct measurement){.id = self->id, .scale = NAN});
        memset(self->all, 0, sizeof self->all);
    }
    struct measurement *made = &a->measurements[a->measurements_count - 1];
    memcpy(self->all_ns[self->variant], self->dur_ns, (size_t)self->count * sizeof *self->dur_ns);
    self->all[self->variant] = self->count;
    compare_rounds(self, made);
    double **draws = &made->dur_ns[self->variant];
    if (*draws)
        return STATUS_OK;
    TRY(array_make(draws, DRAWS, sizeof **draws));
    for (int i = 0; i < self->count && self->variant == VARIANT_AS_RUN; i++)
        self->dur_ns[i] -= self->library_ns[i];
    draw_typical(self->dur_ns, self->count, (uint64_t)self->id * VARIANT_COUNT + (uint64_t)self->variant, *draws);
    if (self->variant == VARIANT_AS_RUN)
        made->kernel_ns = typical(self->kernel_ns, self->count);
    if (self->variant == VARIANT_BLOCKED)
        made->library_ns = typical(self->library_ns, self->count);
    return STATUS_OK;
}

static enum status read_row(struct reader *self, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    int variant = variant_of((const char *)sqlite3_column_text(row, 1));

    if (id != self->id || variant != self->variant) {
        TRY(close_variant(self));
        self->id = id;
        self->variant = variant;
        self->count = 0;
    }
    if (self->count == MOST_REPETITIONS)
        return STATUS_OK;
    self->dur_ns[self->count] = sqlite3_column_double(row, 2);
    self->library_ns[self->count] = sqlite3_column_double(row, 3);
    self->kernel_ns[self->count++] = sqlite3_column_double(row, 4);
    return STATUS_OK;
}

static enum status read_times(struct analysis *self)
{
    struct reader reader = {.analysis = self, .id = -1, .variant = -1};
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db,
                          "SELECT measurement_id, variant, dur_ns, library_ns, kernel_ns FROM format_measurement"
                          " ORDER BY measurement_id, variant, repetition",
                          &row));
    while ((status = trace_step(row, &more)) == STATUS_OK && more)
        TRY_OUT(read_row(&reader, row));
    if (status == STATUS_OK)
        status = close_variant(&reader);
out:
    sqlite3_finalize(row);
    return status;
}

static int find(const struct analysis *self, int64_t id)
{
    int low = 0, high = self->measurements_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (self->measurements[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->measurements_count && self->measurements[low].id == id ? low : -1;
}

static enum status read_ops(struct analysis *self)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, "SELECT op_def_id, measurement_id FROM measured_op", &row));
    while ((status = trace_step(row, &more)) == STATUS_OK && more) {
        struct op_def *def = definition_of_op(self, sqlite3_column_int64(row, 0));
        if (def)
            def->measurement = find(self, sqlite3_column_int64(row, 1));
    }
out:
    sqlite3_finalize(row);
    return status;
}

/*
 * The recorded steps set the level, and the measurement the ratio: the machine's speed may have changed in between, and an operator by
 * itself finds its inputs in the cache or not, as it happens. Where the step has no kernel of it, the mean ratio of all is taken.
 */
static enum status read_scales(struct analysis *self)
{
    static const char sql[] =
        "SELECT measurement_id, sum(kernel.dur_ns) * 1.0 / count(DISTINCT op.op_id) FROM measured_op JOIN op USING (op_def_id)"
        " JOIN kernel ON kernel.op_id = op.op_id JOIN kernel_def USING (kernel_def_id)"
        " WHERE role IS NOT 'conversion' AND op.step_id IN (SELECT step_id FROM cost_steps) GROUP BY measurement_id";
    double in_step = 0, alone = 0;
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    while ((status = trace_step(row, &more)) == STATUS_OK && more) {
        int found = find(self, sqlite3_column_int64(row, 0));
        if (found < 0 || !self->measurements[found].dur_ns[VARIANT_AS_RUN] || self->measurements[found].kernel_ns <= 0)
            continue;
        self->measurements[found].scale = sqlite3_column_double(row, 1) / self->measurements[found].kernel_ns;
        in_step += sqlite3_column_double(row, 1);
        alone += self->measurements[found].kernel_ns;
    }
    for (int i = 0; i < self->measurements_count; i++) {
        if (isnan(self->measurements[i].scale))
            self->measurements[i].scale = alone > 0 ? in_step / alone : 1;
    }
out:
    sqlite3_finalize(row);
    return status;
}

enum status pass_measurements(struct analysis *self)
{
    TRY(read_times(self));
    if (self->measurements_count == 0)
        return STATUS_OK;
    TRY(read_ops(self));
    return read_scales(self);
}

void measurements_release(struct analysis *self)
{
    for (int i = 0; i < self->measurements_count; i++) {
        for (int v = 0; v < VARIANT_COUNT; v++)
            free(self->measurements[i].dur_ns[v]);
    }
    free(self->measurements);
}
