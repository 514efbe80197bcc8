/* Targets of `clprof verify`, and pairs of steps to a gain, on hand-made numbers. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/case.h"
#include "analysis/figure.h"
#include "analysis/verification.h"
#include "profiler/trace.h"

static sqlite3 *with_findings(void)
{
    sqlite3 *db = case_database();
    ck_assert_int_eq(trace_exec(db,
        "INSERT INTO module VALUES (1, NULL, '', 'Net'), (2, 1, 'layer1', 'Block'), (3, 2, 'layer1.bn', 'Norm');"
        "INSERT INTO finding (finding_id, scope, op_name, module_path, verdict, together_with, situation, lost_percent) VALUES"
        " (1, 'operator', 'aten::a', NULL, 'thrash', 'aten::b', 'trip', 5), (2, 'operator', 'aten::b', NULL, 'thrash', 'aten::a', 'trip', NULL),"
        " (3, 'operator', 'aten::c', NULL, 'clean', NULL, NULL, 0), (4, 'instance', 'aten::a', 'layer1.bn', 'thrash', 'aten::b@layer1.x, aten::b', 'trip', 2),"
        " (5, 'module', NULL, 'layer1', 'thrash', NULL, NULL, 2), (6, 'set', NULL, NULL, 'thrash', 'aten::a@layer1.bn, aten::b@layer1.x', 'set', 2);"
        "INSERT INTO figure VALUES ('lost_percent_total', 7, 6, 8)"), STATUS_OK);
    return db;
}

static void check_culprit(const struct target *target, int index, const char *name, const char *path)
{
    ck_assert_int_lt(index, target->culprits_count);
    ck_assert_str_eq(target->culprits[index].op_name, name);
    if (path)
        ck_assert_str_eq(target->culprits[index].module_path, path);
    else
        ck_assert_ptr_null(target->culprits[index].module_path);
}

START_TEST(operators_and_all_of_them)
{
    sqlite3 *db = with_findings();
    struct targets targets;
    ck_assert_int_eq(targets_read(db, 0, TARGETS_OPERATORS, &targets), STATUS_OK);
    ck_assert_int_eq(targets.list_count, 3);
    ck_assert_int_eq(targets.list[0].culprits_count, 2);
    check_culprit(&targets.list[0], 0, "aten::a", NULL);
    check_culprit(&targets.list[0], 1, "aten::b", NULL);
    ck_assert(isnan(targets.list[1].estimate_percent));
    ck_assert_int_eq(targets.list[2].finding_id, -1);
    ck_assert_int_eq(targets.list[2].culprits_count, 2);
    ck_assert_double_eq(targets.list[2].low_percent, 6);
    targets_release(&targets);
    ck_assert_int_eq(targets_read(db, 0, TARGETS_ALL, &targets), STATUS_OK);
    ck_assert_int_eq(targets.list_count, 6);
    targets_release(&targets);
    sqlite3_close(db);
}
END_TEST

START_TEST(one_finding_of_any_scope)
{
    sqlite3 *db = with_findings();
    struct targets targets;
    ck_assert_int_eq(targets_read(db, 4, TARGETS_OPERATORS, &targets), STATUS_OK);
    ck_assert_int_eq(targets.list[0].culprits_count, 3);
    check_culprit(&targets.list[0], 0, "aten::a", "layer1.bn");
    check_culprit(&targets.list[0], 1, "aten::b", "layer1.x");
    check_culprit(&targets.list[0], 2, "aten::b", ""); /* an instance under no module, not the type */
    targets_release(&targets);
    ck_assert_int_eq(targets_read(db, 5, TARGETS_OPERATORS, &targets), STATUS_OK);
    ck_assert_int_eq(targets.list[0].culprits_count, 1);
    check_culprit(&targets.list[0], 0, "aten::a", "layer1.bn");
    targets_release(&targets);
    ck_assert_int_eq(targets_read(db, 6, TARGETS_OPERATORS, &targets), STATUS_OK);
    check_culprit(&targets.list[0], 1, "aten::b", "layer1.x");
    targets_release(&targets);
    ck_assert_int_eq(targets_read(db, 3, TARGETS_OPERATORS, &targets), STATUS_UNSUPPORTED);
    targets_release(&targets);
    ck_assert_int_eq(targets_read(db, 99, TARGETS_OPERATORS, &targets), STATUS_NOT_FOUND);
    targets_release(&targets);
    sqlite3_close(db);
}
END_TEST

START_TEST(gain_is_that_of_the_sums_without_outliers)
{
    const double baseline[] = {120, 121, 119, 120, 900, 120}, fixed[] = {100, 101, 99, 100, 100, 100};
    struct verified verified;
    ck_assert_int_eq(verify_pairs(baseline, fixed, 6, 8, &verified), STATUS_OK);
    ck_assert_int_eq(verified.pairs, 5);
    ck_assert_double_eq_tol(verified.gain_percent.value, 20, 1e-9);
    ck_assert_double_eq_tol(verified.baseline_images_per_s, 8e9 / 120, 1e-3);
    ck_assert_double_eq_tol(verified.fixed_images_per_s, 8e9 / 100, 1e-3);
    ck_assert_double_lt(verified.gain_percent.low, 20);
    ck_assert_double_gt(verified.gain_percent.high, 20);
    ck_assert_int_eq(verify_pairs(baseline, fixed, 1, 8, &verified), STATUS_OK);
    ck_assert(isnan(verified.gain_percent.low));
}
END_TEST

START_TEST(a_second_verification_replaces_the_first)
{
    sqlite3 *db = with_findings();
    const struct verified first = {1, 2, {100, 90, 110}, 5}, second = {1, 3, {200, 190, 210}, 6};
    ck_assert_int_eq(verified_store(db, 1, &first), STATUS_OK);
    ck_assert_int_eq(verified_store(db, -1, &first), STATUS_OK);
    ck_assert_int_eq(verified_store(db, -1, &second), STATUS_OK);
    ck_assert_double_eq(case_number(db, "SELECT count(*) FROM verifications"), 2);
    ck_assert_double_eq(case_number(db, "SELECT gain_percent FROM verifications WHERE finding_id IS NULL"), 200);
    ck_assert_double_eq(case_number(db, "SELECT gain_percent FROM verifications WHERE finding_id = 1"), 100);
    sqlite3_close(db);
}
END_TEST

START_TEST(another_speed_than_the_trace_is_told)
{
    sqlite3 *db = with_findings();
    const struct verified verified = {100, 120, {20, 19, 21}, 5};
    struct stats_interval recorded;
    ck_assert_int_eq(figure_read(db, "images_per_s", &recorded), STATUS_NOT_FOUND);
    ck_assert_int_eq(trace_exec(db, "INSERT INTO figure VALUES ('images_per_s', NULL, NULL, NULL)"), STATUS_OK);
    ck_assert_int_eq(figure_read(db, "images_per_s", &recorded), STATUS_OK);
    ck_assert(!verify_speed_changed(recorded.value, &verified));
    ck_assert_int_eq(trace_exec(db, "UPDATE figure SET value = 91.5 WHERE name = 'images_per_s'"), STATUS_OK);
    ck_assert_int_eq(figure_read(db, "images_per_s", &recorded), STATUS_OK);
    ck_assert_double_eq(recorded.value, 91.5);
    ck_assert(!verify_speed_changed(recorded.value, &verified));
    ck_assert(verify_speed_changed(90, &verified));
    ck_assert(verify_speed_changed(112, &verified));
    sqlite3_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verification");
    TCase *tests = tcase_create("verification");
    tcase_add_test(tests, operators_and_all_of_them);
    tcase_add_test(tests, one_finding_of_any_scope);
    tcase_add_test(tests, gain_is_that_of_the_sums_without_outliers);
    tcase_add_test(tests, a_second_verification_replaces_the_first);
    tcase_add_test(tests, another_speed_than_the_trace_is_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
