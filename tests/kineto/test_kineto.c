/* importers/kineto and importers/torch/execution_trace.c: files of all ages, hand-written in data/, against what they say. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "importers/importer.h"
#include "importers/source.h"
#include "importers/torch/execution_trace.h"
#include "kineto/support_job.h"

extern const struct importer importer_kineto, importer_execution_trace;

static struct job job;

static void forget(void)
{
    taken_release(&job);
}

static const char *data(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/data/%s", TEST_SOURCE_DIR, name);
    return path;
}

static void take(const char *name)
{
    enum status status = importer_kineto.read(&job, data(name));
    ck_assert_msg(status == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(job.processes, 1);
}

/* Every file: how many of each kind, device, rank, start. */
static const struct {
    const char *file;
    int count[SPAN_KIND_COUNT]; /* operator module step annotation launch kernel memcpy memset */
    const char *device, *device_name, *versions;
    int64_t rank, world_size, started_unix_ns;
    int notes;
} files[] = {
    {"2021_01_array.json", {1, 0, 0, 0, 1, 1, 0, 1}, "cuda", "", "", -1, -1, 1606910596297023000, 0},
    {"2021_06.json", {1, 0, 1, 1, 0, 0, 1, 0}, "cuda", "Another GPU", "", -1, -1, 1623143093551000000, 0},
    {"2024_epoch_decimals.json", {0, 0, 0, 0, 1, 1, 0, 0}, "cuda", "", "CUDA runtime 12010, CUPTI 18", 5, 8,
     1712195495519689125, 0},
    {"2025_strides.json", {3, 2, 1, 1, 1, 1, 0, 0}, "cuda", "NVIDIA H100 80GB HBM3", "CUDA runtime 12040", -1, -1,
     1752825292661601577, 0},
    {"hip.json", {0, 0, 0, 0, 1, 1, 1, 0}, "cuda", "AMD Instinct MI300X", "roctracer 4.1, HIP runtime 60443483", -1, -1,
     1770932723223546042, 0},
    {"xpu.json", {0, 0, 0, 0, 1, 1, 0, 0}, "xpu", "", "", -1, -1, -1, 0},
    {"odd.json", {6, 0, 0, 0, 0, 1, 0, 0}, "cuda", "", "", 2, 4, -1, 2},
};

START_TEST(counts)
{
    take(files[_i].file);
    for (int kind = 0; kind < SPAN_KIND_COUNT; kind++)
        ck_assert_msg(taken_count(&job, kind) == files[_i].count[kind], "%d spans of kind %d, expected %d",
                      taken_count(&job, kind), kind, files[_i].count[kind]);
    ck_assert_str_eq(job.device, files[_i].device);
    ck_assert_str_eq(job.device_name, files[_i].device_name);
    ck_assert_str_eq(job.versions, files[_i].versions);
    ck_assert_int_eq(job.rank, files[_i].rank);
    ck_assert_int_eq(job.world_size, files[_i].world_size);
    ck_assert_int_eq(job.started_unix_ns, files[_i].started_unix_ns);
    ck_assert_int_eq(job.notes.text_count, files[_i].notes);
}
END_TEST

static const char *lane_of(const struct span *span)
{
    return intern_text(&job.lanes, span->lane);
}

static const char *signature_of(const struct span *span)
{
    return span->signature < 0 ? "none" : taken_text(&job.signature[span->signature]);
}

START_TEST(year_2021_january)
{
    take("2021_01_array.json");
    const struct span *conv = taken_named(&job, "aten::conv2d"), *launch = taken_named(&job, "cudaLaunchKernel");
    const struct span *kernel = taken_span(&job, SPAN_KERNEL, 0), *memset_ = taken_span(&job, SPAN_MEMSET, 0);

    ck_assert_int_eq(conv->start_ns, 1606910596297023000);
    ck_assert_int_eq(conv->dur_ns, 13000);
    ck_assert_str_eq(lane_of(conv), "thread 67844/4093687616");
    ck_assert_int_eq(conv->sequence, -1);
    ck_assert_int_eq(conv->correlation, -1);
    ck_assert_str_eq(signature_of(conv), "0:?[32,3,224,224] 1:?[64,3,7,7]");
    ck_assert_ptr_null(job.signature[conv->signature].signature.arguments);
    ck_assert_int_eq(launch->correlation, 60032);
    ck_assert_int_eq(kernel->correlation, 60032);
    ck_assert_int_eq(kernel->bytes, -1);
    ck_assert_str_eq(lane_of(kernel), "cuda 0/7");
    ck_assert_int_eq(memset_->bytes, 1048576);
}
END_TEST

START_TEST(year_2021_june)
{
    take("2021_06.json");
    const struct span *step = taken_span(&job, SPAN_STEP, 0), *norm = taken_named(&job, "aten::native_batch_norm");

    ck_assert_int_eq(step->sequence, 2);
    ck_assert_int_eq(step->dur_ns, 150000000);
    ck_assert_int_eq(norm->sequence, 2848);
    ck_assert_int_eq(norm->forward_thread, -1);
    ck_assert_int_eq(norm->record_id, 24187);
    ck_assert_str_eq(signature_of(norm), "0:float32[32,64,112,112] 1:float32[64]");
    ck_assert_int_eq(taken_named(&job, "Optimizer.step#SGD.step")->kind, SPAN_ANNOTATION);
    ck_assert_str_eq(lane_of(taken_span(&job, SPAN_MEMCPY, 0)), "cuda 1/20");
}
END_TEST

START_TEST(year_2025)
{
    take("2025_strides.json");
    const struct span *conv = taken_named(&job, "aten::convolution"), *cat = taken_named(&job, "aten::cat");
    const struct span *again = taken_span(&job, SPAN_OPERATOR, 1);
    const struct taken_signature *signature = &job.signature[conv->signature];

    ck_assert_int_eq(taken_span(&job, SPAN_STEP, 0)->start_ns, 1414456661601577);
    ck_assert_int_eq(taken_span(&job, SPAN_STEP, 0)->dur_ns, 7894065);
    ck_assert_int_eq(conv->record_id, 42);
    ck_assert_int_eq(conv->sequence, 930);
    ck_assert_int_eq(conv->forward_thread, -1);
    ck_assert_str_eq(taken_text(signature), "0:bfloat16[4,3,224,224]/150528,1,672,3 1:bfloat16[768,3,16,16]/768,256,16,1");
    ck_assert_str_eq(signature->signature.arguments, "\t\t\t[16, 16]\t[0, 0]\t[1, 1]\tFalse");
    ck_assert_int_eq(again->signature, conv->signature); /* equal text is understood once */
    ck_assert_int_eq(again->record_id, 43);
    ck_assert_int_eq(cat->record_id, -1);
    ck_assert_int_eq(cat->forward_thread, 2);
    ck_assert_str_eq(lane_of(cat), "thread 5617/5618");
    ck_assert_str_eq(signature_of(cat), "0:?[2,32,14,14]/6272,1,448,32 0:?[2,16,14,14]/3136,196,14,1");
    ck_assert_str_eq(job.signature[cat->signature].signature.arguments, "\t1");
    ck_assert_int_eq(taken_named(&job, "Conv2d_0")->kind, SPAN_MODULE);
    ck_assert_int_eq(taken_named(&job, "layer1.0.conv1:Conv2d")->kind, SPAN_MODULE);
    ck_assert_int_eq(taken_named(&job, "[param|cuda]")->kind, SPAN_ANNOTATION);
    ck_assert_int_eq(taken_span(&job, SPAN_KERNEL, 0)->correlation, taken_named(&job, "cudaLaunchKernel")->correlation);
    ck_assert_int_eq(taken_span(&job, SPAN_KERNEL, 0)->dur_ns, 10464);
}
END_TEST

START_TEST(hip)
{
    take("hip.json");
    ck_assert_str_eq(lane_of(taken_span(&job, SPAN_KERNEL, 0)), "cuda 2/0");
    ck_assert_str_eq(intern_text(&job.words, taken_span(&job, SPAN_KERNEL, 0)->name), "batched_transpose_32x32_half.kd");
    ck_assert_int_eq(taken_span(&job, SPAN_MEMCPY, 0)->bytes, -1);
}
END_TEST

START_TEST(odd)
{
    take("odd.json");
    const struct span *many = taken_named(&job, "many"), *escaped = taken_named(&job, "esc\"aped \xc3\xa9 \\");

    ck_assert_int_eq(taken_named(&job, "last key first")->start_ns, 100000);
    ck_assert_ptr_nonnull(taken_named(&job, "tab\tand\nnewline"));
    ck_assert_ptr_nonnull(escaped);
    ck_assert_int_eq(escaped->sequence, -1);
    ck_assert_int_eq(job.signature[escaped->signature].signature.tensors, 0);
    ck_assert_str_eq(signature_of(many), "0:float32[?] 1:float32[?] 2:float32[?] 3:?[3]/1 4:float32[2,2]");
    ck_assert_ptr_nonnull(taken_named(&job, "bad \xef\xbf\xbd utf-8 \xc3\xa9"));
    ck_assert_msg(strstr(lane_of(taken_named(&job, "")), "/12"), "%s", lane_of(taken_named(&job, "")));
    ck_assert_str_eq(lane_of(taken_named(&job, "k")), "cuda 3/9");
    ck_assert_int_eq(taken_named(&job, "k")->correlation, -1);
    ck_assert_msg(strstr(intern_text(&job.notes, 0), "2 events that are no JSON were left out, the first at byte 936"), "%s",
                  intern_text(&job.notes, 0));
    ck_assert_msg(strstr(intern_text(&job.notes, 1), "6 events without a valid time"), "%s", intern_text(&job.notes, 1));
}
END_TEST

/* Cut at every seventh byte: what is whole before is imported, and a note says where it ends; or one line says that nothing is. */
START_TEST(broken_tails)
{
    const char *path = data("2025_strides.json");
    char whole[8192], cut[] = "clprof-test-XXXXXX";
    FILE *file = fopen(path, "rb");
    size_t length = fread(whole, 1, sizeof whole, file);
    int previous = 0;

    fclose(file);
    close(mkstemp(cut));
    for (size_t at = 0; at < length - 1; at += 7) {
        file = fopen(cut, "wb");
        fwrite(whole, 1, at, file);
        fclose(file);
        enum status status = importer_kineto.read(&job, cut);
        ck_assert_int_ge(job.span_count, previous);
        previous = job.span_count;
        if (status == STATUS_OK)
            ck_assert_msg(strstr(intern_text(&job.notes, 0), "the file breaks off at byte"), "%s", intern_text(&job.notes, 0));
        else
            ck_assert_msg(status == STATUS_CORRUPT && strstr(status_message(), cut), "%s", status_message());
        ck_assert_int_eq(status == STATUS_OK, job.span_count > 0);
        taken_release(&job);
    }
    ck_assert_int_eq(previous, 9);
    unlink(cut);
}
END_TEST

static const struct {
    const char *text, *message;
} empty_cases[] = {
    {"{\"schema\":1}", "it has no \"traceEvents\""},
    {"{\"traceEvents\":[]}", "no operator or kernel is among its 0 events"},
    {"{\"traceEvents\":[{\"ph\":\"M\"},{\"ph\":\"X\",\"cat\":\"Trace\",\"name\":\"x\",\"ts\":1,\"dur\":1}]}",
     "no operator or kernel is among its 2 events"},
    {"{\"a\":", "it has no \"traceEvents\"; it breaks off at byte 5"},
};

START_TEST(nothing_in_it)
{
    char path[] = "clprof-test-XXXXXX";
    close(mkstemp(path));
    FILE *file = fopen(path, "wb");
    fputs(empty_cases[_i].text, file);
    fclose(file);
    ck_assert_int_eq(importer_kineto.read(&job, path), STATUS_CORRUPT);
    ck_assert_msg(strstr(status_message(), empty_cases[_i].message), "%s", status_message());
    unlink(path);
}
END_TEST

/* More names and signatures than the memo holds: what is forgotten is understood again, with the same result. */
START_TEST(memo_forgets)
{
    enum { EVENTS = 40000 };
    char path[] = "clprof-test-XXXXXX";
    close(mkstemp(path));
    FILE *file = fopen(path, "wb");
    fputc('[', file);
    for (int i = 0; i < EVENTS; i++)
        fprintf(file, "{\"ph\":\"X\",\"cat\":\"cpu_op\",\"name\":\"op%d\",\"pid\":1,\"tid\":%d,\"ts\":%d,\"dur\":1,\"args\":{"
                      "\"Input Dims\":[[%d]],\"Input type\":[\"float\"]}},\n", i % 20000, i % 100, i, i % 20000);
    fputs("]", file);
    fclose(file);
    ck_assert_int_eq(importer_kineto.read(&job, path), STATUS_OK);
    unlink(path);
    ck_assert_int_eq(job.span_count, EVENTS);
    ck_assert_int_eq(job.lanes.text_count, 100);
    for (int i = 0; i < EVENTS; i++) {
        char name[32], shape[32], lane[32];
        snprintf(name, sizeof name, "op%d", i % 20000);
        snprintf(shape, sizeof shape, "0:float32[%d]", i % 20000);
        snprintf(lane, sizeof lane, "thread 1/%d", i % 100);
        ck_assert_str_eq(taken_name(&job, i), name);
        ck_assert_str_eq(signature_of(&job.span[i]), shape);
        ck_assert_str_eq(taken_lane(&job, i), lane);
    }
}
END_TEST

static const struct {
    const char *file;
    bool kineto, execution_trace;
} sniff_cases[] = {
    {"2021_01_array.json", true, false},       {"2025_strides.json", true, false}, {"odd.json", true, false},
    {"execution_trace.json", true, true}, {"execution_trace_2023.json", true, true},
};

START_TEST(sniffing)
{
    char head[4096];
    size_t length;
    ck_assert_int_eq(source_head(data(sniff_cases[_i].file), head, sizeof head, &length), STATUS_OK);
    ck_assert_int_eq(importer_kineto.sniff(head, length), sniff_cases[_i].kineto);
    ck_assert_int_eq(importer_execution_trace.sniff(head, length), sniff_cases[_i].execution_trace);
    ck_assert(!importer_kineto.sniff("", 0) && !importer_kineto.sniff("onednn_verbose,info", 19));
}
END_TEST

static const struct taken_signature *told(int64_t record_id)
{
    for (int i = 0; i < job.told_count; i++) {
        if (job.told[i].record_id == record_id)
            return &job.told[i];
    }
    ck_abort_msg("no operator with record id %d", (int)record_id);
    return NULL;
}

START_TEST(execution_trace)
{
    ck_assert_int_eq(execution_trace_read(&job, data("execution_trace.json")), STATUS_OK);
    ck_assert_int_eq(job.told_count, 6); /* its 8 nodes less those of no operator */
    const struct taken_signature *conv = told(7), *cat = told(36), *backward = told(97);

    ck_assert_str_eq(taken_text(conv), "0:float32[2,3,16,16]/768,256,16,1 1:float32[8,3,3,3]/27,1,9,3 2:float32[8]/1 "
                                       "0:->float32[2,8,14,14]/1568,1,112,8");
    ck_assert_str_eq(conv->signature.arguments, "\t\t\t[1, 1]\t[0, 0]\t[1, 1]\tFalse\t[0, 0]\t1");
    ck_assert_int_eq(conv->identity[0].id, 6);
    ck_assert_int_eq(conv->identity[0].storage, 7);
    ck_assert_int_eq(conv->identity[0].offset, 0);
    ck_assert_int_eq(conv->identity[3].id, cat->identity[1].id); /* the convolution's output goes into cat */
    ck_assert_str_eq(taken_text(cat), "0:float32[2,8,14,14]/1568,1,112,8 0:float32[2,8,14,14]/1568,1,112,8 "
                                      "0:->float32[4,8,14,14]/1568,1,112,8");
    ck_assert_int_eq(cat->identity[0].storage, 76);
    /* Its first output, the gradient that nobody needs, is no tensor. */
    ck_assert_str_eq(taken_text(backward), "0:float32[2,8,14,14]/1568,196,14,1 1:float32[2,3,16,16]/768,256,16,1 "
                                           "2:float32[8,3,3,3]/27,1,9,3 1:->float32[8,3,3,3]/27,1,9,3 2:->float32[8]/1");
    ck_assert_int_eq(told(127)->signature.tensors, 8); /* _foreach_add_: two lists of four */
    ck_assert_int_eq(told(127)->tensor[7].position, 1);
}
END_TEST

START_TEST(execution_trace_of_2023)
{
    ck_assert_int_eq(execution_trace_read(&job, data("execution_trace_2023.json")), STATUS_OK);
    ck_assert_str_eq(taken_text(told(4)), "0:float32[2,3,16,16] 1:float16[8,3,1,1] 0:->float32[2,8,8,8]");
    ck_assert_str_eq(told(4)->signature.arguments, "\t\t\t[2, 2]\tTrue");
    ck_assert_int_eq(told(4)->identity[1].offset, 16);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
    Suite *suite = suite_create("kineto");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, counts, 0, COUNT(files));
    tcase_add_test(tests, year_2021_january);
    tcase_add_test(tests, year_2021_june);
    tcase_add_test(tests, year_2025);
    tcase_add_test(tests, hip);
    tcase_add_test(tests, odd);
    tcase_add_test(tests, broken_tails);
    tcase_add_loop_test(tests, nothing_in_it, 0, COUNT(empty_cases));
    tcase_add_test(tests, memo_forgets);
    tcase_add_loop_test(tests, sniffing, 0, COUNT(sniff_cases));
    tcase_add_test(tests, execution_trace);
    tcase_add_test(tests, execution_trace_of_2023);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
