/* base: order statistics, the bootstrap, counted random numbers, clocks. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/stats.h"

START_TEST(quantiles_as_r_type_7)
{
    const double values[] = {9, 1, 3, 7, 5};
    const double even[] = {4, 1, 3, 2};
    ck_assert_double_eq(stats_median(values, 5), 5);
    ck_assert_double_eq(stats_median(even, 4), 2.5);
    ck_assert_double_eq(stats_median(even, 1), 4);
    ck_assert_double_eq(stats_quantile(values, 5, 0), 1);
    ck_assert_double_eq(stats_quantile(values, 5, 1), 9);
    ck_assert_double_eq(stats_quantile(values, 5, 0.25), 3);
    ck_assert_double_eq_tol(stats_quantile(values, 5, 0.1), 1.8, 1e-12); /* R: quantile(c(9,1,3,7,5), .1) */
    ck_assert_double_eq_tol(stats_quantile(even, 4, 0.9), 3.7, 1e-12);
    ck_assert_double_eq(values[0], 9); /* left as it was */
}
END_TEST

static double mean_of(const void *data, const uint32_t *index, size_t n)
{
    const double *values = data;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[index[i]];
    return sum / (double)n;
}

START_TEST(bootstrap_is_deterministic)
{
    const double values[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
    struct stats_interval a = stats_bootstrap(mean_of, values, 10, 1000);
    struct stats_interval b = stats_bootstrap(mean_of, values, 10, 1000);
    ck_assert_double_eq_tol(a.value, 3.9, 1e-12);
    ck_assert_double_eq(a.low, b.low);
    ck_assert_double_eq(a.high, b.high);
    ck_assert(a.low < a.value && a.value < a.high);
    ck_assert(a.low >= 1 && a.high <= 9);
}
END_TEST

START_TEST(bootstrap_of_little)
{
    const double one[] = {7}, same[] = {2, 2, 2, 2};
    struct stats_interval a = stats_bootstrap(mean_of, one, 1, 1000), b = stats_bootstrap(mean_of, same, 4, 1000);
    ck_assert(a.value == 7 && a.low == 7 && a.high == 7);
    ck_assert(b.value == 2 && b.low == 2 && b.high == 2);
}
END_TEST

struct two {
    const double *first, *second;
};

static double difference_of(const void *data, const uint32_t *first, size_t n, const uint32_t *second, size_t m)
{
    const struct two *two = data;
    return mean_of(two->first, first, n) - mean_of(two->second, second, m);
}

/* The difference of two means of equal spread varies by sqrt(2) times one: the samples are drawn independently. */
/* Against values computed by hand from the formulas; and with symmetric intervals MOVER is the sum of squares. */
START_TEST(differences_of_figures)
{
    struct stats_interval a = {10, 9, 12}, b = {20, 17, 21}, none = {5, NAN, NAN};
    struct stats_interval more = stats_difference(a, b);

    ck_assert_double_eq(more.value, 10);
    ck_assert_double_eq_tol(more.low, 10 - sqrt(9 + 4), 1e-12);
    ck_assert_double_eq_tol(more.high, 10 + sqrt(1 + 1), 1e-12);
    more = stats_difference(none, b);
    ck_assert_double_eq(more.value, 15);
    ck_assert(isnan(more.low) && isnan(more.high));
    more = stats_difference(a, a);
    ck_assert_double_eq(more.value, 0);
    ck_assert(more.low < 0 && more.high > 0);

    struct stats_interval before = {100, 99, 101}, now = {90, 89, 91};
    struct stats_interval change = stats_change_percent(before, now);
    ck_assert_double_eq_tol(change.value, -10, 1e-12);
    ck_assert_double_eq_tol(change.low, -11.336, 1e-3);
    ck_assert_double_eq_tol(change.high, -8.646, 1e-3);
    change = stats_change_percent((struct stats_interval){0, 0, 0}, now);
    ck_assert(isnan(change.value) && isnan(change.low));
    change = stats_change_percent(before, none);
    ck_assert_double_eq_tol(change.value, -95, 1e-12);
    ck_assert(isnan(change.low) && isnan(change.high));
}
END_TEST

START_TEST(bootstrap_of_two_samples)
{
    double first[64], second[64];
    for (int i = 0; i < 64; i++) {
        first[i] = 10 + i % 8;
        second[i] = i % 8;
    }
    struct two two = {first, second};
    struct stats_interval both = stats_bootstrap_two(difference_of, &two, 64, 64, 1000);
    struct stats_interval one = stats_bootstrap(mean_of, first, 64, 1000);
    ck_assert_double_eq(both.value, 10);
    ck_assert_double_eq_tol((both.high - both.low) / (one.high - one.low), 1.414, 0.15);
    both = stats_bootstrap_two(difference_of, &two, 1, 1, 10);
    ck_assert(both.value == 10 && both.low == 10 && both.high == 10);
}
END_TEST

/* Of intervals over samples of 40 normal numbers about 95 % hold the true mean (a percentile bootstrap: 92..95). */
START_TEST(bootstrap_covers)
{
    int covered = 0;
    for (uint64_t sample = 0; sample < 400; sample++) {
        double values[40];
        uint64_t key = random_key(sample, "bootstrap_covers");
        for (uint64_t i = 0; i < 40; i++)
            values[i] = 10 + 2 * (double)random_normal(key, i);
        struct stats_interval interval = stats_bootstrap(mean_of, values, 40, 400);
        covered += interval.low <= 10 && 10 <= interval.high;
    }
    ck_assert_int_ge(covered, 360); /* 90 % */
    ck_assert_int_le(covered, 392); /* 98 % */
}
END_TEST

static double count_in_range(const void *data, const uint32_t *index, size_t n)
{
    int *seen = *(int *const *)data;
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_lt(index[i], n);
        seen[index[i]]++;
    }
    return 0;
}

/* Every index is drawn about equally often. */
START_TEST(bootstrap_draws_uniformly)
{
    int seen[7] = {0}, *pointer = seen;
    stats_bootstrap(count_in_range, &pointer, 7, 10000);
    for (int i = 0; i < 7; i++) /* 10001 expected, standard deviation 93 */
        ck_assert(seen[i] > 9500 && seen[i] < 10500);
}
END_TEST

/* splitmix64 with seed 0 begins with this (the published generator's first outputs). */
START_TEST(random_is_splitmix64)
{
    ck_assert_uint_eq(random_bits(0, 0), 0xE220A8397B1DCDAFull);
    ck_assert_uint_eq(random_bits(0, 1), 0x6E789E6AA1B965F4ull);
    ck_assert_uint_eq(random_bits(0, 2), 0x06C45D188009454Full);
}
END_TEST

/* Second implementations (tests/parity) must make the same numbers. */
START_TEST(random_keys_and_numbers_stay)
{
    uint64_t key = random_key(1, "layer1.0.conv1.weight");
    ck_assert_uint_ne(key, random_key(2, "layer1.0.conv1.weight"));
    ck_assert_uint_ne(key, random_key(1, "layer1.0.conv2.weight"));
    ck_assert_uint_ne(random_key(0, ""), 0);
    ck_assert_uint_eq(key, 0x6BB1B66DD3FABE6Dull);
    ck_assert_float_eq(random_uniform(key, 5), 0x1.e28e300000000p-4f);
    ck_assert_float_eq_tol(random_normal(key, 5), -0.89550750f, 1e-6f);
}
END_TEST

START_TEST(random_uniform_range_and_moments)
{
    enum { N = 200000 };
    uint64_t key = random_key(7, "uniform");
    double sum = 0, square = 0;
    for (uint64_t i = 0; i < N; i++) {
        float u = random_uniform(key, i);
        ck_assert(u >= 0 && u < 1);
        ck_assert(u * 0x1p24f == floorf(u * 0x1p24f)); /* 24 bits, exact */
        sum += u;
        square += (double)u * u;
    }
    ck_assert_double_eq_tol(sum / N, 0.5, 0.003); /* 4.6 standard errors */
    ck_assert_double_eq_tol(square / N, 1.0 / 3, 0.003);
}
END_TEST

START_TEST(random_normal_moments)
{
    enum { N = 200000 };
    uint64_t key = random_key(7, "normal");
    double sum = 0, square = 0, fourth = 0;
    for (uint64_t i = 0; i < N; i++) {
        double z = random_normal(key, i);
        ck_assert(isfinite(z));
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
    }
    ck_assert_double_eq_tol(sum / N, 0, 0.01);
    ck_assert_double_eq_tol(square / N, 1, 0.015);
    ck_assert_double_eq_tol(fourth / N, 3, 0.1);
}
END_TEST

START_TEST(clocks_run)
{
    int64_t a = clock_ns(), b = clock_ns();
    ck_assert(b >= a);
    ck_assert(clock_unix_ns() / 1000000000 - (int64_t)time(NULL) <= 1);
    ck_assert((int64_t)time(NULL) - clock_unix_ns() / 1000000000 <= 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_numbers");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, quantiles_as_r_type_7);
    tcase_add_test(tests, bootstrap_is_deterministic);
    tcase_add_test(tests, bootstrap_of_little);
    tcase_add_test(tests, bootstrap_of_two_samples);
    tcase_add_test(tests, bootstrap_covers);
    tcase_add_test(tests, bootstrap_draws_uniformly);
    tcase_add_test(tests, differences_of_figures);
    tcase_add_test(tests, random_is_splitmix64);
    tcase_add_test(tests, random_keys_and_numbers_stay);
    tcase_add_test(tests, random_uniform_range_and_moments);
    tcase_add_test(tests, random_normal_moments);
    tcase_add_test(tests, clocks_run);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
