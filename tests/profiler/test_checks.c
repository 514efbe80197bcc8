/* checks.sql: every rule finds the row that breaks it. A rule without a case here fails the test. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/check.h"
#include "profiler/trace_int.h"
#include "support_trace.h"

/* What breaks a sound trace of two small steps (ops 1-8 and 9-16, kernels 1-7 and 8-14), and the rule that says so. */
static const struct {
    const char *rule, *damage;
} cases[] = {
    {"operator_definition_exists", "UPDATE op SET op_def_id = 99 WHERE op_id = 5"},
    {"kernel_definition_exists", "UPDATE kernel SET kernel_def_id = 99 WHERE kernel_id = 5"},
    {"conversion_definition_exists", "UPDATE conversion SET conversion_def_id = 99 WHERE conversion_id = 5"},
    {"module_exists", "UPDATE op_def SET module_id = 99 WHERE op_def_id = 2"},
    {"module_exists", "UPDATE module SET parent_id = 99"},
    {"tensor_operator_exists", "DELETE FROM op_def WHERE op_def_id = 8"},
    {"one_tensor_per_position", "UPDATE op_tensor_def SET position = 0 WHERE op_def_id = 1 AND direction = 'in'"},
    {"run_exists", "UPDATE step SET run_id = 2 WHERE step_id = 1"},
    {"step_exists", "UPDATE op SET step_id = 9 WHERE op_id = 1"},
    {"step_exists", "UPDATE kernel SET step_id = 9 WHERE kernel_id = 1"},
    {"step_exists", "UPDATE conversion SET step_id = 9 WHERE conversion_id = 1"},
    {"one_step_per_index", "UPDATE step SET step_index = 0"},
    {"no_negative_duration", "UPDATE kernel SET dur_ns = -1 WHERE kernel_id = 3"},
    {"no_negative_duration", "UPDATE op SET device_dur_ns = -1 WHERE op_id = 3"},
    {"steps_follow_each_other", "UPDATE step SET start_ns = start_ns - 1 WHERE step_index = 1"},
    {"operator_within_step", "UPDATE op SET dur_ns = 100000 WHERE op_id = 8"},
    {"operator_within_step", "UPDATE op SET start_ns = -5 WHERE op_id = 3"},
    {"kernel_has_operator", "UPDATE kernel SET op_id = NULL WHERE kernel_id = 2"},
    {"kernel_has_operator", "UPDATE kernel SET op_id = 99 WHERE kernel_id = 2"},
    {"kernel_in_operators_step", "UPDATE kernel SET step_id = 2 WHERE kernel_id = 2"},
    {"kernel_within_operator", "UPDATE kernel SET dur_ns = dur_ns + 101 WHERE kernel_id = 2"},
    {"conversion_has_operator", "UPDATE conversion SET op_id = NULL WHERE conversion_id = 2"},
    {"conversion_in_operators_step", "UPDATE conversion SET step_id = 2 WHERE conversion_id = 2"},
    {"conversion_kernel_of_same_operator", "UPDATE conversion SET kernel_id = 2 WHERE conversion_id = 1"},
    {"conversion_kernel_of_same_operator", "UPDATE conversion SET kernel_id = 99 WHERE conversion_id = 1"},
    {"conversion_without_kernel_has_no_time", "UPDATE conversion SET dur_ns = 1 WHERE conversion_id = 2"},
    {"conversion_changes_format", "UPDATE conversion_def SET from_format = to_format WHERE conversion_def_id = 1"},
    {"conversion_changes_format", "UPDATE conversion_def SET from_format = 'either' WHERE conversion_def_id = 1"},
    {"fused_operator_has_no_time", "UPDATE op SET dur_ns = 1 WHERE op_id = 3"},
    {"operator_has_time", "UPDATE op SET dur_ns = NULL WHERE op_id = 2"},
    {"fused_after_its_host", "UPDATE op SET fused_into = 8 WHERE op_id = 3"},
    {"fused_after_its_host", "UPDATE op SET fused_into = 2 WHERE op_id = 11"},
    {"fused_after_its_host", "UPDATE op SET fused_into = 3 WHERE op_id = 4"},
    {"forward_operator_earlier_in_step", "UPDATE op SET forward_op_id = 2 WHERE op_id = 15"},
    {"forward_operator_earlier_in_step", "UPDATE op SET forward_op_id = 8 WHERE op_id = 7"},
    {"one_producer_per_tensor", "UPDATE op_tensor_def SET tensor = 2 WHERE tensor = 7 AND direction = 'out'"},
    {"produced_before_consumed", "UPDATE op_tensor_def SET tensor = 8 WHERE tensor = 2 AND direction = 'in'"},
    {"known_word", "UPDATE op_def SET phase = 'evaluation' WHERE op_def_id = 1"},
    {"known_word", "UPDATE op_tensor_def SET memory_format = 'NHWC' WHERE tensor = 2"},
    {"known_word", "UPDATE kernel_def SET role = 'reorder' WHERE kernel_def_id = 1"},
    {"known_word", "UPDATE conversion_def SET cause = 'permute' WHERE conversion_def_id = 1"},
    {"known_word", "UPDATE op SET level = 2 WHERE op_id = (SELECT min(op_id) FROM op)"},
    {"known_word", "UPDATE step SET mode = 'watched' WHERE step_id = 1"},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static sqlite3 *two_steps(void)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    struct small_model model;
    sqlite3 *db = NULL;

    declare_small_model(recorder_observer(recorder), &model);
    for (int i = 0; i < 2; i++)
        run_small_step(recorder_observer(recorder), &model, i, (int64_t)i * STEP_LENGTH_NS);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    ck_assert_int_eq(trace_open(path, 1, &db), STATUS_OK);
    return db;
}

START_TEST(rule_finds_its_damage)
{
    sqlite3 *db = two_steps();
    struct strbuf report;
    char line[100];
    int64_t broken;

    expect_sound(db);
    ck_assert_msg(trace_exec(db, cases[_i].damage) == STATUS_OK, "%s", status_message());
    ck_assert_msg(sqlite3_changes(db) > 0, "no damage: %s", cases[_i].damage);
    strbuf_init(&report);
    ck_assert_int_eq(trace_check(db, &report, &broken), STATUS_OK);
    snprintf(line, sizeof line, "%s: ", cases[_i].rule);
    ck_assert_msg(strstr(report.text, line) != NULL, "%s after: %s; found:\n%s", cases[_i].rule, cases[_i].damage,
                  report.text);
    ck_assert_int_gt(broken, 0);
    strbuf_release(&report);
    trace_close(db);
}
END_TEST

/* The operators fused into one host are one to the outside: their tensors need no order among themselves. */
START_TEST(order_within_one_host_is_free)
{
    sqlite3 *db = two_steps();

    ck_assert_int_eq(
        trace_exec(db, "UPDATE op_tensor_def SET tensor = 5 WHERE op_def_id = 3 AND direction = 'in' AND tensor = 3;"
                       "UPDATE op_tensor_def SET tensor = 3 WHERE op_def_id = 4 AND direction = 'in' AND tensor = 4"),
        STATUS_OK);
    expect_sound(db);
    trace_close(db);
}
END_TEST

START_TEST(every_rule_has_a_case)
{
    for (const char *at = strstr(trace_sql("checks.sql"), "SELECT '"); at; at = strstr(at + 1, "SELECT '")) {
        size_t length = strcspn(at + 8, "'");
        int found = 0;

        for (int i = 0; i < CASES; i++)
            found += strlen(cases[i].rule) == length && !strncmp(cases[i].rule, at + 8, length);
        ck_assert_msg(found > 0, "no case for %.*s", (int)length, at + 8);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checks");
    TCase *tests = tcase_create("checks");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_add_loop_test(tests, rule_finds_its_damage, 0, CASES);
    tcase_add_test(tests, order_within_one_host_is_free);
    tcase_add_test(tests, every_rule_has_a_case);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
