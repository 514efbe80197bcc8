/* The trace as a file: what is made, what is never replaced, and one clear line for everything that is no sound trace. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "support_trace.h"

#define NOBODY 65534

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void overwrite(const char *path, long offset, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, offset, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}

static int64_t size_of(const char *path, const char *suffix)
{
    struct stat facts;
    char name[700];

    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &facts) == 0 ? facts.st_size : -1;
}

/* A finished trace of `steps` small steps. */
static void make_trace(const char *path, int steps)
{
    struct recorder *recorder = start_recorder(path);
    struct small_model model;

    declare_small_model(recorder_observer(recorder), &model);
    for (int i = 0; i < steps; i++)
        run_small_step(recorder_observer(recorder), &model, i, (int64_t)i * STEP_LENGTH_NS);
    ck_assert_msg(recorder_finish(recorder) == STATUS_OK, "%s", status_message());
}

/* A trace whose process ended without closing it: one step row, only in -wal. */
static void make_left_behind(const char *path)
{
    pid_t child = fork();
    sqlite3 *db;
    int how;

    if (child == 0) {
        if (trace_create(path, &db) == STATUS_OK &&
            trace_exec(db, "INSERT INTO run (source) VALUES ('train');"
                           "INSERT INTO step (run_id, step_index, start_ns, dur_ns) VALUES (1, 0, 5, 6)") == STATUS_OK)
            raise(SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    ck_assert_int_gt(size_of(path, "-wal"), 0);
}

static void expect_open_fails(const char *path, int writable, enum status expected, const char *words)
{
    sqlite3 *db = (sqlite3 *)1;
    enum status status = trace_open(path, writable, &db);

    ck_assert_msg(status == expected, "%s: %s", status_name(status), status_message());
    ck_assert_ptr_null(db);
    ck_assert_msg(strstr(status_message(), path) != NULL, "no path in: %s", status_message());
    ck_assert_msg(strstr(status_message(), words) != NULL, "no '%s' in: %s", words, status_message());
    ck_assert_ptr_null(strchr(status_message(), '\n'));
}

static void expect_create_fails(const char *path, const char *words)
{
    sqlite3 *db = (sqlite3 *)1;
    enum status status = trace_create(path, &db);

    ck_assert_msg(status == STATUS_IO, "%s: %s", status_name(status), status_message());
    ck_assert_ptr_null(db);
    ck_assert_msg(strstr(status_message(), path) != NULL, "no path in: %s", status_message());
    ck_assert_msg(strstr(status_message(), words) != NULL, "no '%s' in: %s", words, status_message());
}

/* Runs a check in a child without root's rights, for which read-only means read-only. */
static void as_nobody(void (*body)(const char *), const char *path)
{
    pid_t child = fork();
    int how;

    if (child == 0) {
        if (geteuid() == 0 && setuid(NOBODY) != 0)
            _exit(99);
        body(path); /* a failed assertion ends the child with a signal or a code */
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "the child failed: %d", how);
}

/* Makes the scratch folder readable for nobody, writable for nobody but root. */
static void close_folder(const char *path, mode_t mode)
{
    char folder[600];

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    ck_assert_int_eq(chmod(folder, mode), 0);
}

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
        "SELECT run_id, source, command_line, model, device, device_name, policy, memory_format, autocast_dtype, batch_size,"
        " threads, rank, world_size, started_unix_ns, library_versions FROM runs",
        "SELECT step_id, run_id, step_index, phase, start_ns, dur_ns, images, loss, grad_scale, skipped FROM steps",
        "SELECT module_id, parent_id, path, class FROM modules",
        "SELECT op_id, step_id, sequence, name, phase, module_path, module_class, forward_op_id, thread_id, start_ns, dur_ns,"
        " device_dur_ns, input_format, output_format, input_shape, output_shape, fused_into FROM operators",
        "SELECT op_id, direction, position, tensor_id, dtype, shape, strides, memory_format, bytes FROM op_tensors",
        "SELECT kernel_id, step_id, op_id, name, role, device, stream, start_ns, dur_ns, correlation_id, bytes_read,"
        " bytes_written, flops FROM kernels",
        "SELECT conversion_id, step_id, op_id, op_name, module_path, phase, kernel_id, cause, from_format, to_format, shape,"
        " bytes_read, bytes_written, source_dtype, dest_dtype, cached, padded, start_ns, dur_ns FROM conversions",
        "SELECT round_trip_id, step_id, kind, culprits, carriers, first_conversion_id, last_conversion_id, dur_ns, exposed_ns,"
        " bytes FROM round_trips",
        "SELECT finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step, round_trips_per_step,"
        " dur_ns_per_step, exposed_ns_per_step, penalty_ns_per_step, lost_images_per_s, lost_percent, lost_percent_low,"
        " lost_percent_high, together_with, advice FROM findings",
        "SELECT finding_id, baseline_images_per_s, fixed_images_per_s, gain_percent, gain_percent_low, gain_percent_high,"
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
    ck_assert_int_eq(trace_prepare(db, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
                                       " UNION SELECT c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c"
                                       " WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite%'", &names), STATUS_OK);
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

START_TEST(not_a_trace)
{
    const char *text = scratch_path("notes.txt"), *empty = scratch_path("empty"), *other = scratch_path("other.db");
    const char *folder = scratch_path("folder");
    char identity[60];
    sqlite3 *db;

    expect_open_fails(scratch_path("missing.db"), 0, STATUS_NOT_FOUND, "no such trace");
    write_file(text, "{\"traceEvents\": []}");
    expect_open_fails(text, 0, STATUS_CORRUPT, "no SQLite file");
    write_file(empty, "");
    expect_open_fails(empty, 0, STATUS_CORRUPT, "is empty");
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    expect_open_fails(folder, 0, STATUS_CORRUPT, "is a folder");
    ck_assert_int_eq(sqlite3_open(other, &db), SQLITE_OK);
    ck_assert_int_eq(trace_exec(db, "CREATE TABLE precious (a)"), STATUS_OK);
    sqlite3_close(db);
    expect_open_fails(other, 0, STATUS_CORRUPT, "not a clprof trace");
    expect_open_fails(other, 1, STATUS_CORRUPT, "not a clprof trace");
    /* The right name on a database without the tables. */
    snprintf(identity, sizeof identity, "PRAGMA application_id=%d", TRACE_APPLICATION_ID);
    ck_assert_int_eq(sqlite3_open(other, &db), SQLITE_OK);
    ck_assert_int_eq(trace_exec(db, identity), STATUS_OK);
    sqlite3_close(db);
    expect_open_fails(other, 0, STATUS_CORRUPT, "is damaged");
}
END_TEST

START_TEST(newer_format_says_both_numbers)
{
    const char *path = scratch_path("a.db");
    char words[100];
    sqlite3 *db;

    make_trace(path, 1);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(trace_exec(db, "PRAGMA user_version=77"), STATUS_OK);
    sqlite3_close(db);
    snprintf(words, sizeof words, "format 77, this clprof reads up to %d", TRACE_FORMAT_VERSION);
    expect_open_fails(path, 0, STATUS_UNSUPPORTED, words);
}
END_TEST

/* Any cut is found: in the header, within the first pages, one byte before the end. */
START_TEST(cut_short)
{
    const char *whole = scratch_path("whole.db"), *path = scratch_path("cut.db");
    static const double parts[] = {0.00001, 0.01, 0.3, 0.9, 0.9999};
    char command[1400];
    int64_t bytes;

    make_trace(whole, 20);
    bytes = size_of(whole, "");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(command, sizeof command, "cp '%s' '%s'", whole, path);
        ck_assert_int_eq(system(command), 0);
        ck_assert_int_eq(truncate(path, (off_t)((double)bytes * parts[i]) + 1), 0);
        expect_open_fails(path, 0, STATUS_CORRUPT, i == 0 ? "no SQLite file" : "is cut short");
    }
}
END_TEST

/* A page of nonsense: every page that is a node of some table's tree makes the open fail; none makes it crash. */
START_TEST(damaged_pages)
{
    const char *whole = scratch_path("whole.db"), *path = scratch_path("bad.db");
    char nonsense[512], command[1400];
    int64_t pages;
    int found = 0;
    sqlite3 *db;

    memset(nonsense, 0xA5, sizeof nonsense);
    make_trace(whole, 20);
    db = open_or_stop(whole);
    pages = query_int(db, "PRAGMA page_count");
    trace_close(db);
    ck_assert_int_gt(pages, 20);
    for (int64_t page = 2; page <= pages; page++) {
        snprintf(command, sizeof command, "cp '%s' '%s'", whole, path);
        ck_assert_int_eq(system(command), 0);
        overwrite(path, (long)(page - 1) * 4096, nonsense, sizeof nonsense);
        expect_open_fails(path, 0, STATUS_CORRUPT, "is damaged");
        found++;
    }
    ck_assert_int_eq(found, pages - 1);
}
END_TEST

START_TEST(a_killed_trace_opens_with_its_steps)
{
    const char *path = scratch_path("a.db");
    sqlite3 *db;

    make_left_behind(path);
    db = open_or_stop(path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 1);
    expect_sound(db);
    trace_close(db);
    ck_assert_int_eq(trace_open(path, 1, &db), STATUS_OK);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 1);
    ck_assert_int_eq(trace_finish(db), STATUS_OK);
    ck_assert_int_eq(size_of(path, "-wal"), -1);
}
END_TEST

static void open_left_behind(const char *path)
{
    sqlite3 *db = open_or_stop(path);

    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 1);
    trace_close(db);
    expect_open_fails(path, 1, STATUS_IO, "cannot be written");
}

static void open_left_behind_without_shm(const char *path)
{
    expect_open_fails(path, 0, STATUS_IO, "-wal");
    expect_open_fails(path, 0, STATUS_IO, "writable folder");
}

/* In a folder where nothing can be written, the log is read as it is; only without -shm it cannot be. */
START_TEST(a_killed_trace_in_a_read_only_folder)
{
    const char *path = scratch_path("a.db");
    char shm[600];

    make_left_behind(path);
    close_folder(path, 0555);
    as_nobody(open_left_behind, path);
    snprintf(shm, sizeof shm, "%s-shm", path);
    close_folder(path, 0755);
    ck_assert_int_eq(unlink(shm), 0);
    close_folder(path, 0555);
    as_nobody(open_left_behind_without_shm, path);
    close_folder(path, 0755);
}
END_TEST

static void open_finished_read_only(const char *path)
{
    sqlite3 *db = open_or_stop(path);

    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 2);
    ck_assert_int_eq(trace_exec(db, "DELETE FROM step"), STATUS_IO);
    trace_close(db);
    expect_open_fails(path, 1, STATUS_IO, "cannot be written");
    expect_create_fails(path, "cannot be made");
}

static void open_file_read_only(const char *path)
{
    expect_open_fails(path, 1, STATUS_IO, "cannot be written");
    expect_create_fails(path, "is read-only");
}

static void open_without_rights(const char *path)
{
    expect_open_fails(path, 0, STATUS_IO, "Permission denied");
}

START_TEST(read_only_places)
{
    const char *path = scratch_path("a.db");
    sqlite3 *db;

    make_trace(path, 2);
    ck_assert_int_eq(chmod(path, 0666), 0);
    close_folder(path, 0555);
    as_nobody(open_finished_read_only, path);
    close_folder(path, 0777);
    ck_assert_int_eq(chmod(path, 0444), 0);
    as_nobody(open_file_read_only, path);
    ck_assert_int_eq(chmod(path, 0), 0);
    as_nobody(open_without_rights, path);
    /* The same in WAL mode, without any -wal: copied away while a reader held it, say. */
    ck_assert_int_eq(chmod(path, 0666), 0);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(trace_exec(db, "PRAGMA journal_mode=WAL; PRAGMA user_version=1"), STATUS_OK);
    sqlite3_close(db);
    close_folder(path, 0555);
    as_nobody(open_finished_read_only, path);
    close_folder(path, 0755);
}
END_TEST

START_TEST(names_that_look_like_something_else)
{
    const char *names[] = {"a b.db", "100%25?mode=memory#x.db", "file:a.db", "tr\303\244ce.db"};
    sqlite3 *db;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = scratch_path(names[i]);
        make_trace(path, 1);
        ck_assert_int_gt(size_of(path, ""), 0);
        db = open_or_stop(path);
        ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 1);
        trace_close(db);
    }
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
    tcase_add_test(tests, not_a_trace);
    tcase_add_test(tests, newer_format_says_both_numbers);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, damaged_pages);
    tcase_add_test(tests, a_killed_trace_opens_with_its_steps);
    tcase_add_test(tests, a_killed_trace_in_a_read_only_folder);
    tcase_add_test(tests, read_only_places);
    tcase_add_test(tests, names_that_look_like_something_else);
    tcase_add_test(tests, finish_with_a_reader);
    tcase_add_test(tests, failures_name_the_statement);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
