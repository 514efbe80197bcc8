/*
 * Queries, exports and comparisons of hand-made traces: what is printed, what is refused, that the file stays as it
 * was.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "profiler/trace.h"
#include "reports/report.h"
#include "reports/support_form.h"
#include "reports/support_trace.h"
#include "reports/text.h"

static char folder[200];
static char small_path[256], large_path[256];
static sqlite3 *small_trace, *large_trace;

struct job {
    sqlite3 *db, *other;
    const char *text;
    enum query_format format;
    enum report_format report;
};

static enum status run_query(void *argument, FILE *out)
{
    struct job *job = argument;

    return report_query(job->db, job->text, job->format, out);
}

static enum status run_csv(void *argument, FILE *out)
{
    struct job *job = argument;

    return report_export(job->db, EXPORT_CSV, job->text, out);
}

static enum status run_perfetto(void *argument, FILE *out)
{
    struct job *job = argument;

    return report_export(job->db, EXPORT_PERFETTO, NULL, out);
}

static enum status run_compare(void *argument, FILE *out)
{
    struct job *job = argument;

    return report_compare(&(struct report_trace){job->db, "a.db"}, &(struct report_trace){job->other, "b.db"}, job->report, out);
}

static void check_query(const char *sql, const char *expected)
{
    struct job job = {.db = small_trace, .text = sql};
    enum status status;
    char *text = written(run_query, &job, &status);

    ck_assert_msg(status == STATUS_OK, "%s", status_message());
    ck_assert_str_eq(text, expected);
    free(text);
}

static void check_query_fails(const char *sql, enum status expected, const char *message)
{
    struct job job = {.db = small_trace, .text = sql};
    enum status status;

    free(written(run_query, &job, &status));
    ck_assert_msg(status == expected, "%s: %s", sql, status_name(status));
    ck_assert_str_eq(status_message(), message);
}

START_TEST(query_aligns_columns)
{
    check_query("SELECT name, count(*) AS n, max(dur_ns) AS longest FROM operators GROUP BY name ORDER BY name LIMIT 4",
                "name                         n  longest\n"
                "aten::convolution           10   450000\n"
                "aten::convolution_backward   5   450000\n"
                "aten::mean                   5   450000\n"
                "aten::relu                   5   450000\n");
    check_query("SELECT NULL AS a, 'two\nlines' || char(27) AS b, x'00ff' AS c",
                "a     b               c\nNULL  two\\nlines\\x1b  x'00ff'\n");
    check_query("SELECT 1 AS a WHERE 0", "a\n");
    check_query("-- nothing\n ; ", "");
}
END_TEST

START_TEST(query_runs_several_statements)
{
    check_query("SELECT 1 AS a; SELECT 2 AS b;", "a\n1\n\nb\n2\n");
}
END_TEST

START_TEST(query_streams_past_the_held_rows)
{
    struct job job = {.db = large_trace, .text = "SELECT op_id, name FROM operators"};
    enum status status;
    char *text = written(run_query, &job, &status);

    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_uint_eq(occurrences(text, "\n"), 13 * 600 + 1);
    free(text);
}
END_TEST

START_TEST(query_errors_say_where)
{
    check_query_fails("SELECT *\nFROM operators\nWHERE nme = 1", STATUS_DATABASE,
                      "SQL error in line 3, column 7: no such column: nme");
    check_query_fails("SELECT 1; SELEC 2", STATUS_DATABASE,
                      "SQL error in line 1, column 11: near \"SELEC\": syntax error");
    check_query_fails("SELECT * FROM operatrs", STATUS_DATABASE,
                      "SQL error in line 1, column 15: no such table: operatrs; near that: operators");
}
END_TEST

static char *file_bytes(const char *path)
{
    struct strbuf text;

    strbuf_init(&text);
    ck_assert_int_eq(file_read(path, &text), STATUS_OK);
    return strbuf_take(&text);
}

START_TEST(query_refuses_every_change)
{
    static const char *const statements[] = {"DELETE FROM finding",
                                             "INSERT INTO note VALUES (9, 'x')",
                                             "UPDATE run SET model = 'x'",
                                             "DROP TABLE finding",
                                             "CREATE TABLE x (a)",
                                             "CREATE TEMP TABLE x (a)",
                                             "ALTER TABLE run ADD COLUMN x",
                                             "ATTACH 'other.db' AS other",
                                             "PRAGMA user_version = 7",
                                             "PRAGMA journal_mode = WAL",
                                             "PRAGMA writable_schema = 1",
                                             "VACUUM",
                                             "VACUUM INTO 'x.db'",
                                             "REINDEX",
                                             "ANALYZE",
                                             "BEGIN",
                                             "SAVEPOINT x",
                                             "DETACH main",
                                             "SELECT load_extension('x')",
                                             "WITH x AS (SELECT 1) DELETE FROM note",
                                             "SELECT 1; DELETE FROM note",
                                             "EXPLAIN DELETE FROM note"};
    sqlite3 *writable;
    char *before = file_bytes(small_path), *after;

    ck_assert_int_eq(trace_open(small_path, 1, &writable), STATUS_OK);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        struct job job = {.db = writable, .text = statements[i]};
        enum status status;

        free(written(run_query, &job, &status));
        ck_assert_msg(status == STATUS_UNSUPPORTED, "%s: %s, %s", statements[i], status_name(status), status_message());
    }
    ck_assert_int_eq(sqlite3_total_changes(writable), 0);
    trace_close(writable);
    after = file_bytes(small_path);
    ck_assert_int_eq(memcmp(before, after, 100), 0);
    free(before);
    free(after);
}
END_TEST

START_TEST(query_allows_pragmas_that_tell)
{
    check_query("PRAGMA user_version", "user_version\n           4\n");
    check_query("SELECT name FROM pragma_table_info('note')", "name\nnote_id\ntext\n");
    check_query("SELECT sum(value) AS n FROM json_each('[8,3,16,16]')", " n\n43\n");
}
END_TEST

START_TEST(query_reads_a_read_only_file)
{
    struct job job = {.text = "SELECT count(*) AS n FROM steps"};
    enum status status;
    char *text;

    ck_assert_int_eq(chmod(small_path, 0444), 0);
    job.db = trace_opened(small_path);
    text = written(run_query, &job, &status);
    ck_assert_str_eq(text, "n\n5\n");
    free(text);
    trace_close(job.db);
    ck_assert_int_eq(chmod(small_path, 0644), 0);
}
END_TEST

START_TEST(named_queries_are_offered)
{
    ck_assert_int_eq(report_named_query(small_trace, "conversion", QUERY_TEXT, stdout), STATUS_NOT_FOUND);
    ck_assert_str_eq(status_message(),
                     "no query is named 'conversion'; near that: conversions; clprof query --list shows all");
}
END_TEST

START_TEST(csv_export_is_rfc_4180)
{
    struct job job = {.db = small_trace, .text = "modules"};
    enum status status;
    char *text = written(run_csv, &job, &status);

    ck_assert_str_eq(text, "module_id,parent_id,path,class\r\n1,,\"\",Toy\r\n2,1,stem.conv,Conv2d\r\n"
                           "3,1,stem.resize,Upsample\r\n4,1,\"head, \"\"last\"\"\",Conv2d\r\n");
    free(text);
    job.text = NULL;
    text = written(run_csv, &job, &status);
    ck_assert_uint_eq(occurrences(text, "\r\n"), 1 + 15);
    ck_assert_int_eq(strncmp(text, "conversion_id,step_id,", 22), 0);
    free(text);
    job.text = "run; DROP TABLE run";
    free(written(run_csv, &job, &status));
    ck_assert_int_eq(status, STATUS_NOT_FOUND);
}
END_TEST

START_TEST(perfetto_export_holds_every_event)
{
    struct job job = {.db = small_trace};
    enum status status;
    char *text = written(run_perfetto, &job, &status);

    ck_assert_msg(status == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(json_error(text), -1);
    ck_assert_int_eq(utf8_error(text), -1);
    /* 5 steps, 6 operators with a time in each, 2 conversions with a time, 4 kernels */
    ck_assert_uint_eq(occurrences(text, "\"ph\":\"X\""), 5 * (1 + 6 + 2 + 4));
    ck_assert_uint_eq(occurrences(text, "\"ph\":\"C\""), 2 * 5);
    ck_assert_uint_eq(occurrences(text, "{\"ph\":\"X\",\"pid\":11,"), 5);
    ck_assert_ptr_nonnull(strstr(text, "{\"ph\":\"X\",\"pid\":13,\"tid\":1,\"name\":\"channels_last to contiguous\","
                                       "\"cat\":\"conversion,round_trip\",\"cname\":\"terrible\",\"ts\":1000.000,\"dur\":100.000,\"args\":{\"cause\":\"operator\""));
    ck_assert_ptr_nonnull(strstr(text, "\"args\":{\"name\":\"cuda stream 7\"}"));
    /* an arrow a round trip: its two ends, and the culprit and the carrier between them */
    ck_assert_uint_eq(occurrences(text, "{\"ph\":\"s\""), 5);
    ck_assert_uint_eq(occurrences(text, "{\"ph\":\"t\""), 10);
    ck_assert_uint_eq(occurrences(text, "{\"ph\":\"f\""), 5);
    ck_assert(json_is(text, "displayTimeUnit", "\"ms\""));
    free(text);
}
END_TEST

START_TEST(compare_shows_both_and_warns)
{
    struct job job = {.db = small_trace, .other = large_trace};
    enum status status;
    char *text = written(run_compare, &job, &status), *expected = expected_text("expected/compare.txt", text);

    ck_assert_str_eq(text, expected);
    free(expected);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_msg(utf8_width(line) <= TEXT_WIDTH, "%s", line);
    free(text);
}
END_TEST

START_TEST(compare_of_a_trace_with_itself_differs_nowhere)
{
    struct job job = {.db = small_trace, .other = small_trace};
    enum status status;
    char *text = written(run_compare, &job, &status);

    ck_assert_ptr_nonnull(strstr(text, "No significant difference in throughput: +0.00 % ["));
    ck_assert_ptr_nonnull(strstr(text, "The set-up is the same."));
    ck_assert_ptr_nonnull(strstr(text, "same    aten::upsample_bicubic2d."));
    ck_assert_ptr_null(strstr(text, "different models"));
    free(text);
}
END_TEST

/* B is A without its culprit: what was found in A is fixed, the other way round it is new. */
START_TEST(compare_finds_what_is_new_and_what_is_fixed)
{
    char path[300];
    struct job job = {.db = small_trace, .report = REPORT_JSON};
    enum status status;
    sqlite3 *fixed;
    char *text;

    snprintf(path, sizeof path, "%s/fixed.db", folder);
    trace_from_script(path, "small.sql");
    ck_assert_int_eq(sqlite3_open(path, &fixed), SQLITE_OK);
    ck_assert_int_eq(trace_exec(fixed, "UPDATE finding SET verdict = 'clean', conversions_per_step = 0, round_trips_per_step = 0,"
                                       " lost_percent = 0, lost_percent_low = 0, lost_percent_high = 0 WHERE verdict = 'thrash';"
                                       "UPDATE run SET policy = 'torch-2.15-cpu'; DELETE FROM round_trip;"
                                       "UPDATE figure SET value = 2200, low = 2190, high = 2210 WHERE name = 'images_per_s'"),
                     STATUS_OK);
    ck_assert_int_eq(trace_digest(fixed), STATUS_OK);
    sqlite3_close(fixed);
    job.other = trace_opened(path);
    text = written(run_compare, &job, &status);
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_int_eq(json_error(text), -1);
    ck_assert(json_is(text, "operators.1.op_name", "\"aten::upsample_bicubic2d\""));
    ck_assert(json_is(text, "operators.1.change", "\"fixed\""));
    ck_assert(json_is(text, "operators.1.a.conversions_per_step", "2"));
    ck_assert(json_is(text, "operators.1.b.conversions_per_step", "0"));
    ck_assert(json_is(text, "operators.1.more_lost.value", "-7.525"));
    ck_assert(json_is(text, "figures.images_per_s.a.value", "2000"));
    ck_assert(json_is(text, "figures.images_per_s.b.high", "2210"));
    ck_assert(json_is(text, "set_up_differs.policy.b", "\"torch-2.15-cpu\""));
    ck_assert(json_is(text, "figures.round_trips_per_step.difference.value", "-1"));
    free(text);
    job.report = REPORT_TEXT;
    text = written(run_compare, &job, &status);
    ck_assert_ptr_nonnull(strstr(text, "B is faster than A: +10.00 % [+9.26, +10.75] throughput, measured."));
    ck_assert_ptr_nonnull(strstr(text, "fixed   aten::upsample_bicubic2d."));
    free(text);
    job.report = REPORT_HTML;
    text = written(run_compare, &job, &status);
    ck_assert_msg(html_error(text) == NULL, "%s", html_error(text));
    ck_assert_ptr_nonnull(strstr(text, "<span class=\"badge clean\">fixed</span>"));
    ck_assert_uint_eq(occurrences(text, "http:") + occurrences(text, "https:") + occurrences(text, " src=") +
                          occurrences(text, "<script") + occurrences(text, "{{"), 0);
    free(text);
    trace_close(job.other);
    unlink(path);
    ck_assert_int_eq(report_compare(&(struct report_trace){small_trace, "a"}, &(struct report_trace){small_trace, "b"},
                                    REPORT_CSV, stdout), STATUS_USAGE);
}
END_TEST

START_TEST(a_full_disk_is_a_failure)
{
    FILE *out = fopen("/dev/full", "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(report_query(large_trace, "SELECT * FROM operators", QUERY_TEXT, out), STATUS_IO);
    clearerr(out);
    ck_assert_int_eq(report_export(large_trace, EXPORT_CSV, "operators", out), STATUS_IO);
    clearerr(out);
    ck_assert_int_eq(report_export(large_trace, EXPORT_PERFETTO, NULL, out), STATUS_IO);
    clearerr(out);
    ck_assert_int_eq(report_compare(&(struct report_trace){large_trace, "a.db"}, &(struct report_trace){small_trace, "b.db"}, REPORT_TEXT, out), STATUS_IO);
    fclose(out);
}
END_TEST

static void make_traces(void)
{
    snprintf(folder, sizeof folder, "%s/clprof-query-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(small_path, sizeof small_path, "%s/small.db", folder);
    snprintf(large_path, sizeof large_path, "%s/large.db", folder);
    trace_from_script(small_path, "small.sql");
    trace_from_script(large_path, "large.sql");
    small_trace = trace_opened(small_path);
    large_trace = trace_opened(large_path);
}

static void remove_traces(void)
{
    trace_close(small_trace);
    trace_close(large_trace);
    unlink(small_path);
    unlink(large_path);
    rmdir(folder);
}

static Suite *query_suite(void)
{
    const TTest *const tests[] = {query_aligns_columns,
                                  query_runs_several_statements,
                                  query_streams_past_the_held_rows,
                                  query_errors_say_where,
                                  query_refuses_every_change,
                                  query_allows_pragmas_that_tell,
                                  query_reads_a_read_only_file,
                                  named_queries_are_offered,
                                  csv_export_is_rfc_4180,
                                  perfetto_export_holds_every_event,
                                  compare_shows_both_and_warns,
                                  compare_of_a_trace_with_itself_differs_nowhere,
                                  compare_finds_what_is_new_and_what_is_fixed,
                                  a_full_disk_is_a_failure};
    Suite *suite = suite_create("query");
    TCase *queries = tcase_create("query");

    tcase_add_unchecked_fixture(queries, make_traces, remove_traces);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(queries, tests[i]);
    suite_add_tcase(suite, queries);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(query_suite());
    int failed;

    srunner_set_fork_status(runner, CK_NOFORK); /* the open traces may not go through a fork */
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
