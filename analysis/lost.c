/*
 * Lost throughput of a set of conversions: 100 (T / (T - e - p) - 1), T the mean duration of the time steps, e the mean
 * exposed time of the cost steps and p the penalty a step. Where both are the same steps, a resample draws a step with both its
 * numbers; of the penalty it draws one of the resampled measurements.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_int.h"

#define RESAMPLES 1000

struct sample {
    const double *dur_ns, *exposed_ns; /* by time step, by cost step */
    const double *penalty_ns;          /* by draw, over all cost steps; NULL = none */
    double cost_steps;
};

static double mean_over(const double *values, const uint32_t *index, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[index[i]];
    return sum / (double)n;
}

/* Of what a step takes, at least so much is left: a resample of noisy steps and a large penalty may leave nothing. */
#define LEAST_LEFT 0.01

static double percent(double taken, double won)
{
    return 100 * (taken / fmax(taken - won, LEAST_LEFT * taken) - 1);
}

static double lost_percent(const void *data, const uint32_t *index, size_t n)
{
    const struct sample *sample = data;
    return percent(mean_over(sample->dur_ns, index, n), mean_over(sample->exposed_ns, index, n));
}

static double lost_percent_two(const void *data, const uint32_t *times, size_t n, const uint32_t *costs, size_t m)
{
    const struct sample *sample = data;
    return percent(mean_over(sample->dur_ns, times, n), mean_over(sample->exposed_ns, costs, m));
}

static double mean(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

/* `draw` is a sample of the draws: the first one is taken. Without resampling it is draw 0, the measurement itself. */
static double lost_percent_penalty(const void *data, const uint32_t *index, size_t n, const uint32_t *draw, size_t draws)
{
    const struct sample *sample = data;
    (void)draws;
    return percent(mean_over(sample->dur_ns, index, n),
                   mean_over(sample->exposed_ns, index, n) + sample->penalty_ns[draw[0]] / sample->cost_steps);
}

struct stats_interval steps_interval(stats_fn *statistic, const void *data, int n)
{
    struct stats_interval interval = stats_bootstrap(statistic, data, (size_t)n, RESAMPLES);
    if (n < 2)
        interval.low = interval.high = NAN;
    return interval;
}

static struct stats_interval interval_of(const struct analysis *self, const struct sample *sample)
{
    if (self->times.are_cost_steps && !sample->penalty_ns)
        return steps_interval(lost_percent, sample, self->times.count);
    struct stats_interval interval =
        sample->penalty_ns ? stats_bootstrap_two(lost_percent_penalty, sample, (size_t)self->times.count, DRAWS, RESAMPLES)
                           : stats_bootstrap_two(lost_percent_two, sample, (size_t)self->times.count,
                                                 (size_t)self->cost_steps, RESAMPLES);
    if (self->times.count < 2 || self->cost_steps < 2)
        interval.low = interval.high = NAN;
    return interval;
}

static double largest(const double *values, int count)
{
    double most = 0;
    for (int i = 0; i < count; i++)
        most = fmax(most, values[i]);
    return most;
}

/*
 * Whether conversions leave time in every step that a resample may draw, and the penalty in the mean of the steps. False when a
 * step's time is unknown, too.
 */
static bool leaves_time(const struct analysis *self, const double *exposed_ns, const double *penalty_ns)
{
    const struct step_times *times = &self->times;
    double shortest = INFINITY, most = largest(exposed_ns, self->cost_steps);
    double penalty = penalty_ns ? penalty_ns[0] / self->cost_steps : 0;
    for (int i = 0; i < times->count; i++) {
        if (!(times->dur_ns[i] > (times->are_cost_steps ? exposed_ns[i] : 0)))
            return false;
        shortest = fmin(shortest, times->dur_ns[i]);
    }
    return times->count > 0 && self->cost_steps > 0 && (times->are_cost_steps || shortest > most) &&
           mean(times->dur_ns, times->count) > mean(exposed_ns, self->cost_steps) + penalty;
}

void lost_throughput(const struct analysis *self, const double *exposed_ns, const double *penalty_ns, struct lost *lost)
{
    /* Only `train` measures penalties, and its time steps are its cost steps. */
    const double *penalty = self->times.are_cost_steps ? penalty_ns : NULL;
    struct sample sample = {self->times.dur_ns, exposed_ns, penalty, self->cost_steps};

    *lost = (struct lost){{NAN, NAN, NAN}, NAN};
    if (!leaves_time(self, exposed_ns, penalty))
        return;
    double taken = mean(sample.dur_ns, self->times.count), images = mean(self->times.images, self->times.count);
    double won = mean(exposed_ns, self->cost_steps) + (penalty ? penalty[0] / self->cost_steps : 0);
    lost->percent = interval_of(self, &sample);
    lost->images_per_s = 1e9 * (images / (taken - won) - images / taken);
}
