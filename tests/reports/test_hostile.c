/*
 * Names in a trace that try to get out of their place: into the terminal (escapes, characters that turn the direction of
 * writing), a spreadsheet's formulas, JSON, HTML, the lines of a log. Every text of a trace is replaced by each of them, and
 * every output is looked at.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "profiler/trace.h"
#include "reports/report.h"
#include "reports/support_form.h"
#include "reports/support_trace.h"
#include "reports/text.h"

static char folder[200];

struct hostile {
    const char *bytes;
    size_t length;
};

#define WITH_NUL 5
#define HOSTILE(text) {text, sizeof(text) - 1}

#define LONG_NAME "layer.with.a.name.of.more.than.a.hundred.columns.which.no.line.of.a.terminal.holds.and.which.has.no.blank.where.it.could.be.broken"

static const struct hostile names[] = {
    HOSTILE("\x1b[2J\x1b]0;title\x07\x1b[31mred\x7f\x08"),
    HOSTILE("\xc2\x9b" "2J\xc2\x9d" "0;title\xc2\x9c"),       /* the same by C1 controls */
    HOSTILE("abc\xe2\x80\xae" "fed\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf"), /* turned, isolated, invisible */
    HOSTILE("line\xe2\x80\xa8separator\xe2\x80\xa9" "and\r\n\t::error::more\n"),
    HOSTILE("\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"), /* damaged, overlong, a surrogate, cut short */
    [WITH_NUL] = HOSTILE("before\0after"),
    HOSTILE("</script><script>alert(1)</script>\"><img src=x onerror=alert(1)>&amp;'"),
    HOSTILE("=HYPERLINK(\"http:x\";\"click\")"),
    HOSTILE("+1+cmd|' /C calc'!A0"),
    HOSTILE("-2+3"),
    HOSTILE("@SUM(1)"),
    HOSTILE("\t=1+1"),
    HOSTILE("\r=1+1"),
    HOSTILE("\xef\xbc\x9d" "1+1"), /* full-width = */
    HOSTILE("{{verdict}} {{data}} %s%n%s \\u0000 \\\" '; DROP TABLE run; --"),
    HOSTILE(LONG_NAME),
    HOSTILE("\xe5\x8d\xb7\xe7\xa7\xaf\xe5\xb1\x82\xf0\x9f\x94\xa5"), /* innocent: wide characters, an emoji */
};
#define NAMES (sizeof names / sizeof *names)

/* Columns that hold a name from outside. Verdicts, phases and causes are clprof's own words, but nothing forces a file to use them. */
static const char *const updates[] = {
    "UPDATE run SET command_line = ?1, model = ?1, device_name = ?1, policy = ?1, library_versions = ?1, device = ?1,"
    " memory_format = ?1, autocast_dtype = ?1",
    "UPDATE module SET path = ?1, class = ?1",
    "UPDATE op_def SET name = ?1, input_format = ?1, output_format = ?1, input_shape = ?1, output_shape = ?1, phase = ?1",
    "UPDATE kernel_def SET name = ?1, device = ?1, stream = ?1 WHERE kernel_def_id > 1",
    "UPDATE conversion_def SET cause = ?1, from_format = ?1, to_format = ?1, shape = ?1, source_dtype = ?1",
    "UPDATE round_trip SET culprits = ?1, carriers = ?1, kind = ?1",
    "UPDATE round_trip_member SET role = ?1",
    "UPDATE finding SET op_name = ?1, module_path = CASE WHEN module_path IS NULL THEN NULL ELSE ?1 END, together_with = ?1,"
    " advice = ?1, situation = ?1",
    "UPDATE policy_rule SET op_name = ?1, rule = ?1, source = ?1",
    "UPDATE note SET text = ?1",
};

static sqlite3 *traces[NAMES]; /* one a name, made once: a trace takes longer to make than to look at */

static sqlite3 *trace_with(const char *path, const struct hostile *name)
{
    sqlite3 *db;

    trace_from_script(path, "small.sql");
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof updates / sizeof *updates; i++) {
        sqlite3_stmt *statement;

        ck_assert_msg(sqlite3_prepare_v2(db, updates[i], -1, &statement, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
        sqlite3_bind_text(statement, 1, name->bytes, (int)name->length, SQLITE_STATIC);
        ck_assert_msg(sqlite3_step(statement) == SQLITE_DONE, "%s", sqlite3_errmsg(db));
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    return trace_opened(path);
}

struct job {
    sqlite3 *db;
    int format;
    const char *view;
};

static enum status write_report(void *what, FILE *out)
{
    const struct job *job = what;

    return report_write(job->db, (enum report_format)job->format, "trace.db", out);
}

static enum status write_query(void *what, FILE *out)
{
    const struct job *job = what;

    return report_query(job->db, "SELECT * FROM operators LIMIT 20", (enum query_format)job->format, out);
}

static enum status write_export(void *what, FILE *out)
{
    const struct job *job = what;

    return report_export(job->db, (enum export_format)job->format, job->view, out);
}

static enum status write_comparison(void *what, FILE *out)
{
    const struct job *job = what;
    const struct report_trace side = {job->db, "trace.db"};

    return report_compare(&side, &side, (enum report_format)job->format, out);
}

static char *output(sqlite3 *db, enum status (*write)(void *what, FILE *out), int format, const char *view)
{
    struct job job = {db, format, view};
    enum status status;
    char *text = written(write, &job, &status);

    ck_assert_msg(status == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(utf8_error(text), -1);
    return text;
}

/* Nothing but characters that stay where they are, and line feeds. */
static void check_terminal(const char *text, size_t number)
{
    for (const char *at = text; *at != '\0';) {
        uint32_t code;
        size_t bytes = utf8_decode(at, &code);
        bool turns = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200B ||
                     code == 0xFEFF || code == 0x2028 || code == 0x2029;

        ck_assert_msg((code >= 0x20 || code == '\n') && (code < 0x7F || code >= 0xA0) && !turns,
                      "name %zu: U+%04X at byte %td", number, (unsigned)code, at - text);
        at += bytes;
    }
}

START_TEST(terminals_get_text_only)
{
    for (size_t i = 0; i < NAMES; i++) {
        sqlite3 *db = traces[i];
        char *report = output(db, write_report, REPORT_TEXT, NULL), *query = output(db, write_query, QUERY_TEXT, NULL);

        char *comparison = output(db, write_comparison, REPORT_TEXT, NULL);

        check_terminal(report, i);
        check_terminal(comparison, i);
        free(comparison);
        check_terminal(query, i);
        free(report);
        free(query);
    }
}
END_TEST

/* A line is wider than 80 columns only where one name is, and then the name is whole. */
START_TEST(reports_stay_within_80_columns)
{
    for (size_t i = 0; i < NAMES; i++) {
        char *texts[] = {output(traces[i], write_report, REPORT_TEXT, NULL), output(traces[i], write_comparison, REPORT_TEXT, NULL)};

        for (size_t j = 0; j < 2; j++) {
            for (char *line = strtok(texts[j], "\n"); line != NULL; line = strtok(NULL, "\n"))
                ck_assert_msg(utf8_width(line) <= TEXT_WIDTH || strstr(line, LONG_NAME) != NULL, "name %zu: %s", i, line);
            free(texts[j]);
        }
    }
}
END_TEST

/* Reads RFC 4180; calls for every field whether it was quoted by a single quote or begins a formula. */
static void check_fields(const char *text, size_t number)
{
    while (*text != '\0') {
        bool quoted = *text == '"';
        const char *first = text + quoted;

        /* A number may begin with a sign; what looks like one and more is a text. */
        if (*first == '-' || *first == '+') {
            char *end;

            strtod(first, &end);
            ck_assert_msg(!quoted && end != first && strchr(",\r", *end) != NULL, "name %zu: %.20s", number, first);
        }
        ck_assert_msg(strchr("=@\t", *first) == NULL || *first == '\0', "name %zu: %.20s", number, first);
        ck_assert_msg(!quoted || (*first != '\r' && *first != '\n'), "name %zu: %.20s", number, first);
        ck_assert_msg(strncmp(first, "\xef\xbc\x9d", 3) != 0, "name %zu: %.20s", number, first);
        if (quoted) {
            for (text++; *text != '"' || text[1] == '"'; text += *text == '"' ? 2 : 1)
                ck_assert_msg(*text != '\0', "name %zu: a quote stays open", number);
            text++;
        } else {
            text += strcspn(text, ",\r\n\"");
        }
        ck_assert_msg(*text == ',' || strncmp(text, "\r\n", 2) == 0, "name %zu: %.20s after a field", number, text);
        text += *text == ',' ? 1 : 2;
    }
}

START_TEST(spreadsheets_get_no_formula)
{
    static const char *const views[] = {"runs", "modules", "operators", "kernels", "conversions", "round_trips", "findings"};

    for (size_t i = 0; i < NAMES; i++) {
        sqlite3 *db = traces[i];
        char *report = output(db, write_report, REPORT_CSV, NULL), *query = output(db, write_query, QUERY_CSV, NULL);

        check_fields(report, i);
        check_fields(query, i);
        for (size_t view = 0; view < sizeof views / sizeof *views; view++) {
            char *text = output(db, write_export, EXPORT_CSV, views[view]);

            check_fields(text, i);
            free(text);
        }
        free(report);
        free(query);
    }
}
END_TEST

START_TEST(numbers_stay_numbers_in_csv)
{
    sqlite3 *db = traces[0];
    enum status status;
    FILE *out = tmpfile();
    char line[200];

    ck_assert_ptr_nonnull(out);
    status = report_query(db, "SELECT -1 AS a, -1.5 AS b, '-1' AS c, NULL AS d, '' AS e, x'3d' AS \"=f\"", QUERY_CSV, out);
    ck_assert_int_eq(status, STATUS_OK);
    rewind(out);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
    ck_assert_str_eq(line, "a,b,c,d,e,'=f\r\n");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
    ck_assert_str_eq(line, "-1,-1.5,'-1,,\"\",x'3d'\r\n");
    fclose(out);
}
END_TEST

START_TEST(json_and_html_stay_well_formed)
{
    for (size_t i = 0; i < NAMES; i++) {
        sqlite3 *db = traces[i];
        char *texts[] = {output(db, write_report, REPORT_JSON, NULL), output(db, write_query, QUERY_JSON, NULL),
                         output(db, write_export, EXPORT_PERFETTO, NULL), output(db, write_comparison, REPORT_JSON, NULL)};
        char *pages[] = {output(db, write_report, REPORT_HTML, NULL), output(db, write_comparison, REPORT_HTML, NULL)};

        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
            ck_assert_msg(json_error(texts[j]) == -1, "name %zu, output %zu: byte %ld", i, j, json_error(texts[j]));
            free(texts[j]);
        }
        for (size_t j = 0; j < sizeof pages / sizeof *pages; j++) {
            ck_assert_msg(html_error(pages[j]) == NULL, "name %zu, page %zu: %s", i, j, html_error(pages[j]));
            ck_assert_uint_eq(occurrences(pages[j], "<script>alert"), 0);
            ck_assert_uint_eq(occurrences(pages[j], "<img"), 0);
            free(pages[j]);
        }
    }
}
END_TEST

/* Numbers may be anything, too: the largest, the smallest, infinite, or no numbers at all. */
START_TEST(numbers_at_their_limits)
{
    static const char *const values[] = {"9223372036854775807", "-9223372036854775808", "1e308", "-1e308", "9e999", "'text'", "x'00ff'"};
    static const char *const columns[] = {
        "step SET start_ns = %s",   "step SET dur_ns = %s",      "step SET images = %s, loss = %s, grad_scale = %s",
        "op SET start_ns = %s",     "op SET dur_ns = %s",        "op SET thread_id = %s",
        "kernel SET start_ns = %s", "kernel SET dur_ns = %s",    "conversion SET start_ns = %s",
        "conversion SET dur_ns = %s", "round_trip SET dur_ns = %s, bytes = %s",
        "finding SET lost_percent = %s, lost_percent_low = %s, lost_percent_high = %s",
        "finding SET conversions_per_step = %s, round_trips_per_step = %s, dur_ns_per_step = %s",
        "figure SET value = %s, low = %s, high = %s", "verification SET gain_percent = %s, pairs = %s",
        "run SET batch_size = %s, threads = %s, started_unix_ns = %s", "fix_order SET finding_ids = %s, lost_percent_cumulative = %s"};
    static const struct {
        enum status (*write)(void *what, FILE *out);
        int format;
        bool is_json;
    } outputs[] = {{write_report, REPORT_JSON, true},      {write_comparison, REPORT_JSON, true}, {write_export, EXPORT_PERFETTO, true},
                   {write_query, QUERY_JSON, true},        {write_report, REPORT_TEXT, false},    {write_comparison, REPORT_TEXT, false},
                   {write_report, REPORT_CSV, false}};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        sqlite3 *db = NULL;
        char path[256], sql[300];

        snprintf(path, sizeof path, "%s/numbers.db", folder);
        trace_from_script(path, "small.sql");
        ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
        for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) {
            strcpy(sql, "UPDATE ");
            snprintf(sql + 7, sizeof sql - 7, columns[j], values[i], values[i], values[i]);
            ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
        }
        sqlite3_close(db);
        db = trace_opened(path);
        for (size_t j = 0; j < sizeof outputs / sizeof *outputs; j++) {
            struct job job = {db, outputs[j].format, NULL};
            enum status status;
            char *text = written(outputs[j].write, &job, &status);

            /* Sums may be too large for SQLite, which then says so. */
            ck_assert_msg(status == STATUS_OK || strstr(status_message(), "integer overflow") != NULL, "%s", status_message());
            if (status == STATUS_OK && outputs[j].is_json)
                ck_assert_msg(json_error(text) == -1, "%s, output %zu: byte %ld", values[i], j, json_error(text));
            if (status == STATUS_OK && !outputs[j].is_json)
                ck_assert_msg(strstr(text, "nan") == NULL && strstr(text, "inf ") == NULL, "%s, output %zu", values[i], j);
            free(text);
        }
        trace_close(db);
        unlink(path);
    }
}
END_TEST

/* A NUL byte ends a text of C, but not the name: what stands behind it is shown. */
START_TEST(a_nul_byte_hides_nothing)
{
    sqlite3 *db = traces[WITH_NUL];
    char *texts[] = {output(db, write_report, REPORT_TEXT, NULL), output(db, write_report, REPORT_JSON, NULL),
                     output(db, write_query, QUERY_CSV, NULL),    output(db, write_export, EXPORT_CSV, "operators"),
                     output(db, write_export, EXPORT_PERFETTO, NULL)};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(strstr(texts[i], "before\xef\xbf\xbd" "after") != NULL, "output %zu", i);
        free(texts[i]);
    }
}
END_TEST

START_TEST(printable_text_tells_what_was_there)
{
    static const struct {
        const char *text, *shown;
        size_t width;
    } rows[] = {
        {"plain", "plain", 5},
        {"a\nb\tc\x1b[m\x7f", "a\\nb\\tc\\x1b[m\\x7f", 17},
        {"\xc2\x9b", "\\x9b", 4},
        {"\xe2\x80\xae", "\\u202e", 6},
        {"\xef\xbb\xbf", "\\ufeff", 6},
        {"\xf3\xa0\x81\x81", "\\ue0041", 7},
        {"\xff", "\xef\xbf\xbd", 1},
        {"caf\xc3\xa9", "caf\xc3\xa9", 4},
        {"e\xcc\x81", "e\xcc\x81", 1},
        {"\xe5\x8d\xb7", "\xe5\x8d\xb7", 2},
        {"\xf0\x9f\x94\xa5", "\xf0\x9f\x94\xa5", 2},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct strbuf shown;

        strbuf_init(&shown);
        utf8_printable(&shown, rows[i].text);
        ck_assert_str_eq(shown.text, rows[i].shown);
        ck_assert_uint_eq(utf8_width(shown.text), rows[i].width);
        strbuf_release(&shown);
    }
}
END_TEST

static void trace_path(char path[256], size_t number)
{
    snprintf(path, 256, "%s/hostile-%zu.db", folder, number);
}

static void make_traces(void)
{
    char path[256];

    snprintf(folder, sizeof folder, "%s/clprof-hostile-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t i = 0; i < NAMES; i++) {
        trace_path(path, i);
        traces[i] = trace_with(path, &names[i]);
    }
}

static void remove_traces(void)
{
    char path[256];

    for (size_t i = 0; i < NAMES; i++) {
        trace_close(traces[i]);
        trace_path(path, i);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    const TTest *const tests[] = {terminals_get_text_only,        reports_stay_within_80_columns, spreadsheets_get_no_formula,
                                  numbers_stay_numbers_in_csv,    json_and_html_stay_well_formed,
                                  a_nul_byte_hides_nothing, numbers_at_their_limits, printable_text_tells_what_was_there};
    Suite *suite = suite_create("hostile names");
    TCase *outputs = tcase_create("outputs");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_unchecked_fixture(outputs, make_traces, remove_traces);
    tcase_set_timeout(outputs, 120);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(outputs, tests[i]);
    suite_add_tcase(suite, outputs);
    srunner_set_fork_status(runner, CK_NOFORK); /* the open traces may not go through a fork */
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
