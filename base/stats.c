/* Order statistics and the percentile bootstrap. */
#include "base/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h" /* random_bits: draws of the bootstrap */

/* Fixed, so that the same data gives the same interval. */
#define BOOTSTRAP_KEY 0x636C70726F66ull

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double quantile_sorted(const double *sorted, size_t n, double q)
{
    double place = q * (double)(n - 1);
    size_t below = (size_t)place;
    if (below >= n - 1)
        return sorted[n - 1];
    double part = place - (double)below;
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double stats_quantile(const double *values, size_t n, double q)
{
    assert(n > 0 && q >= 0 && q <= 1);
    double *sorted = allocate(n, sizeof *sorted);
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_doubles);
    double result = quantile_sorted(sorted, n, q);
    free(sorted);
    return result;
}

double stats_median(const double *values, size_t n)
{
    return stats_quantile(values, n, 0.5);
}

/* n indices below n: the high half of draw x n, which is uniform to within n / 2^32. */
static void draw_indices(uint32_t *index, size_t n, uint64_t first_draw)
{
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)(((random_bits(BOOTSTRAP_KEY, first_draw + i) >> 32) * n) >> 32);
}

/* Value and quantiles of a statistic's results over the resamples, which are sorted in place. */
static struct stats_interval interval_of(double value, double *results, int resamples)
{
    qsort(results, (size_t)resamples, sizeof *results, compare_doubles);
    return (struct stats_interval){value, quantile_sorted(results, (size_t)resamples, 0.025),
                                   quantile_sorted(results, (size_t)resamples, 0.975)};
}

struct stats_interval stats_bootstrap(stats_fn *statistic, const void *data, size_t n, int resamples)
{
    assert(n > 0 && n <= UINT32_MAX && resamples > 0);
    uint32_t *index = allocate(n, sizeof *index);
    double *results = allocate((size_t)resamples, sizeof *results);

    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)i;
    struct stats_interval interval = {.value = statistic(data, index, n)};
    interval.low = interval.high = interval.value;
    if (n > 1) {
        for (int r = 0; r < resamples; r++) {
            draw_indices(index, n, (uint64_t)r * n);
            results[r] = statistic(data, index, n);
        }
        interval = interval_of(interval.value, results, resamples);
    }
    free(results);
    free(index);
    return interval;
}

struct stats_interval stats_bootstrap_two(stats_two_fn *statistic, const void *data, size_t n, size_t m, int resamples)
{
    assert(n > 0 && m > 0 && n + m <= UINT32_MAX && resamples > 0);
    uint32_t *first = allocate(n + m, sizeof *first), *second = first + n;
    double *results = allocate((size_t)resamples, sizeof *results);

    for (size_t i = 0; i < n + m; i++)
        first[i] = (uint32_t)(i < n ? i : i - n);
    double value = statistic(data, first, n, second, m);
    for (int r = 0; r < resamples; r++) {
        draw_indices(first, n, (uint64_t)r * (n + m));
        draw_indices(second, m, (uint64_t)r * (n + m) + n);
        results[r] = statistic(data, first, n, second, m);
    }
    struct stats_interval interval = interval_of(value, results, resamples);
    free(results);
    free(first);
    return interval;
}

struct stats_interval stats_difference(struct stats_interval a, struct stats_interval b)
{
    return (struct stats_interval){b.value - a.value, b.value - a.value - hypot(b.value - b.low, a.high - a.value),
                                   b.value - a.value + hypot(b.high - b.value, a.value - a.low)};
}

static struct stats_interval logarithms(struct stats_interval x)
{
    return (struct stats_interval){log(x.value), x.low > 0 ? log(x.low) : NAN, x.low > 0 ? log(x.high) : NAN};
}

struct stats_interval stats_change_percent(struct stats_interval a, struct stats_interval b)
{
    if (!(a.value > 0 && b.value > 0))
        return (struct stats_interval){NAN, NAN, NAN};
    struct stats_interval change = stats_difference(logarithms(a), logarithms(b));
    return (struct stats_interval){100 * expm1(change.value), 100 * expm1(change.low), 100 * expm1(change.high)};
}
