/* Opening a trace: one clear line for everything that is no sound trace, and the steps of one that was left behind. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support_files.h"
#include "support_trace.h"

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
    ck_assert_int_eq(trace_exec(db, "PRAGMA journal_mode=WAL; PRAGMA user_version=2"), STATUS_OK);
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

int main(void)
{
    Suite *suite = suite_create("open");
    TCase *tests = tcase_create("open");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, not_a_trace);
    tcase_add_test(tests, newer_format_says_both_numbers);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, damaged_pages);
    tcase_add_test(tests, a_killed_trace_opens_with_its_steps);
    tcase_add_test(tests, a_killed_trace_in_a_read_only_folder);
    tcase_add_test(tests, read_only_places);
    tcase_add_test(tests, names_that_look_like_something_else);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
