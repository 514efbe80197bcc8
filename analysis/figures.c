/* Pass: figures of the whole run over its time steps (speed) and cost steps (the rest), with intervals. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_int.h"

/* Ratio of sums over the resampled steps: a sum of `top` per step or per ns of `bottom`. */
struct ratio {
    double *top, *bottom; /* by step */
    double factor;
};

static double ratio_of_sums(const void *data, const uint32_t *index, size_t n)
{
    const struct ratio *ratio = data;
    double top = 0, bottom = 0;
    for (size_t i = 0; i < n; i++) {
        top += ratio->top[index[i]];
        bottom += ratio->bottom[index[i]];
    }
    return ratio->factor * top / bottom;
}

static double median_of(const void *data, const uint32_t *index, size_t n)
{
    const struct ratio *ratio = data;
    for (size_t i = 0; i < n; i++)
        ratio->bottom[i] = ratio->top[index[i]];
    return ratio->factor * stats_median(ratio->bottom, n);
}

struct figures {
    struct analysis *analysis;
    sqlite3_stmt *row;
    double *top, *bottom;
};

static enum status store(struct figures *self, const char *name, struct stats_interval interval)
{
    int more;
    trace_bind_text(self->row, 1, name);
    trace_bind_number(self->row, 2, interval.value);
    trace_bind_number(self->row, 3, interval.low);
    trace_bind_number(self->row, 4, interval.high);
    TRY(trace_step(self->row, &more));
    sqlite3_reset(self->row);
    return STATUS_OK;
}

/* Of the first `count` numbers of both; unknown when any of them is: a resample could not leave it out. */
static enum status store_statistic(struct figures *self, const char *name, stats_fn *statistic, double factor,
                                   int count)
{
    struct stats_interval interval = {NAN, NAN, NAN};
    struct ratio ratio = {self->top, self->bottom, factor};
    bool known = count > 0;

    for (int i = 0; i < count; i++)
        known = known && !isnan(self->top[i]) && !isnan(self->bottom[i]);
    if (known)
        interval = steps_interval(statistic, &ratio, count);
    return store(self, name, interval);
}

static enum status store_speed(struct figures *self)
{
    const struct step_times *times = &self->analysis->times;
    for (int i = 0; i < times->count; i++) {
        self->top[i] = times->images[i];
        self->bottom[i] = times->dur_ns[i] > 0 ? times->dur_ns[i] : NAN;
    }
    TRY(store_statistic(self, "images_per_s", ratio_of_sums, 1e9, times->count));
    for (int i = 0; i < times->count; i++) {
        self->top[i] = times->dur_ns[i];
        self->bottom[i] = 0;
    }
    return store_statistic(self, "step_ms", median_of, 1e-6, times->count);
}

/*
 * That nothing could be won is known where every conversion has an operator and a way of its own, and where the trace
 * would have shown one at all.
 */
static bool is_proved(const struct analysis *self)
{
    bool evident = self->definitions.ops_count == 0 && self->definitions.kernels_count > 0;
    double charged = 0, all = 0;

    for (int i = 0; i < self->keys_count; i++)
        evident = evident || (self->keys[i].seen_steps > 0 && !self->keys[i].dark);
    for (int g = 0; g < self->groups_count; g++) {
        charged += (double)self->groups[g].conversions;
        if (self->groups[g].situations & SITUATION_ONE_WAY && self->groups[g].conversions > 0)
            return false;
    }
    for (int s = 0; s < self->cost_steps; s++)
        all += self->tally.conversions[s];
    return evident && charged == all;
}

static enum status store_lost(struct figures *self)
{
    const struct analysis *a = self->analysis;
    struct lost lost = {{NAN, NAN, NAN}, NAN};
    double penalty_ns[DRAWS] = {0};
    int64_t conversions = 0, exposures = 0;
    bool measured = false;

    for (int s = 0; s < a->cost_steps; s++)
        self->top[s] = 0;
    for (int g = 0; g < a->groups_count; g++) {
        if (!group_avoidable(a, &a->groups[g]))
            continue;
        conversions += a->groups[g].conversions;
        exposures += a->groups[g].exposures;
        measured |= add_penalty(&a->groups[g], penalty_ns);
        for (int s = 0; s < a->cost_steps; s++)
            self->top[s] += a->groups[g].exposed_ns[s];
    }
    if (exposures > 0 || (conversions == 0 && is_proved(a)))
        lost_throughput(a, self->top, measured ? penalty_ns : NULL, &lost);
    return store(self, "lost_percent_total", lost.percent);
}

/* What a step of the trace holds, one number a cost step: conversions, their known milliseconds, round trips. */
static enum status store_tally(struct figures *self, const char *name, const double *per_step, double factor)
{
    for (int s = 0; s < self->analysis->cost_steps; s++) {
        /* The sum of no parts is 0. */
        self->top[s] = self->analysis->tally.conversions[s] == 0 ? 0 : per_step[s];
        self->bottom[s] = 1;
    }
    return store_statistic(self, name, ratio_of_sums, factor, self->analysis->cost_steps);
}

enum status pass_figures(struct analysis *self)
{
    struct figures figures = {.analysis = self};
    int most = self->times.count > self->cost_steps ? self->times.count : self->cost_steps;
    enum status status;

    TRY_OUT(array_make(&figures.top, most, sizeof *figures.top));
    TRY_OUT(array_make(&figures.bottom, most, sizeof *figures.bottom));
    TRY_OUT(
        trace_prepare(self->db, "INSERT INTO figure (name, value, low, high) VALUES (?1, ?2, ?3, ?4)", &figures.row));
    TRY_OUT(store_speed(&figures));
    TRY_OUT(store_lost(&figures));
    TRY_OUT(store_tally(&figures, "conversions_per_step", self->tally.conversions, 1));
    TRY_OUT(store_tally(&figures, "conversion_ms_per_step", self->tally.dur_ns, 1e-6));
    TRY_OUT(store_tally(&figures, "round_trips_per_step", self->tally.trips, 1));
    if (self->steps_count > 1 && self->steps[0].step_id < 0) /* no steps: looked at in parts */
        TRY_OUT(store(&figures, "parts", (struct stats_interval){self->steps_count, NAN, NAN}));
    TRY_OUT(store(&figures, "operators_unknown", (struct stats_interval){self->operators_unknown, NAN, NAN}));
out:
    sqlite3_finalize(figures.row);
    free(figures.top);
    free(figures.bottom);
    return status;
}
