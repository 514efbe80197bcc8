/* Order statistics and the bootstrap. Pure functions; arrays are borrowed and left as they are. */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Median of n > 0 values (mean of the two middle ones for even n). */
double stats_median(const double *values, size_t n);

/* Quantile q in [0,1] with linear interpolation between order statistics (R's type 7). */
double stats_quantile(const double *values, size_t n, double q);

struct stats_interval {
    double value; /* the statistic of the sample itself */
    double low;   /* 2.5 % and 97.5 % quantiles over the resamples */
    double high;
};

/* A statistic of a sample given as indices into the caller's data (repeats allowed). */
typedef double stats_fn(const void *data, const uint32_t *index, size_t n);

/*
 * Percentile bootstrap (Efron & Tibshirani 1993, ch. 13): resamples n indices with replacement `resamples` times with a
 * fixed seed, so that the same data gives the same interval. n == 1 gives low == high == value.
 */
struct stats_interval stats_bootstrap(stats_fn *statistic, const void *data, size_t n, int resamples);

/* The same of two samples of n and m > 0, drawn independently of each other. */
typedef double stats_two_fn(const void *data, const uint32_t *first, size_t n, const uint32_t *second, size_t m);
struct stats_interval stats_bootstrap_two(stats_two_fn *statistic, const void *data, size_t n, size_t m,
                                          int resamples);

/*
 * b - a of two figures measured independently, with the 95 % interval that follows from theirs: MOVER (Zou & Donner 2008,
 * Statistics in Medicine 27:1693), which needs no symmetry. A figure whose low or high is NAN has no interval, nor has the
 * difference then.
 */
struct stats_interval stats_difference(struct stats_interval a, struct stats_interval b);

/* 100 (b / a - 1), the same way on logarithms. All NAN unless both values are above 0. */
struct stats_interval stats_change_percent(struct stats_interval a, struct stats_interval b);

#endif
