/* oneDNN verbose logs: lines of all versions, descriptors and problems, which reorder belongs to whom, whole logs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "importers/importer.h"
#include "importers/onednn/problem.h"
#include "importers/onednn/tensor.h"
#include "profiler/trace.h"
#include "support_feed.h"

#define DATA PROJECT_DIR "/tests/importers/data/"

static struct text text_of(const char *text)
{
    return (struct text){text, (int)strlen(text)};
}

static const struct {
    const char *line;
    enum line_kind kind;
    const char *primitive, *problem;
    int64_t start_ns, dur_ns;
} lines[] = {
    {"epoch 3, loss 0.2", LINE_FOREIGN, "", "", -1, 0},
    {"x_verbose,exec,cpu", LINE_FOREIGN, "", "", -1, 0},
    {"onednn_verbose,info,cpu,runtime:OpenMP,nthr:2", LINE_INFO, NULL, NULL, -1, 0},
    {"onednn_verbose,create:cache_miss,cpu,reorder,jit:uni,undef,a b,,,8x64,0.5", LINE_OTHER, NULL, NULL, -1, 0},
    {"onednn_verbose,exec,cpu,reorder,jit:uni,undef,a b,,,8x64,0.5", LINE_EXEC, "reorder", "8x64", -1, 500000},
    {"onednn_verbose,1795375683031.982910,exec,cpu,reorder,jit:uni,undef,a b,,,8x64,1e-05", LINE_EXEC, "reorder", "8x64",
     1795375683031982910, 10},
    {"onednn_verbose,v1,1795375683031.5,primitive,exec,cpu,sum,ref:any,undef,a b,,,8x64,2", LINE_EXEC, "sum", "8x64",
     1795375683031500000, 2000000},
    {"onednn_verbose,primitive,exec,gpu,matmul,ocl,undef,a b,,,1x2:2x3,2", LINE_EXEC, "matmul", "1x2:2x3", -1, 2000000},
    {"onednn_verbose,v1,graph,exec,cpu,1000,matmul_post_ops,x,y,z,a,b,0.2", LINE_OTHER, NULL, NULL, -1, 0},
    {"onednn_verbose,v1,primitive,exec:check,cpu,unused argument", LINE_OTHER, NULL, NULL, -1, 0},
    {"dnnl_verbose,exec,cpu,convolution,jit,forward,a b,alg:x,mb8ic3,0.25", LINE_EXEC, "convolution", "mb8ic3", -1, 250000},
    {"mkldnn_verbose,exec,convolution,jit,forward,a b,alg:x,mb8ic3,0.25", LINE_EXEC, "convolution", "mb8ic3", -1, 250000},
    {"mkldnn_verbose,exec,convolution,jit,forward,a b,alg:x,mb8ic3,1,432", LINE_EXEC, "convolution", "mb8ic3", -1, 1432000},
    {"100%|###|\tonednn_verbose,exec,cpu,sum,i,undef,a b,,,8x64,0.5", LINE_EXEC, "sum", "8x64", -1, 500000},
    {"onednn_verbose,exec,cpu,reorder,jit:uni,undef,a b,,,8x64,", LINE_BROKEN, NULL, NULL, -1, 0},
    {"onednn_verbose,exec,cpu,reorder,jit:uni,undef,a b,,,8x64,-1", LINE_BROKEN, NULL, NULL, -1, 0},
    {"onednn_verbose,exec,cpu,reorder,jit:uni,undef,a b,,,8x64,nan", LINE_BROKEN, NULL, NULL, -1, 0},
    {"onednn_verbose,exec,cpu,reorder,jit:uni,undef,a b,,,8x64,1e300", LINE_BROKEN, NULL, NULL, -1, 0},
    {"onednn_verbose,exec,cpu,reonednn_verbose,exec,cpu,sum", LINE_BROKEN, NULL, NULL, -1, 0},
    {"onednn_verbose,exec", LINE_BROKEN, NULL, NULL, -1, 0},
    {"onednn_verbose,99999999999999999999.5,exec,cpu,sum,i,undef,a b,,,8x64,0.5", LINE_OTHER, NULL, NULL, -1, 0},
    {"onednn_verbose,", LINE_OTHER, NULL, NULL, -1, 0},
};

START_TEST(one_line)
{
    struct verbose_template order = {.fields = 0};
    struct verbose_line got;
    line_read(text_of(lines[_i].line), &order, &got);
    ck_assert_int_eq(got.kind, lines[_i].kind);
    if (got.kind != LINE_EXEC)
        return;
    ck_assert(text_is(got.field[FIELD_PRIMITIVE], lines[_i].primitive));
    ck_assert(text_is(got.field[FIELD_PROBLEM], lines[_i].problem));
    ck_assert_int_eq(got.start_ns, lines[_i].start_ns);
    ck_assert_int_eq(got.dur_ns, lines[_i].dur_ns);
}
END_TEST

/* A version that nobody has seen, with its fields in another order: its header tells. */
START_TEST(line_by_template)
{
    struct verbose_template order = {.fields = 0};
    struct verbose_line got;
    line_read(text_of("onednn_verbose,v2,primitive,info,template:timestamp,operation,primitive,engine,weather,prop_kind,"
                      "memory_descriptors,problem_desc,exec_time"), &order, &got);
    ck_assert_int_eq(got.kind, LINE_INFO);
    ck_assert_int_eq(order.fields, 8);
    line_read(text_of("onednn_verbose,v2,12.5,primitive,exec,pooling,cpu,sunny,forward,a b,8x64,3"), &order, &got);
    ck_assert_int_eq(got.kind, LINE_EXEC);
    ck_assert(text_is(got.field[FIELD_PRIMITIVE], "pooling"));
    ck_assert(text_is(got.field[FIELD_ENGINE], "cpu"));
    ck_assert(text_is(got.field[FIELD_PROP_KIND], "forward"));
    ck_assert_int_eq(got.start_ns, 12500000);
    /* A header that lacks what lines need changes nothing. */
    line_read(text_of("onednn_verbose,info,prim_template:operation,weather"), &order, &got);
    ck_assert_int_eq(order.fields, 8);
}
END_TEST

/* "name shape format" of each tensor, outputs with '>'. */
static const char *describe(const struct primitive *primitive)
{
    static char out[1000];
    int at = 0;
    out[0] = 0;
    for (int i = 0; i < primitive->tensors; i++) {
        const struct descriptor *tensor = &primitive->tensor[i];
        const struct tensor_kind *kind = &tensor->kind;
        enum memory_format format = tensor_kind_format(kind);
        at += snprintf(out + at, sizeof out - (size_t)at, "%s%s%d %s ", i ? ", " : "", tensor->out ? ">" : "", tensor->position,
                       kind->dtype ? kind->dtype : "-");
        for (int d = 0; d < kind->dims; d++)
            at += snprintf(out + at, sizeof out - (size_t)at, "%s%lld", d ? "x" : "", (long long)kind->size[d]);
        at += snprintf(out + at, sizeof out - (size_t)at, "%s %s", kind->dims < 0 ? "?" : "",
                       format == FORMAT_COUNT ? "-" : layout_name(format));
    }
    return out;
}

static const struct {
    const char *primitive, *prop, *descriptors, *problem, *expected;
} primitives[] = {
    {"convolution", "forward_training",
     "src_f32::blocked:acdb:f0 wei_f32::blocked:Acdb16a:f0 bia_undef::undef::f0 dst_f32::blocked:acdb:f0",
     "mb8_ic3oc64_ih64oh32kh7sh2dh0ph3_iw64ow32kw7sw2dw0pw3",
     "0 float32 8x3x64x64 channels_last, 1 float32 64x3x7x7 blocked, >0 float32 8x64x32x32 channels_last"},
    {"convolution", "backward_data",
     "src:bf16:a:blocked:aBcd16b::f0 wei:bf16::blocked:abcde::f0 bia:undef::undef::: dst:bf16:p:blocked:abcd::f0",
     "mb2_g4ic8oc16_ih5oh5kh3sh1dh0ph1_iw7ow7kw3sw1dw0pw1",
     ">0 bfloat16 2x8x5x7 blocked, 1 bfloat16 4x4x2x3x3 -, 3 bfloat16 2x16x5x7 contiguous"},
    {"convolution", "backward_weights", "src_f32::blocked:abcd::f0 wei_f32::blocked:abcd::f0 bia_f32::blocked:a::f0 dst_f32::blocked:abcd::f0",
     "mb2_ic8oc16_ih5oh5kh1sh1dh0ph0_iw7ow7kw1sw1dw0pw0",
     "0 float32 2x8x5x7 contiguous, >0 float32 16x8x1x1 either, >1 float32 16 -, 3 float32 2x16x5x7 contiguous"},
    {"convolution", "forward_inference", "fsrc:nChw8c fwei:gOhwi8o fbia:x fdst:nhwc", "mb1_g1ic256oc64_ih14oh14kh1sh1dh0ph0_iw14ow14kw1sw1dw0pw0",
     "0 - 1x256x14x14 blocked, 1 - ? blocked, 2 - 64 -, >0 - 1x64x14x14 channels_last"},
    {"reorder", "undef", "in:f32_hwio out:f32_OIhw8i8o", "1024x256x1x1",
     "0 float32 1024x256x1x1 strided, >0 float32 1024x256x1x1 blocked"},
    {"reorder", "undef", "src_f32::blocked:abcd:200704x3136x56x1:f0 dst_bf16::blocked:acdb::f0", "8x64x56x56",
     "0 float32 8x64x56x56 contiguous, >0 bfloat16 8x64x56x56 channels_last"},
    {"batch_normalization", "forward_training", "data_f32::blocked:acdb:f0 diff_undef::undef::f0", "mb8ic64ih56iw56",
     "0 float32 8x64x56x56 channels_last, >0 float32 8x64x56x56 channels_last"},
    {"eltwise", "backward", "src:f32::blocked:abcd::f0 diff_src:f32::blocked:abcd::f0 diff_dst:f32::blocked:acdb::f0", "2x3x4x5",
     "0 float32 2x3x4x5 contiguous, >0 float32 2x3x4x5 contiguous, 3 float32 2x3x4x5 channels_last"},
    {"matmul", "undef", "src_bf16::blocked:ab::f0 wei_bf16::blocked:BA16a64b2a::f0 dst_f32::blocked:ab::f0", "16x512:512x1000",
     "0 bfloat16 16x512 -, 1 bfloat16 512x1000 blocked, >0 float32 16x1000 -"},
    {"inner_product", "forward_inference", "src:f32::blocked:abcd::f0 wei:f32::blocked:acdb::f0 bia:f32::blocked:a::f0 dst:f32::blocked:ab::f0",
     "mb8ic256ih6iw6oc4096", "0 float32 8x256x6x6 contiguous, 1 float32 4096x256x6x6 channels_last, 2 float32 4096 -, >0 float32 8x4096 -"},
    {"concat", "undef", "src_f8_e5m2::blocked:acdb::f0 src_f8_e5m2::blocked:acdb::f0 dst_f8_e5m2::blocked:acdb::f0", "1x2x3x4:1x5x3x4",
     "0 - 1x2x3x4 channels_last, 0 - 1x2x3x4 channels_last, >0 - 1x2x3x4 channels_last"},
    {"convolution", "forward", "src_f32::wino:: dst_f32::blocked:acdb:f0", "nonsense", "0 float32 ? blocked, >0 float32 ? -"},
    {"sum", "undef", "src:f32::blocked:abcd::f0 dst:f32::blocked:abcd::f0", "99999999999999999999x2x3x4", "0 float32 ? -, >0 float32 ? -"},
    {"sum", "undef", "src:f32::blocked:abcd::f0 dst:f32::blocked:aacd::f0", "1000000000000x1000000000000x3x4",
     "0 float32 1000000000000x1000000000000x3x4 -, >0 float32 1000000000000x1000000000000x3x4 -"},
    {"sum", "undef", "src:f32::blocked:::f0 dst:f32::blocked:abcdefgh::f0", "1x2x3x4", "0 float32 1x2x3x4 -, >0 float32 1x2x3x4 -"},
};

START_TEST(tensors)
{
    struct verbose_line line = {.field = {
        [FIELD_PRIMITIVE] = text_of(primitives[_i].primitive), [FIELD_PROP_KIND] = text_of(primitives[_i].prop),
        [FIELD_DESCRIPTORS] = text_of(primitives[_i].descriptors), [FIELD_PROBLEM] = text_of(primitives[_i].problem),
    }};
    struct primitive got;
    ck_assert(primitive_read(&line, &got));
    ck_assert_str_eq(describe(&got), primitives[_i].expected);
}
END_TEST

START_TEST(broken_tensors)
{
    static const char *const descriptors[] = {
        "src", ":", "src:f32", ":::::::::", "src_f32::blocked:abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd:f0", "in:", "f:nchw:x",
    };
    struct primitive got;
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++) {
        struct verbose_line line = {.field[FIELD_DESCRIPTORS] = text_of(descriptors[i])};
        bool read = primitive_read(&line, &got);
        ck_assert_msg(!read || got.tensors <= 1, "%s", descriptors[i]);
    }
}
END_TEST

START_TEST(weights_by_tag)
{
    static const char *const weights[] = {"ABcd16b16a", "Acdb64a", "ABcd16a16b", "Abcde16a", "aBCde16b16c"};
    static const char *const activations[] = {"abcd", "acdb", "aBcd16b", "aBcde16b", ""};
    for (size_t i = 0; i < 5; i++) {
        ck_assert(tag_is_weights(weights[i]));
        ck_assert(!tag_is_weights(activations[i]));
    }
}
END_TEST

static sqlite3 *import(const char *path)
{
    const char *out = scratch_path("a.db");
    sqlite3 *db = NULL;
    ok(import_files(&path, 1, out));
    ok(trace_open(out, 0, &db));
    expect_sound(db);
    return db;
}

/* The same two steps of a convolution between contiguous neighbours, as four versions write them. */
static const char *const logs[] = {"onednn_mkldnn_0.log", "onednn_2_6.log", "onednn_3_3.log", "onednn_v1_timestamps.log"};

START_TEST(whole_logs)
{
    char path[300];
    snprintf(path, sizeof path, "%s%s", DATA, logs[_i]);
    sqlite3 *db = import(path);
    ck_assert_str_eq(query_rows(db, "SELECT cause, from_format, to_format, count(*), sum(dur_ns) FROM conversions GROUP BY 1, 2, 3"),
                     "gradient|blocked|contiguous|2|500000\n"
                     "library|blocked|contiguous|4|2000000\n"
                     "library|contiguous|blocked|8|4000000\n"
                     "weight|contiguous|blocked|4|1000000\n");
    ck_assert_str_eq(query_rows(db, "SELECT name, count(*), sum(dur_ns), input_format, output_format, phase FROM operators "
                                    "WHERE level = 0 AND name = 'onednn::convolution' GROUP BY 1"),
                     _i == 3 ? "onednn::convolution|2|6875000|contiguous|contiguous|forward\n"
                             : "onednn::convolution|2|6500000|contiguous|contiguous|forward\n");
    ck_assert_str_eq(query_rows(db, "SELECT name, count(*) FROM operators WHERE level = 0 GROUP BY 1"),
                     "onednn::convolution|2\nonednn::convolution_backward_data|2\n"
                     "onednn::convolution_backward_weights|2\nonednn::eltwise|2\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM steps"), _i == 3 ? 2 : 0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%no timestamps%'"), _i != 3);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%lines%'"), 0);
    sqlite3_close(db);
}
END_TEST

static char *write_text(const char *text)
{
    char *path = strdup(scratch_path("a.log"));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

#define CONV "onednn_verbose,exec,cpu,convolution,i,forward,src_f32::blocked:%s:f0 wei_f32::blocked:abcd:f0 dst_f32::blocked:%s:f0,,," \
             "mb2_ic8oc8_ih4oh4kh3sh1dh0ph1_iw4ow4kw3sw1dw0pw1,1\n"
#define REORDER "onednn_verbose,exec,cpu,reorder,i,undef,src_f32::blocked:%s:f0 dst_f32::blocked:%s:f0,,,%s,1\n"

/* Reorders in the place of a neighbour's, of which they are not; each is an operator of its own, with the cause its tag tells. */
START_TEST(reorders_of_nobody)
{
    char text[4000];
    snprintf(text, sizeof text, REORDER REORDER CONV REORDER REORDER REORDER,
             "abcd", "aBcd16b", "2x16x4x4",  /* other sizes than the convolution's */
             "abcd", "Acdb16a", "8x8x1x1",   /* other weights */
             "acdb", "acdb",
             "acdb", "abcd", "2x8x4x4",      /* what the user reads is his: nobody had converted it before */
             "ABcd8b8a", "abcd", "8x8x3x3",
             "aBcd8b", "aBcd16b", "2x8x4x4");
    char *path = write_text(text);
    sqlite3 *db = import(path);
    ck_assert_str_eq(query_rows(db, "SELECT cause, op_name, from_format, to_format FROM conversions ORDER BY start_ns"),
                     "library|onednn::reorder|contiguous|blocked\n"
                     "weight|onednn::reorder|either|blocked\n"
                     "library|onednn::reorder|channels_last|contiguous\n"
                     "gradient|onednn::reorder|blocked|contiguous\n"
                     "library|onednn::reorder|blocked|blocked\n");
    sqlite3_close(db);
    free(path);
}
END_TEST

/* A channels_last kernel under a contiguous model: back to where it came from, so the reorder behind is the operator's too. */
START_TEST(there_and_back_without_blocks)
{
    char text[2000];
    snprintf(text, sizeof text, REORDER CONV REORDER, "abcd", "acdb", "2x8x4x4", "acdb", "acdb", "acdb", "abcd", "2x8x4x4");
    char *path = write_text(text);
    sqlite3 *db = import(path);
    ck_assert_str_eq(query_rows(db, "SELECT cause, op_name, from_format, to_format FROM conversions ORDER BY start_ns"),
                     "library|onednn::convolution|contiguous|channels_last\n"
                     "library|onednn::convolution|channels_last|contiguous\n");
    sqlite3_close(db);
    free(path);
}
END_TEST

/* Weights of a grouped convolution are PyTorch's four dimensions; a cast that keeps the order is no conversion. */
START_TEST(groups_and_casts)
{
    char *path = write_text(
        "onednn_verbose,exec,cpu,reorder,i,undef,src_f32::blocked:abcde:f0 dst_bf16::blocked:aBCde16b16c:f0,,,4x16x16x3x3,1\n"
        "onednn_verbose,exec,cpu,reorder,i,undef,src_f32::blocked:acdb:f0 dst_bf16::blocked:acdb:f0,,,2x64x8x8,1\n"
        "onednn_verbose,exec,cpu,convolution,i,forward_training,src_bf16::blocked:acdb:f0 wei_bf16::blocked:aBCde16b16c:f0 "
        "dst_bf16::blocked:acdb:f0,,,mb2_g4ic64oc64_ih8oh8kh3sh1dh0ph1_iw8ow8kw3sw1dw0pw1,1\n");
    sqlite3 *db = import(path);
    ck_assert_str_eq(query_rows(db, "SELECT cause, op_name, from_format, to_format, shape, source_dtype, dest_dtype FROM conversions"),
                     "weight|onednn::convolution|contiguous|blocked|[64, 16, 3, 3]|float32|bfloat16\n");
    sqlite3_close(db);
    free(path);
}
END_TEST

/* Threads that run at once are told by timestamps: their calls overlap. */
START_TEST(threads)
{
    char *path = write_text(
        "onednn_verbose,1000.0,exec,cpu,sum,i,undef,src_f32::blocked:abcd:f0 dst_f32::blocked:abcd:f0,,,1x2x3x4,5\n"
        "onednn_verbose,1002.0,exec,cpu,sum,i,undef,src_f32::blocked:abcd:f0 dst_f32::blocked:abcd:f0,,,1x2x3x4,5\n"
        "onednn_verbose,1006.0,exec,cpu,sum,i,undef,src_f32::blocked:abcd:f0 dst_f32::blocked:abcd:f0,,,1x2x3x4,5\n");
    sqlite3 *db = import(path);
    ck_assert_int_eq(query_int(db, "SELECT count(DISTINCT thread_id) FROM operators"), 2);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM operators WHERE dur_ns = 5000000 AND parent_op_id IS NULL"), 3);
    sqlite3_close(db);
    free(path);
}
END_TEST

START_TEST(broken_lines_are_counted)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append(&text, "onednn_verbose,exec,cpu,reorder,i,undef,src_f32::blocked:abcd:f0 dst_f32::blocked:acdb:f0,,,2x3x4x5,1\n");
    strbuf_append(&text, "onednn_verbose,exec,cpu,reorder,i,onednn_verbose,exec,cpu\n");
    strbuf_append(&text, "onednn_verbose,exec,cpu,re order,i,undef,a:b c:d,,,2x3x4x5,1\n");
    for (int i = 0; i < 300000; i++)
        strbuf_append(&text, "onednn_verbose,exec,");
    strbuf_append(&text, "\nonednn_verbose,exec,cpu,reorder,i,undef,src_f32::blocked:acdb:f0 dst_f32::blocked:abcd:f0,,,2x3x4x5,1");
    char *path = write_text(text.text);
    sqlite3 *db = import(path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM conversions"), 2);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '% 2 lines can''t be read%'"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '% 1 lines of over%'"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%in its last line, at byte 6000%'"), 1);
    sqlite3_close(db);
    strbuf_release(&text);
    free(path);
}
END_TEST

START_TEST(nothing_executed)
{
    char *path = write_text("onednn_verbose,info,oneDNN v2.6.3 (commit N/A)\nonednn_verbose,create,cpu,reorder,a,b,c,d,e,f,1\n");
    int files = scratch_files();
    ck_assert_int_eq(import_files((const char *const *)&path, 1, scratch_path("b.db")), STATUS_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(status_message(), "no primitive was executed"));
    ck_assert_int_eq(scratch_files(), files);
    free(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onednn");
    TCase *parts = tcase_create("parts"), *whole = tcase_create("logs");

    tcase_add_loop_test(parts, one_line, 0, (int)(sizeof lines / sizeof lines[0]));
    tcase_add_test(parts, line_by_template);
    tcase_add_loop_test(parts, tensors, 0, (int)(sizeof primitives / sizeof primitives[0]));
    tcase_add_test(parts, broken_tensors);
    tcase_add_test(parts, weights_by_tag);
    suite_add_tcase(suite, parts);
    tcase_add_checked_fixture(whole, NULL, scratch_clear);
    tcase_add_loop_test(whole, whole_logs, 0, 4);
    tcase_add_test(whole, reorders_of_nobody);
    tcase_add_test(whole, there_and_back_without_blocks);
    tcase_add_test(whole, groups_and_casts);
    tcase_add_test(whole, threads);
    tcase_add_test(whole, broken_lines_are_counted);
    tcase_add_test(whole, nothing_executed);
    tcase_set_timeout(whole, 60);
    suite_add_tcase(suite, whole);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
