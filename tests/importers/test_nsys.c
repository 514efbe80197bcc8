/* Nsight Systems databases: what NVTX texts say, which ranges are steps, exports of 2021 and 2026, hostile and damaged files. */
#define _GNU_SOURCE /* memmem */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "importers/importer.h"
#include "importers/nsys/range.h"
#include "importers/nsys/steps.h"
#include "profiler/trace.h"
#include "support_feed.h"

#define DATA PROJECT_DIR "/tests/importers/data/"

static const struct {
    const char *text;
    enum span_kind kind;
    const char *name;
    int64_t sequence;
    int tensors; /* -1 = no sizes, or none that can be read */
} ranges[] = {
    {"aten::conv2d, seq = 12, op_id = 7, sizes = [[8, 3, 32, 32], [16, 3, 3, 3], [], []]", SPAN_OPERATOR, "aten::conv2d", 12, 2},
    {"aten::relu, op_id = 8, sizes = [[1]], input_op_ids = [(7,0), (3,1)]", SPAN_OPERATOR, "aten::relu", -1, 1},
    {"aten::empty, op_id = 9", SPAN_OPERATOR, "aten::empty", -1, -1},
    {"aten::empty", SPAN_OPERATOR, "aten::empty", -1, -1},
    {"conv2d, seq = 3, sizes = [[2, 3, 4, 5]]", SPAN_OPERATOR, "aten::conv2d", 3, 1},
    {"ConvolutionBackward0, seq = 4, op_id = 5", SPAN_OPERATOR, "ConvolutionBackward0", 4, -1},
    {"AddBackward0, op_id = 5", SPAN_OPERATOR, "AddBackward0", -1, -1},
    {"autograd::engine::evaluate_function: AddBackward0, op_id = 5", SPAN_OPERATOR, "autograd::engine::evaluate_function: AddBackward0", -1, -1},
    {"MyFunction, stashed seq = 4", SPAN_OPERATOR, "MyFunction", 4, -1},
    {"torchvision::nms", SPAN_OPERATOR, "torchvision::nms", -1, -1},
    {"Renderer::draw", SPAN_ANNOTATION, "Renderer::draw", -1, -1},
    {"flash::forward, op_id = 2", SPAN_OPERATOR, "flash::forward", -1, -1},
    {"FSDP::pre_forward (blocks.3), op_id = 2", SPAN_ANNOTATION, "FSDP::pre_forward (blocks.3)", -1, -1},
    {"Optimizer.step#SGD.step, op_id = 1", SPAN_ANNOTATION, "Optimizer.step#SGD.step", -1, -1},
    {"nn.Module: Conv2d_0", SPAN_MODULE, "Conv2d_0", -1, -1},
    {"layer1.0.conv1", SPAN_MODULE, "layer1.0.conv1", -1, -1},
    {"torch.nn.functional", SPAN_ANNOTATION, "torch.nn.functional", -1, -1},
    {"1.5", SPAN_ANNOTATION, "1.5", -1, -1},
    {"loss, seq = none", SPAN_ANNOTATION, "loss, seq = none", -1, -1},
    {"aten::add, seq = 99999999999999999999999", SPAN_ANNOTATION, "aten::add, seq = 99999999999999999999999", -1, -1},
    {"aten::add, sizes = [[1, 2, 3, 4, 5, 6, 7, 8], [2]]", SPAN_OPERATOR, "aten::add", -1, 1},
    {"aten::add, sizes = [[99999999999999999999]]", SPAN_OPERATOR, "aten::add", -1, -1},
    {"aten::add, sizes = [[1, ", SPAN_OPERATOR, "aten::add", -1, -1},
    {"aten::add, sizes = [[[[[[[[[", SPAN_OPERATOR, "aten::add", -1, -1},
    {", seq = 1", SPAN_ANNOTATION, "", 1, -1},
};

START_TEST(one_range)
{
    struct tensor_use tensor[SIGNATURE_TENSORS];
    struct signature signature;
    struct range got;
    char name[200];
    range_parse(ranges[_i].text, (int)strlen(ranges[_i].text), &got);
    snprintf(name, sizeof name, "%s%.*s", got.prefix, got.name_length, got.name);
    ck_assert_str_eq(name, ranges[_i].name);
    ck_assert_int_eq(got.kind, ranges[_i].kind);
    ck_assert_int_eq(got.sequence, ranges[_i].sequence);
    bool told = got.sizes && range_sizes(got.sizes, got.sizes_length, tensor, &signature);
    ck_assert_int_eq(told ? signature.tensors : -1, ranges[_i].tensors);
}
END_TEST

START_TEST(told_sizes)
{
    static const char text[] = "[[8, 3, 32, 32], [], [], [16]]";
    struct tensor_use tensor[SIGNATURE_TENSORS];
    struct signature signature;
    ck_assert(range_sizes(text, sizeof text - 1, tensor, &signature));
    ck_assert_int_eq(signature.tensors, 2);
    ck_assert_int_eq(tensor[0].kind.dims, 4);
    ck_assert_int_eq(tensor[0].kind.size[3], 32);
    ck_assert(!tensor[0].kind.has_strides);
    ck_assert_ptr_null(tensor[0].kind.dtype);
    ck_assert_int_eq(tensor[1].position, 3);

    char many[2000] = "[";
    for (int i = 0; i < 100; i++)
        strcat(many, "[2], ");
    strcat(many, "]");
    ck_assert(range_sizes(many, (int)strlen(many), tensor, &signature));
    ck_assert_int_eq(signature.tensors, SIGNATURE_TENSORS);
    ck_assert_int_eq(signature.left_out, 100 - SIGNATURE_TENSORS);
}
END_TEST

/* Candidates "text start-end@thread" by blanks of two; the steps chosen as "number:start". */
static const struct {
    const char *candidates, *chosen;
} step_cases[] = {
    {"ProfilerStep#7 0-10@1;ProfilerStep#8 10-20@1;step 0 1-2@1;step 1 3-4@1", "7:0 8:10"},
    {"step 5 20-30@1;step 4 0-10@1", "4:0 5:20"},
    {"step 5 0-10@1;step 5 20-30@1", "0:0 1:20"},
    {"iter_3 0-10@1;iter_4 10-20@1", "3:0 4:10"},
    {"Iteration [2] 0-10@1;Iteration [3] 10-20@1", "2:0 3:10"},
    {"step 0-10@1;step 10-20@1;step 20-25@1", "0:0 1:10 2:20"},
    {"step 1 0-10@1", ""},
    {"step 1 0-10@1;step 2 5-15@1", ""},
    {"step 1 0-10@1;step 2 0-10@2", ""},
    {"batch 0 1-2@1;batch 1 3-4@1;step 0 0-10@1;step 1 10-20@1", "0:0 1:10"},
    {"step 0 0-1@1;step 1 2-3@1;step 0 0-1@2;step 1 2-3@2;step 2 4-5@2", "0:0 1:2 2:4"},
    {"step 3 loss 0-1@1;step 4 loss 2-3@1", ""},
    {"optimizer_step 1 0-1@1;optimizer_step 2 2-3@1", ""},
    {"epoch 1 0-1@1;epoch 2 2-3@1", ""},
    {"stepper 1 0-1@1;stepper 2 2-3@1", ""},
    {"", ""},
};

static void add_candidates(struct steps *steps, const char *candidates)
{
    char copy[400], *save = NULL;
    snprintf(copy, sizeof copy, "%s", candidates);
    for (char *one = strtok_r(copy, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
        long start = 0, end = 0, thread = 0;
        char *last = strrchr(one, ' ');
        ck_assert_int_eq(sscanf(last, " %ld-%ld@%ld", &start, &end, &thread), 3);
        ok(steps_add(steps, one, (int)(last - one), start, end, thread));
    }
}

START_TEST(chosen_steps)
{
    struct steps steps = {0};
    char got[200] = "";
    add_candidates(&steps, step_cases[_i].candidates);
    steps_choose(&steps);
    for (int i = 0; i < steps.range_count; i++) {
        const struct step_range *step = &steps.range[i];
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%lld:%lld", i ? " " : "", (long long)step->number,
                 (long long)step->start_ns);
        ck_assert_ptr_eq(steps_find(&steps, step->start_ns, step->end_ns, step->thread), step);
        ck_assert_ptr_null(steps_find(&steps, step->start_ns, step->end_ns, step->thread + 7));
    }
    ck_assert_str_eq(got, step_cases[_i].chosen);
    steps_release(&steps);
}
END_TEST

/* A database made of a script, in the scratch folder; the path is the caller's. */
static char *make(const char *script)
{
    char *path = strdup(scratch_path("a.sqlite")), name[300];
    struct strbuf sql;
    sqlite3 *db = NULL;
    char *error = NULL;

    strbuf_init(&sql);
    snprintf(name, sizeof name, "%s%s", DATA, script);
    if (strchr(script, ' '))
        strbuf_append(&sql, script);
    else
        ok(file_read(name, &sql));
    unlink(path);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, sql.text, NULL, NULL, &error);
    ck_assert_msg(!error, "%s", error);
    sqlite3_close(db);
    strbuf_release(&sql);
    return path;
}

static sqlite3 *import(const char *script)
{
    char *path = make(script);
    const char *out = scratch_path("a.db");
    sqlite3 *db = NULL;
    ok(import_files((const char *const *)&path, 1, out));
    ok(trace_open(out, 0, &db));
    expect_sound(db);
    free(path);
    return db;
}

static void expect_refused(const char *path, enum status status, const char *words)
{
    int files = scratch_files();
    ck_assert_int_eq(import_files(&path, 1, scratch_path("a.db")), status);
    ck_assert_msg(strstr(status_message(), words) != NULL, "no '%s' in: %s", words, status_message());
    ck_assert_ptr_nonnull(strstr(status_message(), path));
    ck_assert_int_eq(scratch_files(), files);
}

START_TEST(of_2021)
{
    sqlite3 *db = import("nsys_2021.sql");
    ck_assert_str_eq(query_rows(db, "SELECT source, device, device_name, started_unix_ns, rank FROM runs"),
                     "nsys|cuda|Tesla V100-SXM2-16GB|-|-\n");
    ck_assert_str_eq(query_rows(db, "SELECT step_index, count(*) FROM steps JOIN operators USING (step_id) WHERE name = 'aten::conv2d' GROUP BY 1"),
                     "0|1\n1|1\n2|1\n");
    ck_assert_str_eq(query_rows(db, "SELECT op_name, cause, from_format, to_format, source_dtype, count(*), sum(dur_ns) FROM conversions GROUP BY 1, 2, 3, 4"),
                     "aten::conv2d|library|channels_last|contiguous|float16|3|360\n"
                     "aten::conv2d|library|contiguous|channels_last|float16|3|300\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels"), 9);
    sqlite3_close(db);
}
END_TEST

START_TEST(of_2026)
{
    sqlite3 *db = import("nsys_3_25.sql");
    ck_assert_str_eq(query_rows(db, "SELECT rank, world_size, command_line, library_versions, started_unix_ns FROM runs"),
                     "0|2|torchrun --nproc_per_node=2 train.py|Nsight Systems 2026.2.1.210, schema 3.25.0|1779782330176752435\n"
                     "1|2|torchrun --nproc_per_node=2 train.py|Nsight Systems 2026.2.1.210, schema 3.25.0|1779782330176752435\n");
    /* Process 400 comes first; it is the one on device 1. Equal correlation ids stay apart. */
    ck_assert_str_eq(query_rows(db, "SELECT r.rank, k.dur_ns, o.name, count(*) FROM kernels k JOIN operators o USING (op_id) "
                                    "JOIN steps s ON s.step_id = k.step_id JOIN runs r ON r.run_id = s.run_id "
                                    "WHERE k.name LIKE '%NhwcKernel%' GROUP BY 1, 2, 3"),
                     "0|101|aten::convolution|4\n0|111|aten::convolution_backward|4\n"
                     "1|100|aten::convolution|4\n1|110|aten::convolution_backward|4\n");
    ck_assert_str_eq(query_rows(db, "SELECT phase, op_name, count(*) FROM conversions GROUP BY 1, 2"),
                     "backward|aten::convolution_backward|16\nforward|aten::convolution|16\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM operators b JOIN operators f ON f.op_id = b.forward_op_id "
                                   "WHERE b.name = 'aten::convolution_backward' AND f.name = 'aten::convolution' "
                                   "AND f.step_id = b.step_id"), 8);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM steps"), 8);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%17 CUDA events were lost%'"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%--cuda-graph-trace=node%'"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE name = 'CUDA graph 3' AND role IS NULL"), 2);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '2 rows from before the capture%'"), 1);
    /* The environment of the recorded program stays where it is. */
    struct strbuf bytes;
    strbuf_init(&bytes);
    ok(file_read(scratch_path("a.db"), &bytes));
    ck_assert_ptr_null(memmem(bytes.text, bytes.length, "secret", 6));
    strbuf_release(&bytes);
    sqlite3_close(db);
}
END_TEST

START_TEST(hostile)
{
    sqlite3 *db = import("nsys_hostile.sql");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels"), 4);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE name = 'real'"), 1);
    ck_assert_int_eq(query_int(db, "SELECT max(length(name)) FROM kernels"), 65536);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM operators"), 2);
    sqlite3_close(db);
    ck_assert_int_eq(sqlite3_open(scratch_path("a.sqlite"), &db), SQLITE_OK);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM StringIds"), 6);
    sqlite3_close(db);
}
END_TEST

START_TEST(no_nsight_database)
{
    char *path = make("CREATE TABLE customers (name); INSERT INTO customers VALUES ('x');");
    expect_refused(path, STATUS_UNSUPPORTED, "no table of it is Nsight Systems'");
    free(path);
    path = make("CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);");
    expect_refused(path, STATUS_UNSUPPORTED, "neither CUDA work nor NVTX ranges");
    free(path);
    path = make("PRAGMA application_id = 0x636C7072; CREATE TABLE run (name);");
    expect_refused(path, STATUS_UNSUPPORTED, "clprof report");
    free(path);
}
END_TEST

/* What people have in their hands first is the report, not its export. */
START_TEST(report_without_export)
{
    char *path = strdup(scratch_path("a.nsys-rep"));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("whatever a report begins with", file);
    ck_assert_int_eq(fclose(file), 0);
    expect_refused(path, STATUS_UNSUPPORTED, "nsys export --type=sqlite");
    free(path);
}
END_TEST

static void write_at(const char *path, long offset, int byte, long count)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    fseek(file, offset, SEEK_SET);
    for (long i = 0; i < count; i++)
        fputc(byte, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(damaged)
{
    char *path = make("nsys_2021.sql");
    struct stat about;
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    long page = (long)query_int(db, "SELECT rootpage FROM sqlite_master WHERE name = 'CUPTI_ACTIVITY_KIND_KERNEL'");
    long page_bytes = (long)query_int(db, "PRAGMA page_size");
    sqlite3_close(db);
    write_at(path, (page - 1) * page_bytes, 0xff, page_bytes);
    expect_refused(path, STATUS_CORRUPT, "CUPTI_ACTIVITY_KIND_KERNEL");
    ck_assert_ptr_nonnull(strstr(status_message(), "SQLite says"));
    free(path);

    path = make("nsys_2021.sql");
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(truncate(path, about.st_size - page_bytes - 1), 0);
    expect_refused(path, STATUS_CORRUPT, "cut off at byte");
    ck_assert_int_eq(truncate(path, 60), 0);
    expect_refused(path, STATUS_CORRUPT, "only 60 bytes");
    free(path);
}
END_TEST

/* What is of no importance may be damaged. */
START_TEST(damaged_side_table)
{
    char *path = make("nsys_3_25.sql");
    const char *out = scratch_path("a.db");
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    long page = (long)query_int(db, "SELECT rootpage FROM sqlite_master WHERE name = 'TARGET_INFO_GPU'");
    long page_bytes = (long)query_int(db, "PRAGMA page_size");
    sqlite3_close(db);
    write_at(path, (page - 1) * page_bytes, 0xff, page_bytes);
    ok(import_files((const char *const *)&path, 1, out));
    ok(trace_open(out, 0, &db));
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM runs WHERE device_name IS NULL"), 2);
    sqlite3_close(db);
    free(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nsys");
    TCase *parts = tcase_create("parts"), *whole = tcase_create("databases");

    tcase_add_loop_test(parts, one_range, 0, (int)(sizeof ranges / sizeof ranges[0]));
    tcase_add_test(parts, told_sizes);
    tcase_add_loop_test(parts, chosen_steps, 0, (int)(sizeof step_cases / sizeof step_cases[0]));
    suite_add_tcase(suite, parts);
    tcase_add_checked_fixture(whole, NULL, scratch_clear);
    tcase_add_test(whole, of_2021);
    tcase_add_test(whole, of_2026);
    tcase_add_test(whole, hostile);
    tcase_add_test(whole, no_nsight_database);
    tcase_add_test(whole, report_without_export);
    tcase_add_test(whole, damaged);
    tcase_add_test(whole, damaged_side_table);
    tcase_set_timeout(whole, 60);
    suite_add_tcase(suite, whole);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
