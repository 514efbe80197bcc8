/* The trace as a file: what is made, what is never replaced, what is left when it is finished. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "support_files.h"
#include "support_trace.h"

START_TEST(created_trace_is_empty_and_growing)
{
    const char *path = scratch_path("a.db");
    sqlite3 *db;

    ck_assert_msg(trace_create(path, &db) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(query_int(db, "PRAGMA application_id"), TRACE_APPLICATION_ID);
    ck_assert_int_eq(query_int(db, "PRAGMA user_version"), TRACE_FORMAT_VERSION);
    ck_assert_str_eq(query_text(db, "PRAGMA journal_mode"), "wal");
    ck_assert_int_eq(query_int(db, "PRAGMA synchronous"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM operators"), 0);
    ck_assert_int_eq(trace_finish(db), STATUS_OK);
    ck_assert_int_eq(size_of(path, "-wal"), -1);
    ck_assert_int_eq(size_of(path, "-shm"), -1);
    db = open_or_stop(path);
    expect_sound(db);
    trace_close(db);
}
END_TEST

/* The contract's views with their columns; more may stand behind them. */
START_TEST(views_have_the_contracts_columns)
{
    static const char *const queries[] = {
        "SELECT run_id, source, command_line, model, device, device_name, policy, memory_format, autocast_dtype, "
        "batch_size,"
        " threads, rank, world_size, started_unix_ns, library_versions FROM runs",
        "SELECT step_id, run_id, step_index, phase, start_ns, dur_ns, images, loss, grad_scale, skipped FROM steps",
        "SELECT module_id, parent_id, path, class FROM modules",
        "SELECT op_id, step_id, sequence, name, phase, module_path, module_class, forward_op_id, thread_id, start_ns, "
        "dur_ns,"
        " device_dur_ns, input_format, output_format, input_shape, output_shape, fused_into FROM operators",
        "SELECT op_id, direction, position, tensor_id, dtype, shape, strides, memory_format, bytes FROM op_tensors",
        "SELECT kernel_id, step_id, op_id, name, role, device, stream, start_ns, dur_ns, correlation_id, bytes_read,"
        " bytes_written, flops FROM kernels",
        "SELECT conversion_id, step_id, op_id, op_name, module_path, phase, kernel_id, cause, from_format, to_format, "
        "shape,"
        " bytes_read, bytes_written, source_dtype, dest_dtype, cached, padded, start_ns, dur_ns FROM conversions",
        "SELECT round_trip_id, step_id, kind, culprits, carriers, first_conversion_id, last_conversion_id, dur_ns, "
        "exposed_ns,"
        " bytes FROM round_trips",
        "SELECT finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step, round_trips_per_step,"
        " dur_ns_per_step, exposed_ns_per_step, penalty_ns_per_step, lost_images_per_s, lost_percent, lost_percent_low,"
        " lost_percent_high, together_with, advice FROM findings",
        "SELECT finding_id, baseline_images_per_s, fixed_images_per_s, gain_percent, gain_percent_low, "
        "gain_percent_high,"
        " pairs FROM verifications",
    };
    const char *path = scratch_path("a.db");
    sqlite3 *db;

    make_trace(path, 2);
    db = open_or_stop(path);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        ck_assert_msg(trace_exec(db, queries[i]) == STATUS_OK, "%s", status_message());
    trace_close(db);
}
END_TEST

/* docs/TRACE-FORMAT.md names every table, view and column, in backquotes. */
START_TEST(every_column_is_documented)
{
    const char *path = scratch_path("a.db");
    sqlite3_stmt *names = NULL;
    struct strbuf text;
    char quoted[200];
    int row, seen = 0;
    sqlite3 *db;

    strbuf_init(&text);
    ck_assert_int_eq(file_read(PROJECT_DIR "/docs/TRACE-FORMAT.md", &text), STATUS_OK);
    make_trace(path, 1);
    db = open_or_stop(path);
    ck_assert_int_eq(
        trace_prepare(db,
                      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
                      " UNION SELECT c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c"
                      " WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite%'",
                      &names),
        STATUS_OK);
    while (trace_step(names, &row) == STATUS_OK && row) {
        seen++;
        snprintf(quoted, sizeof quoted, "`%s`", (const char *)sqlite3_column_text(names, 0));
        ck_assert_msg(strstr(text.text, quoted) != NULL, "docs/TRACE-FORMAT.md does not tell about %s", quoted);
    }
    ck_assert_int_gt(seen, 100);
    sqlite3_finalize(names);
    trace_close(db);
    strbuf_release(&text);
}
END_TEST

START_TEST(only_a_trace_is_replaced)
{
    const char *text = scratch_path("notes.txt"), *empty = scratch_path("empty"), *other = scratch_path("other.db");
    const char *folder = scratch_path("folder"), *nowhere = scratch_path("nowhere/a.db");
    sqlite3 *db;

    write_file(text, "precious");
    write_file(empty, "");
    ck_assert_int_eq(sqlite3_open(other, &db), SQLITE_OK);
    ck_assert_int_eq(trace_exec(db, "CREATE TABLE precious (a)"), STATUS_OK);
    sqlite3_close(db);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    expect_create_fails(text, "not a clprof trace");
    expect_create_fails(empty, "not a clprof trace");
    expect_create_fails(other, "not a clprof trace");
    expect_create_fails(folder, "not a clprof trace");
    expect_create_fails(nowhere, "No such file or directory");
    ck_assert_int_eq(size_of(text, ""), 8);
    ck_assert_int_gt(size_of(other, ""), 0);
}
END_TEST

START_TEST(a_killed_trace_is_replaced_with_its_log)
{
    const char *path = scratch_path("a.db");
    sqlite3 *db;

    make_left_behind(path);
    ck_assert_msg(trace_create(path, &db) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 0);
    ck_assert_int_eq(trace_exec(db, "INSERT INTO run (source) VALUES ('train')"), STATUS_OK);
    ck_assert_int_eq(trace_finish(db), STATUS_OK);
    db = open_or_stop(path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM run"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 0);
    expect_sound(db);
    trace_close(db);
}
END_TEST

START_TEST(a_trace_in_use_is_not_replaced)
{
    const char *path = scratch_path("a.db");
    sqlite3 *db;

    ck_assert_int_eq(trace_create(path, &db), STATUS_OK);
    expect_create_fails(path, "another process is recording");
    ck_assert_int_eq(trace_exec(db, "INSERT INTO run (source) VALUES ('train')"), STATUS_OK);
    ck_assert_int_eq(trace_finish(db), STATUS_OK);
    db = open_or_stop(path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM run"), 1);
    trace_close(db);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    const char *path = scratch_path("real.db"), *link = scratch_path("link.db");
    struct stat facts;
    sqlite3 *db;

    make_trace(path, 1);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_msg(trace_create(link, &db) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(trace_finish(db), STATUS_OK);
    ck_assert_int_eq(lstat(link, &facts), 0);
    ck_assert(S_ISLNK(facts.st_mode));
    db = open_or_stop(path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 0);
    trace_close(db);
}
END_TEST

/* A reader keeps the log; what was recorded is there all the same, and finishing does not fail. */
START_TEST(finish_with_a_reader)
{
    const char *path = scratch_path("a.db");
    sqlite3 *db, *reader;

    ck_assert_int_eq(trace_create(path, &db), STATUS_OK);
    ck_assert_int_eq(trace_exec(db, "INSERT INTO run (source) VALUES ('train')"), STATUS_OK);
    reader = open_or_stop(path);
    ck_assert_int_eq(query_int(reader, "SELECT count(*) FROM run"), 1);
    ck_assert_int_eq(trace_exec(db, "PRAGMA busy_timeout=10"), STATUS_OK);
    ck_assert_msg(trace_finish(db) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(query_int(reader, "SELECT count(*) FROM run"), 1);
    trace_close(reader);
}
END_TEST

START_TEST(failures_name_the_statement)
{
    const char *path = scratch_path("a.db");
    sqlite3_stmt *statement = NULL;
    sqlite3 *db;
    int row;

    make_trace(path, 1);
    db = open_or_stop(path);
    ck_assert_int_eq(trace_exec(db, "SELECT * FROM nowhere"), STATUS_DATABASE);
    ck_assert_ptr_nonnull(strstr(status_message(), "no such table: nowhere, in: SELECT * FROM nowhere"));
    ck_assert_int_eq(trace_prepare(db, "SELECT ?1, ?2, ?3, ?4", &statement), STATUS_OK);
    trace_bind_text(statement, 1, NULL);
    trace_bind_number(statement, 2, strtod("nan", NULL));
    trace_bind_number(statement, 3, 0.5);
    trace_bind_int(statement, 4, -7);
    ck_assert_int_eq(trace_step(statement, &row), STATUS_OK);
    ck_assert_int_eq(row, 1);
    ck_assert_int_eq(sqlite3_column_type(statement, 0), SQLITE_NULL);
    ck_assert_int_eq(sqlite3_column_type(statement, 1), SQLITE_NULL);
    ck_assert(sqlite3_column_double(statement, 2) == 0.5);
    ck_assert_int_eq(sqlite3_column_int64(statement, 3), -7);
    ck_assert_int_eq(trace_step(statement, &row), STATUS_OK);
    ck_assert_int_eq(row, 0);
    sqlite3_finalize(statement);
    trace_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tests = tcase_create("trace");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, created_trace_is_empty_and_growing);
    tcase_add_test(tests, views_have_the_contracts_columns);
    tcase_add_test(tests, every_column_is_documented);
    tcase_add_test(tests, only_a_trace_is_replaced);
    tcase_add_test(tests, a_killed_trace_is_replaced_with_its_log);
    tcase_add_test(tests, a_trace_in_use_is_not_replaced);
    tcase_add_test(tests, a_link_stays_a_link);
    tcase_add_test(tests, finish_with_a_reader);
    tcase_add_test(tests, failures_name_the_statement);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
