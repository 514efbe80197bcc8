/* Limits and baselines: what fails, what passes, what is only told, and the words of each. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/case.h"
#include "analysis/check.h"

static const struct check_limits no_limits = {NAN, -1, -1, 1, NAN};
static struct check_list list;

static sqlite3 *analysed(const char *name)
{
    char *text = case_read(name);
    sqlite3 *db = case_database();
    case_load(db, text);
    ck_assert_int_eq(analysis_run(db), STATUS_OK);
    free(text);
    return db;
}

static void run_sql(sqlite3 *db, const char *sql)
{
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
}

static enum status check(sqlite3 *db, const struct check_limits *limits, sqlite3 *baseline)
{
    check_release(&list);
    return analysis_check(db, limits, baseline, &list);
}

static void teardown(void)
{
    check_release(&list);
}

/* The row of that name has these words. */
static void has_row(enum check_outcome outcome, const char *name, const char *words)
{
    for (int i = 0; i < list.rows; i++) {
        if (strcmp(list.row[i].name, name) != 0)
            continue;
        ck_assert_str_eq(list.row[i].words, words);
        ck_assert_int_eq(list.row[i].outcome, outcome);
        return;
    }
    ck_abort_msg("no row %s", name);
}

static void has_no_row(const char *name)
{
    for (int i = 0; i < list.rows; i++)
        ck_assert_msg(strcmp(list.row[i].name, name) != 0, "%s: %s", name, list.row[i].words);
}

START_TEST(limits_hold_values)
{
    sqlite3 *db = analysed("one_group_norm.case"); /* 12.36 %, 1 round trip, 2 conversions */
    ck_assert_int_eq(check(db, &no_limits, NULL), STATUS_OK);
    ck_assert_int_eq(list.rows, 0);
    ck_assert_int_eq(check(db, &(struct check_limits){12.4, 1, 2, 1, NAN}, NULL), STATUS_OK);
    ck_assert_int_eq(list.rows, 3);
    has_row(CHECK_PASSED, "limit of round trips per step", "1, the limit is 1");
    ck_assert_int_eq(check(db, &(struct check_limits){NAN, 0, -1, 1, NAN}, NULL), STATUS_LIMIT);
    ck_assert_int_eq(list.rows, 1);
    has_row(CHECK_FAILED, "limit of round trips per step", "1, the limit is 0");
    ck_assert_int_eq(check(db, &(struct check_limits){12.3, 0, 1, 1, NAN}, NULL), STATUS_LIMIT);
    ck_assert_str_eq(status_message(), "3 checks failed");
    has_row(CHECK_FAILED, "limit of lost throughput", "12.36 %, the limit is 12.3 %");
    has_row(CHECK_FAILED, "limit of conversions per step", "2, the limit is 1");
    sqlite3_close(db);
}
END_TEST

START_TEST(a_trace_is_no_worse_than_itself)
{
    sqlite3 *one = analysed("one_group_norm.case");
    ck_assert_int_eq(check(one, &no_limits, one), STATUS_OK);
    has_row(CHECK_PASSED, "lost throughput", "12.36 %, the baseline has 12.36 %: 0 points more");
    has_row(CHECK_PASSED, "round trips per step", "1, the baseline has 1");
    has_row(CHECK_PASSED, "aten::native_group_norm (forward)",
            "thrashes, as in the baseline: 1 round trips per step, 12.36 % of throughput lost");
    has_no_row("set-up differs");
    sqlite3_close(one);
}
END_TEST

START_TEST(a_new_culprit_fails_and_a_fixed_one_is_told)
{
    sqlite3 *clean = analysed("clean.case"), *one = analysed("one_group_norm.case"),
            *two = analysed("two_culprits.case");

    ck_assert_int_eq(check(one, &no_limits, clean), STATUS_LIMIT);
    has_row(CHECK_FAILED, "aten::native_group_norm (forward)",
            "new culprit: 1 round trips per step, 12.36 % of throughput lost");
    has_row(CHECK_FAILED, "lost throughput", "12.36 %, the baseline has 0 %: 12.36 points more, which is significant");
    has_row(CHECK_FAILED, "round trips per step", "1, the baseline has 0");

    ck_assert_int_eq(check(two, &no_limits, one), STATUS_LIMIT);
    has_row(CHECK_FAILED, "aten::pixel_shuffle (forward)",
            "new culprit: 1 round trips per step, 5.82 % of throughput lost");
    has_row(CHECK_FAILED, "aten::native_group_norm (forward)",
            "more round trips: 2 round trips per step, 8.401 % of throughput lost; the baseline has 1");
    has_row(CHECK_PASSED, "lost throughput", "8.401 %, the baseline has 12.36 %: 3.958 points less");

    /* The batch's copy is new, and more conversions of a larger model are nobody's fault: told, not failed. */
    ck_assert_int_eq(check(clean, &no_limits, one), STATUS_OK);
    has_row(CHECK_TOLD, "aten::native_group_norm (forward)",
            "fixed: it thrashes no more; the baseline has 1 round trips per step, 12.36 % of throughput lost");
    has_row(CHECK_TOLD, "conversions per step", "3, the baseline has 2");
    sqlite3_close(clean);
    sqlite3_close(one);
    sqlite3_close(two);
}
END_TEST

/* A difference fails when all that its interval allows is more than two runs of one program differ by. */
START_TEST(noise_does_not_fail)
{
    static const struct {
        const char *before, *now;
        double tolerance;
        enum status expected;
        const char *words;
    } rows[] = {
        {"2, 1.5, 2.5", "2.6, 2.1, 3.1", 0, STATUS_OK, /* intervals overlap */
         "2.6 % [2.1, 3.1], the baseline has 2 % [1.5, 2.5]: 0.6 points more [-0.1071, 1.307], which may be noise"},
        {"2, 1.9, 2.1", "2.6, 2.5, 2.7", 1, STATUS_OK, /* significant, but small */
         "2.6 % [2.5, 2.7], the baseline has 2 % [1.9, 2.1]: 0.6 points more [0.4586, 0.7414], which may be noise"},
        {"2, 1.9, 2.1", "2.6, 2.5, 2.7", 0.5, STATUS_OK, /* more than allowed, but not for sure */
         "2.6 % [2.5, 2.7], the baseline has 2 % [1.9, 2.1]: 0.6 points more [0.4586, 0.7414], which may be noise"},
        {"2, 1.9, 2.1", "2.6, 2.5, 2.7", 0.4, STATUS_LIMIT,
         "2.6 % [2.5, 2.7], the baseline has 2 % [1.9, 2.1]: 0.6 points more [0.4586, 0.7414], which is significant"},
        {"2, 1, 3", "12, 5, 19", 1, STATUS_LIMIT,
         "12 % [5, 19], the baseline has 2 % [1, 3]: 10 points more [2.929, 17.07], which is significant"},
        {"2, 1, 3", "12, -5, 29", 1, STATUS_OK, /* large, but who knows */
         "12 % [-5, 29], the baseline has 2 % [1, 3]: 10 points more [-7.029, 27.03], which may be noise"},
        {"2, NULL, NULL", "4, NULL, NULL", 1, STATUS_LIMIT, "4 %, the baseline has 2 %: 2 points more, which is significant"},
    };
    sqlite3 *before = analysed("steps.case"), *now = analysed("steps.case");

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct check_limits limits = {NAN, -1, -1, rows[i].tolerance, NAN};
        char sql[200];

        snprintf(sql, sizeof sql, "UPDATE figure SET (value, low, high) = (%s) WHERE name = 'lost_percent_total'", rows[i].before);
        run_sql(before, sql);
        snprintf(sql, sizeof sql, "UPDATE figure SET (value, low, high) = (%s) WHERE name = 'lost_percent_total'", rows[i].now);
        run_sql(now, sql);
        ck_assert_int_eq(check(now, &limits, before), rows[i].expected);
        has_row(rows[i].expected == STATUS_OK ? CHECK_PASSED : CHECK_FAILED, "lost throughput", rows[i].words);
    }
    run_sql(now, "UPDATE figure SET value = NULL, low = NULL, high = NULL WHERE name = 'lost_percent_total'");
    ck_assert_int_eq(check(now, &no_limits, before), STATUS_OK);
    has_row(CHECK_TOLD, "lost throughput", "unknown, the baseline has 2 %");
    sqlite3_close(before);
    sqlite3_close(now);
}
END_TEST

START_TEST(throughput_is_compared_when_asked_for)
{
    sqlite3 *before = analysed("steps.case"), *now = analysed("steps.case");
    struct check_limits limits = {NAN, -1, -1, 1, 5};

    run_sql(before, "UPDATE figure SET (value, low, high) = (100, 99, 101) WHERE name = 'images_per_s'");
    run_sql(now, "UPDATE figure SET (value, low, high) = (90, 89, 91) WHERE name = 'images_per_s'");
    ck_assert_int_eq(check(now, &no_limits, before), STATUS_OK);
    has_no_row("throughput");
    ck_assert_int_eq(check(now, &limits, before), STATUS_LIMIT);
    has_row(CHECK_FAILED, "throughput",
            "90 images/s [89, 91], the baseline has 100 images/s [99, 101]: a change by -10 % [-11.34, -8.646], -5 % is allowed");
    limits.max_slowdown_percent = 15;
    ck_assert_int_eq(check(now, &limits, before), STATUS_OK);
    run_sql(now, "UPDATE run SET device_name = 'another'");
    ck_assert_int_eq(check(now, &limits, before), STATUS_USAGE);
    run_sql(before, "UPDATE run SET device_name = 'another'; UPDATE figure SET value = NULL WHERE name = 'images_per_s'");
    ck_assert_int_eq(check(now, &limits, before), STATUS_NOT_FOUND);
    sqlite3_close(before);
    sqlite3_close(now);
}
END_TEST

START_TEST(what_differs_in_set_up_is_told)
{
    sqlite3 *before = analysed("steps.case"), *now = analysed("steps.case");

    run_sql(before, "UPDATE run SET model = 'a', batch_size = 16, policy = NULL");
    run_sql(now, "UPDATE run SET model = 'b', batch_size = 32, policy = 'torch-2.15-cpu'");
    ck_assert_int_eq(check(now, &no_limits, before), STATUS_OK);
    has_row(CHECK_TOLD, "set-up differs",
            "model b, the baseline has a; policy torch-2.15-cpu, the baseline has unknown; batch_size 32, the baseline has 16");
    sqlite3_close(before);
    sqlite3_close(now);
}
END_TEST

START_TEST(refuses_what_it_cannot_know)
{
    sqlite3 *raw = case_database(), *db = analysed("one_group_norm.case");
    ck_assert_int_eq(check(raw, &(struct check_limits){NAN, 0, -1, 1, NAN}, NULL), STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(status_message(), "clprof analyze"));
    ck_assert_int_eq(check(db, &no_limits, raw), STATUS_NOT_FOUND);
    ck_assert_int_eq(analysis_run(raw), STATUS_OK);
    ck_assert_int_eq(check(raw, &(struct check_limits){1, -1, -1, 1, NAN}, NULL), STATUS_NOT_FOUND);
    ck_assert_int_eq(list.rows, 0);
    sqlite3_close(raw);
    sqlite3_close(db);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {limits_hold_values,
                                  a_trace_is_no_worse_than_itself,
                                  a_new_culprit_fails_and_a_fixed_one_is_told,
                                  noise_does_not_fail,
                                  throughput_is_compared_when_asked_for,
                                  what_differs_in_set_up_is_told,
                                  refuses_what_it_cannot_know};
    Suite *suite = suite_create("analysis check");
    TCase *tcase = tcase_create("check");
    tcase_add_checked_fixture(tcase, NULL, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
