/* Files into a trace: which importer takes which file, ranks, files beside a trace, what becomes of bad ones. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "importers/importer.h"
#include "profiler/trace.h"
#include "support_feed.h"

/* A file in the scratch folder; the path is the caller's. */
static char *write_text(const char *name, const char *text)
{
    char *path = strdup(scratch_path(name));
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static const char kineto[] =
    "{\"schemaVersion\": 1, \"traceEvents\": ["
    "{\"ph\": \"X\", \"cat\": \"user_annotation\", \"name\": \"ProfilerStep#4\", \"pid\": 10, \"tid\": 1, \"ts\": 100, \"dur\": 100},"
    "{\"ph\": \"X\", \"cat\": \"cpu_op\", \"name\": \"aten::relu\", \"pid\": 10, \"tid\": 1, \"ts\": 110, \"dur\": 20,"
    " \"args\": {\"Record function id\": 5}}]}";

static const char execution_trace[] =
    "{\"schema\": \"1.1.1-chakra.0.0.4\", \"pid\": 10, \"nodes\": ["
    "{\"id\": 7, \"name\": \"aten::relu\", \"ctrl_deps\": 1,"
    " \"inputs\": {\"values\": [[31, 41, 0, 256, 4, \"cpu\"]], \"shapes\": [[2, 8, 4, 4]], \"types\": [\"Tensor(float)\"],"
    " \"strides\": [[128, 16, 4, 1]]},"
    " \"outputs\": {\"values\": [], \"shapes\": [], \"types\": [], \"strides\": []},"
    " \"attrs\": [{\"name\": \"rf_id\", \"type\": \"uint64\", \"value\": 5}]}]}";

static sqlite3 *import(const char *const *paths, int count)
{
    const char *out = scratch_path("a.db");
    sqlite3 *db = NULL;

    ok(import_files(paths, count, out));
    ok(trace_open(out, 0, &db));
    expect_sound(db);
    return db;
}

static void expect_refused(const char *const *paths, int count, enum status status, const char *words)
{
    int files = scratch_files();

    ck_assert_int_eq(import_files(paths, count, scratch_path("a.db")), status);
    ck_assert_msg(strstr(status_message(), words) != NULL, "no '%s' in: %s", words, status_message());
    ck_assert_ptr_null(strchr(status_message(), '\n'));
    ck_assert_int_eq(scratch_files(), files);
}

START_TEST(sniffed)
{
    char *path = write_text("a.json", kineto);
    const struct importer *importer;

    ok(import_sniff(path, &importer));
    ck_assert_str_eq(importer->name, "kineto");
    free(path);
    path = write_text("et.json", execution_trace);
    ok(import_sniff(path, &importer));
    ck_assert_str_eq(importer->name, "execution_trace");
    free(path);
}
END_TEST

START_TEST(one_file)
{
    char *path = write_text("a.json", kineto);
    sqlite3 *db = import((const char *const[]){path}, 1);

    ck_assert_str_eq(query_rows(db, "SELECT source, rank, world_size FROM run"), "kineto|-|-\n");
    ck_assert_str_eq(query_rows(db, "SELECT name, step_index FROM operators JOIN steps USING (step_id)"), "aten::relu|4\n");
    trace_close(db);
    free(path);
}
END_TEST

/* Files that don't say which rank they are: the order counts. */
START_TEST(ranks_by_order)
{
    char *a = write_text("a.json", kineto), *b = write_text("b.json", kineto);
    sqlite3 *db = import((const char *const[]){a, b}, 2);

    ck_assert_str_eq(query_rows(db, "SELECT run_id, rank, world_size FROM run"), "1|0|2\n2|1|2\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 2);
    trace_close(db);
    free(a);
    free(b);
}
END_TEST

/* Two files of the same rank: the second gets another number, and it is said. */
START_TEST(ranks_told_twice)
{
    static const char head[] = "{\"distributedInfo\": {\"backend\": \"nccl\", \"rank\": 0, \"world_size\": 8},";
    char text[2000];
    char *a, *b;
    sqlite3 *db;

    snprintf(text, sizeof text, "%s%s", head, strchr(kineto, '{') + 1);
    a = write_text("a.json", text);
    b = write_text("b.json", text);
    db = import((const char *const[]){a, b}, 2);
    ck_assert_str_eq(query_rows(db, "SELECT run_id, rank, world_size FROM run"), "1|0|8\n2|1|8\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE 'two of the files say that they are rank 0%'"), 1);
    trace_close(db);
    free(a);
    free(b);
}
END_TEST

/* The file beside may come first or last; it is no rank. */
START_TEST(beside)
{
    char *a = write_text("a.json", kineto), *b = write_text("et.json", execution_trace);

    for (int turn = 0; turn < 2; turn++) {
        sqlite3 *db = import((const char *const[]){turn ? a : b, turn ? b : a}, 2);
        ck_assert_str_eq(query_rows(db, "SELECT rank, shape, strides FROM run, op_tensors WHERE direction = 'in'"),
                         "-|[2, 8, 4, 4]|[128, 16, 4, 1]\n");
        trace_close(db);
    }
    expect_refused((const char *const[]){b}, 1, STATUS_USAGE, "belongs to a trace that is not among the files");
    free(a);
    free(b);
}
END_TEST

START_TEST(bad_files)
{
    char *text = write_text("notes.txt", "Dear \x01 diary, <html>"), *empty = write_text("empty", ""), *good = write_text("a.json", kineto);

    expect_refused((const char *const[]){text}, 1, STATUS_UNSUPPORTED, "notes.txt: is in no known format, it begins with \"Dear . diary");
    expect_refused((const char *const[]){good, text}, 2, STATUS_UNSUPPORTED, "notes.txt");
    expect_refused((const char *const[]){empty}, 1, STATUS_UNSUPPORTED, "is empty");
    expect_refused((const char *const[]){"/nonexistent/x.json"}, 1, STATUS_NOT_FOUND, "/nonexistent/x.json");
    free(text);
    free(empty);
    free(good);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tests = tcase_create("import");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_add_test(tests, sniffed);
    tcase_add_test(tests, one_file);
    tcase_add_test(tests, ranks_by_order);
    tcase_add_test(tests, ranks_told_twice);
    tcase_add_test(tests, beside);
    tcase_add_test(tests, bad_files);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
