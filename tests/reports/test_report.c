/*
 * Reports of hand-made traces: text, JSON and CSV against expected files (REGENERATE=1 in the environment rewrites
 * them), the form of JSON and HTML by readers of their own, hostile names, unknowns, limits.
 */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "base/embed.h"
#include "profiler/trace.h"
#include "reports/json.h"
#include "reports/report.h"
#include "reports/section.h"
#include "reports/support_form.h"
#include "reports/support_trace.h"
#include "reports/text.h"
#include "base/utf8.h"

static char folder[200];
static sqlite3 *small_trace, *large_trace;

struct job {
    sqlite3 *db;
    enum report_format format;
};

static enum status write_job(void *argument, FILE *out)
{
    struct job *job = argument;

    return report_write(job->db, job->format, "small trace.db", out);
}

static char *report_text(sqlite3 *db, enum report_format format)
{
    struct job job = {db, format};
    enum status status;
    char *text = written(write_job, &job, &status);

    ck_assert_msg(status == STATUS_OK, "%s", status_message());
    return text;
}

static void check_expected(enum report_format format, const char *file)
{
    char *text = report_text(small_trace, format), *expected = expected_text(file, text);

    ck_assert_str_eq(text, expected);
    free(text);
    free(expected);
}

START_TEST(text_is_as_expected)
{
    check_expected(REPORT_TEXT, "expected/small.txt");
}
END_TEST

START_TEST(json_is_as_expected)
{
    check_expected(REPORT_JSON, "expected/small.json");
}
END_TEST

START_TEST(csv_is_as_expected)
{
    check_expected(REPORT_CSV, "expected/small.csv");
}
END_TEST

START_TEST(text_fits_80_columns)
{
    sqlite3 *const traces[] = {small_trace, large_trace};

    for (int i = 0; i < 2; i++) {
        char *text = report_text(traces[i], REPORT_TEXT);

        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            ck_assert_msg(utf8_width(line) <= TEXT_WIDTH, "%s", line);
        free(text);
    }
}
END_TEST

START_TEST(json_has_the_contract_members)
{
    static const struct {
        const char *path, *value;
    } members[] = {{"run.model", "\"toy <script>alert(1)</script>\""},
                   {"steps.steady", "3"},
                   {"steps.warmup", "1"},
                   {"steps.outlier", "1"},
                   {"throughput.images_per_s", "2000"},
                   {"throughput.low", "1990"},
                   {"step_ms.median", "4"},
                   {"step_ms.high", "4.02"},
                   {"conversions.per_step", "3"},
                   {"conversions.ms_per_step", "0.3"},
                   {"conversions.percent_of_step", "7.5"},
                   {"conversions.by_cause.operator.per_step", "2"},
                   {"conversions.by_cause.gradient.ms_per_step", "null"},
                   {"round_trips_per_step", "1"},
                   {"lost_percent_total.value", "7.525"},
                   {"findings.0.verdict", "\"thrash\""},
                   {"findings.0.verification.pairs", "10"},
                   {"findings.2.lost_percent", "null"},
                   {"findings.2.verification", "null"},
                   {"fix_order.0.finding_ids.0", "1"},
                   {"fix_order.0.lost_percent_cumulative", "7.525"}};
    char *text = report_text(small_trace, REPORT_JSON);

    ck_assert_int_eq(json_error(text), -1);
    ck_assert_int_eq(utf8_error(text), -1);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        ck_assert_msg(json_is(text, members[i].path, members[i].value), "%s is not %s", members[i].path,
                      members[i].value);
    free(text);
}
END_TEST

START_TEST(json_writes_awkward_values)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct json json;

    json_begin(&json, out, 0, true);
    json_open_array(&json, NULL);
    json_number(&json, NULL, NAN);
    json_number(&json, NULL, -INFINITY);
    json_number(&json, NULL, 0.1);
    json_number(&json, NULL, 1e300);
    json_whole(&json, NULL, INT64_MIN);
    json_text(&json, NULL, "</script>&\"\\\n\x01");
    json_text(&json, NULL, "\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82 \xe2\x82\xac");
    json_text(&json, NULL, NULL);
    json_close_array(&json);
    fclose(out);
    ck_assert_int_eq(json_error(text), -1);
    ck_assert_int_eq(utf8_error(text), -1);
    ck_assert_ptr_null(strchr(text, '<'));
    ck_assert(json_is(text, "0", "null"));
    ck_assert(json_is(text, "1", "null"));
    ck_assert(json_is(text, "2", "0.1"));
    ck_assert(json_is(text, "3", "1e+300"));
    ck_assert(json_is(text, "4", "-9223372036854775808"));
    ck_assert(json_is(text, "5", "\"\\u003c/script\\u003e\\u0026\\\"\\\\\\n\\u0001\""));
    ck_assert_ptr_nonnull(strstr(text, "\xe2\x82\xac"));
    ck_assert(json_is(text, "7", "null"));
    free(text);
}
END_TEST

/* The text between the page's data element and its end. */
static char *page_data(const char *page)
{
    static const char start[] = "<script type=\"application/json\" id=\"report-data\">";
    const char *from = strstr(page, start), *to;

    ck_assert_ptr_nonnull(from);
    from += strlen(start);
    to = strstr(from, "</script>");
    ck_assert_ptr_nonnull(to);
    return strndup(from, (size_t)(to - from));
}

START_TEST(html_is_well_formed_and_hostile_names_stay_text)
{
    char *page = report_text(small_trace, REPORT_HTML), *data = page_data(page);

    ck_assert_msg(html_error(page) == NULL, "%s", html_error(page));
    ck_assert_int_eq(utf8_error(page), -1);
    ck_assert_uint_eq(occurrences(page, "<script>alert"), 0);
    ck_assert_uint_eq(occurrences(page, "<script"), 2);
    ck_assert_uint_eq(occurrences(page, "</script>"), 2);
    ck_assert_ptr_nonnull(strstr(page, "toy &lt;script&gt;alert(1)&lt;/script&gt;"));
    ck_assert_ptr_nonnull(strstr(page, "head, &quot;last&quot;"));
    ck_assert_int_eq(json_error(data), -1);
    ck_assert(json_is(data, "timeline_conversions.rows.0.1", "200000"));
    ck_assert(json_is(data, "timeline_kernels.rows.0.4", "\"gpu \\\"kernel\\\"\""));
    ck_assert_uint_eq(occurrences(page, "{{"), 0);
    free(data);
    free(page);
}
END_TEST

START_TEST(html_asks_no_network_and_shows_every_operator)
{
    char *page = report_text(small_trace, REPORT_HTML);

    ck_assert_uint_eq(occurrences(page, "http:") + occurrences(page, "https:") + occurrences(page, " src=") +
                          occurrences(page, "@import") + occurrences(page, "url("), 0);
    ck_assert_uint_eq(occurrences(page, "<details class=\"fold trip\""), 1);
    ck_assert_uint_eq(occurrences(page, "<li class=\"conversion\">"), 2);
    ck_assert_uint_eq(occurrences(page, "<li class=\"culprit\">"), 1);
    ck_assert_ptr_nonnull(strstr(page, "prefers-color-scheme: dark"));
    free(page);
}
END_TEST

START_TEST(html_of_600_operators_is_under_a_megabyte)
{
    char *page = report_text(large_trace, REPORT_HTML), *data = page_data(page);

    ck_assert_uint_lt(strlen(page), 1000000);
    ck_assert_msg(html_error(page) == NULL, "%s", html_error(page));
    ck_assert_int_eq(json_error(data), -1);
    ck_assert_uint_eq(occurrences(page, "<details class=\"fold trip\""), 37);
    ck_assert(occurrences(data, "\"aten::") >= 600);
    free(data);
    free(page);
}
END_TEST

START_TEST(unknown_is_never_zero)
{
    char path[256];
    sqlite3 *db;
    char *text;

    snprintf(path, sizeof path, "%s/unknown.db", folder);
    trace_from_sql(path, "INSERT INTO run (run_id, source) VALUES (1, 'kineto');"
                         "INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns) VALUES (1, 1, 0, 0, 5);"
                         "INSERT INTO finding (finding_id, scope, op_name, verdict) "
                         "VALUES (1, 'operator', 'aten::x', 'thrash')");
    db = trace_opened(path);
    text = report_text(db, REPORT_TEXT);
    ck_assert_ptr_nonnull(strstr(text, "Throughput   unknown"));
    ck_assert_ptr_nonnull(strstr(text, "Step         unknown"));
    ck_assert_ptr_nonnull(strstr(text, "Conversions  unknown"));
    ck_assert_ptr_nonnull(strstr(text, "Lost         unknown"));
    for (char *line = text; (line = strpbrk(line, "\n")) != NULL;)
        *line = ' ';
    ck_assert_ptr_nonnull(strstr(text, "and the trace does not tell how much"));
    free(text);
    text = report_text(db, REPORT_JSON);
    ck_assert(json_is(text, "throughput.images_per_s", "null"));
    ck_assert(json_is(text, "conversions.per_step", "null"));
    ck_assert(json_is(text, "findings.0.lost_percent", "null"));
    free(text);
    text = report_text(db, REPORT_HTML);
    ck_assert_msg(html_error(text) == NULL, "%s", html_error(text));
    free(text);
    trace_close(db);
}
END_TEST

/* The rule of the steps is the analysis' own; the sentence has to follow when that changes. */
START_TEST(the_rule_of_the_steps_is_that_of_the_analysis)
{
    char rule[160];
    char *text = report_text(small_trace, REPORT_HTML);

    snprintf(rule, sizeof rule,
             "above %g times the later median; outlier: above the median by %g x 1.4826 x MAD and by %g %%",
             WARMUP_EXCESS, OUTLIER_DEVIATIONS, 100 * OUTLIER_EXCESS);
    ck_assert_ptr_nonnull(strstr(text, rule));
    free(text);
}
END_TEST

/* Imported traces may have no steps: then the whole trace is one steady step. */
START_TEST(a_trace_without_steps_is_one_step)
{
    char path[256];
    sqlite3 *db;
    char *text, *data;

    snprintf(path, sizeof path, "%s/whole.db", folder);
    trace_from_sql(path, "INSERT INTO run (run_id, source) VALUES (1, 'kineto');"
                         "INSERT INTO op_def (op_def_id, name) VALUES (1, 'aten::x');"
                         "INSERT INTO op (op_id, op_def_id, start_ns, dur_ns) VALUES (1, 1, 1000, 4000000);"
                         "INSERT INTO conversion_def (conversion_def_id, cause, from_format, to_format) "
                         "VALUES (1, 'library', 'contiguous', 'channels_last');"
                         "INSERT INTO conversion VALUES (1, NULL, 1, 1, NULL, 2000, 1000000);"
                         "INSERT INTO round_trip VALUES (1, NULL, 'library', 'aten::x', '', 1, 1, 1000000, NULL, NULL);"
                         "INSERT INTO figure VALUES ('step_ms', 4, NULL, NULL)");
    db = trace_opened(path);
    text = report_text(db, REPORT_JSON);
    ck_assert(json_is(text, "steps.steady", "1"));
    ck_assert(json_is(text, "conversions.per_step", "1"));
    ck_assert(json_is(text, "conversions.percent_of_step", "25"));
    ck_assert(json_is(text, "round_trips_per_step", "1"));
    ck_assert(json_is(text, "throughput.images_per_s", "null"));
    free(text);
    text = report_text(db, REPORT_HTML);
    data = page_data(text);
    ck_assert(json_is(data, "timeline.rows.0.1", "4000000"));
    ck_assert_uint_eq(occurrences(text, "<details class=\"fold trip\""), 1);
    free(data);
    free(text);
    trace_close(db);
}
END_TEST

START_TEST(a_trace_without_findings_names_the_command)
{
    char path[256];
    struct job job = {.format = REPORT_TEXT};
    enum status status;
    char *text;

    snprintf(path, sizeof path, "%s/raw.db", folder);
    trace_from_sql(path, "INSERT INTO run (run_id, source) VALUES (1, 'train')");
    job.db = trace_opened(path);
    text = written(write_job, &job, &status);
    ck_assert_int_eq(status, STATUS_NOT_FOUND);
    ck_assert_str_eq(status_message(), "small trace.db has no findings yet: run clprof analyze 'small trace.db'");
    ck_assert_str_eq(text, "");
    free(text);
    trace_close(job.db);
}
END_TEST

START_TEST(a_full_disk_is_a_failure)
{
    static const enum report_format formats[] = {REPORT_TEXT, REPORT_HTML, REPORT_JSON, REPORT_CSV};

    for (size_t i = 0; i < 4; i++) {
        FILE *out = fopen("/dev/full", "w");

        ck_assert_ptr_nonnull(out);
        ck_assert_int_eq(report_write(small_trace, formats[i], "t.db", out), STATUS_IO);
        fclose(out);
    }
}
END_TEST

START_TEST(every_section_file_has_a_row)
{
    DIR *files = opendir(PROJECT_DIR "/reports/sections");
    struct dirent *file;
    int count = 0;

    ck_assert_ptr_nonnull(files);
    while ((file = readdir(files)) != NULL) {
        char name[128];

        if (strstr(file->d_name, ".sql") == NULL)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(strlen(file->d_name) - 4), file->d_name);
        ck_assert_msg(section_find(name) < SECTION_COUNT, "sections.def has no row for %s", file->d_name);
        count++;
    }
    closedir(files);
    ck_assert_int_eq(count, SECTION_COUNT);
}
END_TEST

START_TEST(every_section_is_titled_and_runs)
{
    for (int i = 0; i < SECTION_COUNT; i++) {
        struct strbuf title;
        struct table table;

        strbuf_init(&title);
        section_title(&title, (enum section)i);
        ck_assert_msg(title.length > 10 && strncmp(section_sql((enum section)i), "-- ", 3) == 0, "%s has no title",
                      section_name((enum section)i));
        ck_assert_msg(table_load(&table, large_trace, section_sql((enum section)i)) == STATUS_OK, "%s",
                      status_message());
        table_release(&table);
        strbuf_release(&title);
    }
}
END_TEST

START_TEST(damaged_utf8_decodes_as_the_check_says)
{
    char text[4] = "";

    for (int first = 1; first < 256; first++)
        for (int second = 1; second < 256; second++) {
            uint32_t code;

            text[0] = (char)first;
            text[1] = (char)second;
            text[2] = (char)0x80;
            utf8_decode(text, &code);
            if (utf8_error(text) == 0)
                ck_assert_msg(code == 0xFFFD, "%02x %02x 80 gives %x", (unsigned)first, (unsigned)second,
                              (unsigned)code);
            else if (first != 0xEF || second != 0xBF)
                ck_assert_msg(code != 0xFFFD, "%02x %02x 80 is refused", (unsigned)first, (unsigned)second);
        }
}
END_TEST

START_TEST(numbers_read_well)
{
    char buffer[72];

    ck_assert_str_eq(number_short(buffer, NAN), "-");
    ck_assert_str_eq(number_short(buffer, 0.01234), "0.0123");
    ck_assert_str_eq(number_short(buffer, 1297.4), "1297");
    ck_assert_str_eq(number_short(buffer, -7.525), "-7.53");
    ck_assert_str_eq(number_fixed(buffer, 0.001, 2), "<0.01");
    ck_assert_str_eq(number_fixed(buffer, 0, 2), "0.00");
    ck_assert_str_eq(number_interval(buffer, 1, NAN), "");
    ck_assert_str_eq(number_interval(buffer, 12.1, 12.64), "[12.1, 12.6]");
}
END_TEST

static void make_traces(void)
{
    char path[256];

    snprintf(folder, sizeof folder, "%s/clprof-reports-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/small.db", folder);
    trace_from_script(path, "small.sql");
    small_trace = trace_opened(path);
    snprintf(path, sizeof path, "%s/large.db", folder);
    trace_from_script(path, "large.sql");
    large_trace = trace_opened(path);
}

static void remove_traces(void)
{
    static const char *const names[] = {"small.db", "large.db", "unknown.db", "raw.db", "whole.db"};
    char path[256];

    trace_close(small_trace);
    trace_close(large_trace);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static Suite *report_suite(void)
{
    const TTest *const tests[] = {text_is_as_expected,
                                  json_is_as_expected,
                                  csv_is_as_expected,
                                  text_fits_80_columns,
                                  json_has_the_contract_members,
                                  json_writes_awkward_values,
                                  html_is_well_formed_and_hostile_names_stay_text,
                                  html_asks_no_network_and_shows_every_operator,
                                  html_of_600_operators_is_under_a_megabyte,
                                  unknown_is_never_zero,
                                  the_rule_of_the_steps_is_that_of_the_analysis,
                                  a_trace_without_steps_is_one_step,
                                  a_trace_without_findings_names_the_command,
                                  a_full_disk_is_a_failure,
                                  every_section_file_has_a_row,
                                  every_section_is_titled_and_runs,
                                  damaged_utf8_decodes_as_the_check_says,
                                  numbers_read_well};
    Suite *suite = suite_create("report");
    TCase *reports = tcase_create("report");

    tcase_add_unchecked_fixture(reports, make_traces, remove_traces);
    tcase_set_timeout(reports, 60);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(reports, tests[i]);
    suite_add_tcase(suite, reports);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(report_suite());
    int failed;

    srunner_set_fork_status(runner, CK_NOFORK); /* the open traces may not go through a fork */

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
