/* Limits and baselines. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/case.h"

static const struct analysis_limits no_limits = {NAN, -1, -1};
static struct strbuf report;

static sqlite3 *analysed(const char *name)
{
    char *text = case_read(name);
    sqlite3 *db = case_database();
    case_load(db, text);
    ck_assert_int_eq(analysis_run(db), STATUS_OK);
    free(text);
    return db;
}

static void setup(void)
{
    strbuf_init(&report);
}

static void teardown(void)
{
    strbuf_release(&report);
}

START_TEST(limits)
{
    sqlite3 *db = analysed("one_group_norm.case"); /* 12.36 %, 1 round trip, 2 conversions */
    ck_assert_int_eq(analysis_check(db, &no_limits, NULL, &report), STATUS_OK);
    ck_assert_int_eq(analysis_check(db, &(struct analysis_limits){12.4, 1, 2}, NULL, &report), STATUS_OK);
    ck_assert_str_eq(report.text, "");
    ck_assert_int_eq(analysis_check(db, &(struct analysis_limits){NAN, 0, -1}, NULL, &report), STATUS_LIMIT);
    ck_assert_str_eq(report.text, "round trips per step: 1, the limit is 0\n");
    strbuf_clear(&report);
    ck_assert_int_eq(analysis_check(db, &(struct analysis_limits){12.3, 0, 1}, NULL, &report), STATUS_LIMIT);
    ck_assert_str_eq(report.text, "lost throughput: 12.36 %, the limit is 12.3 %\n"
                                  "round trips per step: 1, the limit is 0\nconversions per step: 2, the limit is 1\n");
    sqlite3_close(db);
}
END_TEST

START_TEST(baseline)
{
    sqlite3 *clean = analysed("clean.case"), *one = analysed("one_group_norm.case"),
            *two = analysed("two_culprits.case");
    ck_assert_int_eq(analysis_check(one, &no_limits, one, &report), STATUS_OK);
    ck_assert_int_eq(analysis_check(clean, &no_limits, one, &report), STATUS_LIMIT); /* the batch's copy is new */
    ck_assert_ptr_nonnull(strstr(report.text, "aten::_to_copy: conversions per step: 1, the baseline has 0\n"));
    ck_assert_ptr_null(strstr(report.text, "round trips"));
    strbuf_clear(&report);
    ck_assert_int_eq(analysis_check(one, &no_limits, clean, &report), STATUS_LIMIT);
    ck_assert_ptr_nonnull(strstr(report.text, "aten::native_group_norm: new round trips, 1 per step\n"));
    ck_assert_ptr_nonnull(strstr(report.text, "lost throughput: 12.36 %, the baseline has 0 %\n"));
    strbuf_clear(&report);
    ck_assert_int_eq(analysis_check(two, &no_limits, one, &report), STATUS_LIMIT);
    ck_assert_ptr_nonnull(strstr(report.text, "aten::pixel_shuffle: new round trips, 1 per step\n"));
    ck_assert_ptr_nonnull(
        strstr(report.text, "aten::native_group_norm: round trips per step: 2, the baseline has 1\n"));
    ck_assert_ptr_null(strstr(report.text, "lost throughput"));
    sqlite3_close(clean);
    sqlite3_close(one);
    sqlite3_close(two);
}
END_TEST

/* A worse value inside the baseline's interval is no regression. */
START_TEST(within_the_interval)
{
    sqlite3 *before = analysed("steps.case"), *now = analysed("steps.case");
    ck_assert_int_eq(
        sqlite3_exec(now,
                     "UPDATE figure SET value = value + 0.01, low = low + 0.01, high = high + 0.01 WHERE name ="
                     " 'lost_percent_total'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    ck_assert_int_eq(analysis_check(now, &no_limits, before, &report), STATUS_OK);
    ck_assert_int_eq(sqlite3_exec(now,
                                  "UPDATE figure SET value = value + 1, low = low + 1, high = high + 1 WHERE name ="
                                  " 'lost_percent_total'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(analysis_check(now, &no_limits, before, &report), STATUS_LIMIT);
    sqlite3_close(before);
    sqlite3_close(now);
}
END_TEST

START_TEST(refuses_what_it_cannot_know)
{
    sqlite3 *raw = case_database(), *db = analysed("one_group_norm.case");
    ck_assert_int_eq(analysis_check(raw, &(struct analysis_limits){NAN, 0, -1}, NULL, &report), STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(status_message(), "clprof analyze"));
    ck_assert_int_eq(analysis_check(db, &no_limits, raw, &report), STATUS_NOT_FOUND);
    ck_assert_int_eq(analysis_run(raw), STATUS_OK);
    ck_assert_int_eq(analysis_check(raw, &(struct analysis_limits){1, -1, -1}, NULL, &report), STATUS_NOT_FOUND);
    ck_assert_str_eq(report.text, "");
    sqlite3_close(raw);
    sqlite3_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("analysis check");
    TCase *tcase = tcase_create("check");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, limits);
    tcase_add_test(tcase, baseline);
    tcase_add_test(tcase, within_the_interval);
    tcase_add_test(tcase, refuses_what_it_cannot_know);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
