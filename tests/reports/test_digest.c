/*
 * What profiler/sql/digest.sql adds up is what the rows say: each table against the same question asked of the views, for a
 * trace with steps and for the same rows without, where the whole of it is one step.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "profiler/trace.h"
#include "reports/support_trace.h"

#define MEDIAN \
    "(SELECT step_id FROM cost_steps ORDER BY dur_ns, step_id LIMIT 1 OFFSET (SELECT (count(*) - 1) / 2 FROM cost_steps)) "

static const struct {
    const char *digest, *rows;
} sums[] = {
    {"SELECT step_id, operators, conversions, kernels, round_trips FROM median_step",
     "SELECT step_id, (SELECT count(*) FROM operators o WHERE o.step_id IS m.step_id AND level = 0 AND start_ns + dur_ns > 0),"
     " (SELECT count(*) FROM conversions c WHERE c.step_id IS m.step_id AND start_ns + dur_ns > 0),"
     " (SELECT count(*) FROM kernels k WHERE k.step_id IS m.step_id AND stream IS NOT NULL AND device <> 'cpu'),"
     " (SELECT count(*) FROM round_trips r WHERE r.step_id IS m.step_id) FROM " MEDIAN "m"},
    {"SELECT start_ns FROM median_step",
     "SELECT coalesce((SELECT start_ns FROM steps s WHERE s.step_id = m.step_id), (SELECT min(start_ns) FROM"
     " (SELECT start_ns FROM operators UNION ALL SELECT start_ns FROM kernels))) FROM " MEDIAN "m"},
    {"SELECT kind, id FROM median_longest WHERE kind IN ('conversion', 'operator') ORDER BY kind, id",
     "SELECT 'conversion', conversion_id FROM conversions WHERE step_id IS " MEDIAN " AND start_ns + dur_ns > 0 UNION ALL"
     " SELECT 'operator', op_id FROM operators WHERE step_id IS " MEDIAN " AND level = 0 AND start_ns + dur_ns > 0 ORDER BY 1, 2"},
    {"SELECT id FROM median_longest WHERE kind = 'fused' ORDER BY id",
     "SELECT op_id FROM operators WHERE step_id IS " MEDIAN " AND fused_into IS NOT NULL ORDER BY op_id"},
    {"SELECT id FROM median_longest WHERE kind = 'kernel' ORDER BY id",
     "SELECT kernel_id FROM kernels WHERE step_id IS " MEDIAN " AND stream IS NOT NULL AND device <> 'cpu' ORDER BY kernel_id"},
    {"SELECT id FROM median_longest WHERE kind = 'round_trip' ORDER BY id",
     "SELECT round_trip_id FROM round_trips WHERE step_id IS " MEDIAN " ORDER BY round_trip_id"},
    {"SELECT op_def_id, runs, dur_ns, first_op_id FROM median_op ORDER BY op_def_id",
     "SELECT op_def_id, count(*), sum(dur_ns), min(op_id) FROM operators WHERE step_id IS " MEDIAN " AND level = 0"
     " GROUP BY op_def_id ORDER BY op_def_id"},
    {"SELECT op_def_id, backward_dur_ns, backward_input_format, backward_output_format FROM median_op"
     " WHERE backward_dur_ns IS NOT NULL ORDER BY op_def_id",
     "SELECT f.op_def_id, sum(b.dur_ns), max(b.input_format), max(b.output_format) FROM operators b JOIN operators f"
     " ON f.op_id = b.forward_op_id WHERE b.step_id IS " MEDIAN " AND b.level = 0 GROUP BY f.op_def_id ORDER BY f.op_def_id"},
    {"SELECT finding_id, sum(conversions), sum(with_kernel), sum(dur_ns) FROM median_conversion GROUP BY finding_id",
     "SELECT finding_id, count(*), count(kernel_id), sum(c.dur_ns) FROM findings f JOIN finding_conversion USING (finding_id)"
     " JOIN conversions c USING (conversion_id) WHERE scope = 'operator' AND c.step_id IS " MEDIAN " GROUP BY finding_id"},
    {"SELECT o.name, d.cause, sum(conversions), sum(with_kernel), sum(timed), sum(dur_ns) FROM cost_conversion"
     " JOIN conversion_def d USING (conversion_def_id) LEFT JOIN op_def o USING (op_def_id) GROUP BY 1, 2 ORDER BY 1, 2",
     "SELECT c.op_name, c.cause, count(*), count(c.kernel_id), count(c.dur_ns), sum(c.dur_ns) FROM conversions c"
     " JOIN cost_steps s ON s.step_id IS c.step_id GROUP BY 1, 2 ORDER BY 1, 2"},
    {"SELECT kind, round_trips, dur_ns, exposed_ns, bytes FROM cost_round_trip ORDER BY kind",
     "SELECT kind, count(*), sum(r.dur_ns), sum(exposed_ns), sum(bytes) FROM round_trips r JOIN cost_steps s"
     " ON s.step_id IS r.step_id GROUP BY kind ORDER BY kind"},
};

static char folder[200];

static char *rows_of(sqlite3 *db, const char *sql)
{
    struct strbuf text;
    sqlite3_stmt *row = NULL;
    int more;

    strbuf_init(&text);
    ck_assert_msg(trace_prepare(db, sql, &row) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(trace_step(row, &more), STATUS_OK);
    while (more) {
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            const char *value = (const char *)sqlite3_column_text(row, i);
            strbuf_printf(&text, "%s|", value ? value : "NULL");
        }
        strbuf_append(&text, "\n");
        ck_assert_int_eq(trace_step(row, &more), STATUS_OK);
    }
    sqlite3_finalize(row);
    return strbuf_take(&text);
}

/* Some backward and fused operators, and some kernels on a stream, which the small trace lacks. */
static const char more_rows[] =
    "UPDATE op SET forward_op_id = op_id - 2 WHERE op_def_id = 7; UPDATE op SET forward_op_id = op_id - 1 WHERE op_def_id = 6;"
    "UPDATE op SET fused_into = op_id - 1 WHERE op_def_id = 2; UPDATE kernel_def SET device = 'cuda', stream = 's7' WHERE"
    " kernel_def_id = 1; UPDATE op SET level = 1 WHERE op_def_id = 4;";
static const char without_steps[] = "UPDATE op SET step_id = NULL; UPDATE kernel SET step_id = NULL; UPDATE conversion SET step_id = NULL;"
                                    "UPDATE round_trip SET step_id = NULL; DELETE FROM step; DELETE FROM step_phase;";

static void check_sums(const char *name, const char *change)
{
    char path[256];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    trace_from_script(path, "small.sql");
    ck_assert_int_eq(trace_open(path, 1, &db), STATUS_OK);
    ck_assert_msg(trace_exec(db, more_rows) == STATUS_OK, "%s", status_message());
    ck_assert_msg(trace_exec(db, change) == STATUS_OK, "%s", status_message());
    ck_assert_msg(trace_digest(db) == STATUS_OK, "%s", status_message());
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        char *digest = rows_of(db, sums[i].digest), *rows = rows_of(db, sums[i].rows);

        ck_assert_msg(rows[0] != '\0', "%s: nothing to compare with", sums[i].rows);
        ck_assert_msg(strcmp(digest, rows) == 0, "%s: %s\nbut the rows: %s", sums[i].digest, digest, rows);
        free(digest);
        free(rows);
    }
    trace_close(db);
    unlink(path);
}

START_TEST(sums_are_those_of_the_rows)
{
    check_sums("steps.db", "");
}
END_TEST

START_TEST(sums_are_those_of_the_rows_without_steps)
{
    check_sums("whole.db", without_steps);
}
END_TEST

static void setup(void)
{
    snprintf(folder, sizeof folder, "%s/digest-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    rmdir(folder);
}

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tests = tcase_create("digest");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, sums_are_those_of_the_rows);
    tcase_add_test(tests, sums_are_those_of_the_rows_without_steps);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
