/*
 * What every section's query gives for the hand-made small trace, against expected/sections.txt (REGENERATE=1 in the
 * environment rewrites it); and for a trace without steps, where all of it is one step.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profiler/trace.h"
#include "reports/report.h"
#include "reports/section.h"
#include "reports/support_trace.h"

static char folder[200];

static enum status write_sections(void *argument, FILE *out)
{
    sqlite3 *db = argument;

    for (int i = 0; i < SECTION_COUNT; i++) {
        enum status status;

        fprintf(out, "== %s\n", section_name((enum section)i));
        status = report_named_query(db, section_name((enum section)i), QUERY_CSV, out);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static char *sections_of(const char *path)
{
    sqlite3 *db = trace_opened(path);
    enum status status;
    char *text = written(write_sections, db, &status);

    ck_assert_msg(status == STATUS_OK, "%s", status_message());
    trace_close(db);
    return text;
}

START_TEST(sections_are_as_expected)
{
    char path[256], *text, *expected;

    snprintf(path, sizeof path, "%s/small.db", folder);
    trace_from_script(path, "small.sql");
    text = sections_of(path);
    expected = expected_text("expected/sections.txt", text);
    ck_assert_str_eq(text, expected);
    free(expected);
    free(text);
}
END_TEST

/* The lines of section `name`, NUL-terminated in place. */
static char *part_of(char *text, const char *name)
{
    char start[64], *at, *end;

    snprintf(start, sizeof start, "== %s\n", name);
    at = strstr(text, start);
    ck_assert_ptr_nonnull(at);
    at += strlen(start);
    end = strstr(at, "\n== ");
    if (end != NULL)
        end[1] = '\0';
    return at;
}

/* Set-up outside of the steps has no step either, and must not be taken for one where there are steps, none of them
 * steady. */
START_TEST(rows_outside_of_steps_are_no_step)
{
    static const char *const names[] = {"layout_map", "timeline", "timeline_conversions", "operator_conversions",
                                        "paths"};
    char path[256];

    snprintf(path, sizeof path, "%s/outside.db", folder);
    trace_from_sql(path, "INSERT INTO run (run_id, source) VALUES (1, 'train');"
                         "INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns) VALUES (1, 1, 0, 0, 5);"
                         "INSERT INTO step_phase VALUES (1, 'warmup');"
                         "INSERT INTO op_def (op_def_id, name, output_format) VALUES (1, 'aten::x', 'contiguous');"
                         "INSERT INTO op (op_id, op_def_id, start_ns, dur_ns) VALUES (1, 1, 1000, 4000);"
                         "INSERT INTO conversion_def (conversion_def_id, cause) VALUES (1, 'weight');"
                         "INSERT INTO conversion VALUES (1, NULL, 1, 1, NULL, 2000, 1000);"
                         "INSERT INTO finding (finding_id, scope, op_name, verdict, conversions_per_step) "
                         "VALUES (1, 'operator', 'aten::x', 'necessary', 1);"
                         "INSERT INTO finding_conversion VALUES (1, 1);"
                         "INSERT INTO round_trip VALUES (1, NULL, 'library', 'aten::x', '', 1, 1, 1000, NULL, NULL)");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *text = sections_of(path);
        const char *part = part_of(text, names[i]), *rows = strchr(part, '\n');

        ck_assert_msg(rows == NULL || rows[1] == '\0', "%s: %s", names[i], part);
        free(text);
    }
}
END_TEST

static void setup(void)
{
    snprintf(folder, sizeof folder, "%s/sections-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    static const char *const files[] = {"small.db", "outside.db"};
    char path[256];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    Suite *suite = suite_create("sections");
    TCase *tests = tcase_create("sections");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, sections_are_as_expected);
    tcase_add_test(tests, rows_outside_of_steps_are_no_step);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
