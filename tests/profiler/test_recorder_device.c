/* A device with a clock of its own: its records become kernels of the operators whose launches they belong to. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "support_activity.h"
#include "support_trace.h"

#define STEP_NS 100000

static struct small_model model;

static const struct observer *start_for(struct recorder **recorder, const char *path, const struct activity_source *source,
                                        int64_t steps)
{
    const char *reason;
    const struct observer *o;

    *recorder = start_recorder_on(path, "cuda");
    o = recorder_observer(*recorder);
    ck_assert_int_eq(recorder_watch(*recorder, source, steps, &reason), STATUS_OK);
    ck_assert_int_eq(reason == NULL, source == &paper_device);
    declare_small_model(o, &model);
    return o;
}

static const struct observer *start(struct recorder **recorder, const char *path, const struct activity_source *source)
{
    return start_for(recorder, path, source, 0);
}

static sqlite3 *finish(struct recorder *recorder, const char *path)
{
    sqlite3 *db;

    ck_assert_msg(recorder_finish(recorder) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(paper_is_open(), 0);
    db = open_or_stop(path);
    expect_sound(db);
    return db;
}

/* One launch of `kernel`, in which the device runs one kernel of that name. */
static void launch(const struct observer *o, int kernel, int64_t at, const char *name, int64_t start_ns, int64_t end_ns)
{
    o->launch_begin(o->self, kernel, at);
    if (name)
        paper_ran(ACTIVITY_KERNEL, name, start_ns, end_ns, 7);
    o->launch_end(o->self, kernel);
}

static void end_step(const struct observer *o, int64_t index, int64_t t)
{
    const struct step_info step = {
        .index = index, .start_ns = t, .end_ns = t + STEP_NS, .images = 2, .loss = 0.5, .grad_scale = -1};
    o->step_end(o->self, &step);
}

/* The host is through with the step after 7000 ns; the device needs until 40000. */
static void run_step(const struct observer *o, int64_t index, int64_t t)
{
    o->step_begin(o->self, index, t);
    paper_ran(ACTIVITY_MEMCPY, "Memcpy HtoD (Pinned -> Device)", t + 10, t + 500, 8);
    launch(o, model.k_to, t + 110, "convert_nchw_nhwc", t + 1000, t + 2000);
    o->op(o->self, model.to, t + 100, t + 200);
    o->launch_begin(o->self, model.k_convolution, t + 1100);
    paper_ran(ACTIVITY_KERNEL, "void cudnn::ops::nchwToNhwcKernel<__half, __half, float>(int)", t + 5000, t + 6000, 7);
    paper_ran(ACTIVITY_KERNEL, "sm80_xmma_fprop_implicit_gemm_f16", t + 6000, t + 10000, 7);
    paper_ran(ACTIVITY_KERNEL, "splitKreduce_kernel", t + 10000, t + 10500, 7);
    paper_ran(ACTIVITY_KERNEL, "void cudnn::ops::nhwcToNchwKernel<__half, float, float>(int)", t + 10500, t + 12000, 7);
    o->launch_end(o->self, model.k_convolution);
    o->op(o->self, model.convolution, t + 1000, t + 2000);
    launch(o, model.k_upsample, t + 2100, "upsample", t + 12000, t + 13000);
    o->op(o->self, model.upsample, t + 2000, t + 3000);
    launch(o, model.k_convert, t + 3100, "convert_nhwc_nchw", t + 13000, t + 15000);
    launch(o, model.k_group_norm, t + 3300, "group_norm", t + 15000, t + 16000);
    o->op(o->self, model.group_norm, t + 3000, t + 4000);
    launch(o, model.k_backward, t + 4100, "dgrad", t + 16000, t + 20000);
    launch(o, model.k_backward_weights, t + 4500, "wgrad", t + 20000, t + 24000);
    o->op(o->self, model.backward, t + 4000, t + 5000);
    o->op(o->self, model.optimizer, t + 6000, t + 6100);
    end_step(o, index, t);
}

static sqlite3 *record_steps(int steps)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, &paper_device);

    for (int i = 0; i < steps; i++)
        run_step(o, i, 1000000 + (int64_t)i * STEP_NS);
    return finish(recorder, path);
}

START_TEST(kernels_belong_to_their_launches)
{
    sqlite3 *db = record_steps(2);

    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(op_id || ':' || (start_ns - 1000000) || '+' || dur_ns || '@'"
                       " || (launch_ns - 1000000) || '/' || stream || role, ' ') FROM (SELECT * FROM kernels WHERE step_id = 1 AND"
                       " name IN ('convert_nchw_nhwc', 'upsample', 'group_norm', 'dgrad', 'wgrad') ORDER BY kernel_id)"),
        "1:1000+1000@110/7conversion 5:12000+1000@2100/7compute 6:15000+1000@3300/7compute "
        "7:16000+4000@4100/7compute 7:20000+4000@4500/7compute");
    ck_assert_str_eq(query_text(db, "SELECT group_concat(ifnull(device_dur_ns, '-'), ' ') FROM op WHERE step_id = 1"),
                     "1000 7000 - - 1000 3000 8000 -");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE correlation_id IS NULL"), 0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note"), 0);
    /* Once found, a definition is found again. */
    ck_assert_int_eq(query_int(db, "SELECT count(DISTINCT kernel_def_id) FROM kernel WHERE step_id = 1"),
                     query_int(db, "SELECT count(DISTINCT kernel_def_id) FROM kernel"));
    trace_close(db);
}
END_TEST

/* Without a launch: of the step in which it began, of no operator. */
START_TEST(copies_of_the_input_belong_to_no_operator)
{
    sqlite3 *db = record_steps(1);

    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(name || ' ' || role || ' ' || step_id || ' ' || ifnull(op_id, '-') || ' ' || stream"
                       " || ' ' || bytes_read || ' ' || ifnull(launch_ns, '-'), ' ') FROM kernels WHERE name LIKE 'Mem%'"),
        "Memcpy HtoD (Pinned -> Device) copy 1 - 8 4096 -");
    trace_close(db);
}
END_TEST

START_TEST(declared_conversions_have_device_times)
{
    sqlite3 *db = record_steps(1);

    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(cause || ' ' || op_name || ' ' || ifnull(start_ns - 1000000, '-') || '+'"
                       " || ifnull(dur_ns, '-'), '; ') FROM conversions WHERE cause <> 'library'"),
        "input aten::to 1000+1000; operator aten::upsample_bicubic2d 2000+-; "
        "operator aten::native_group_norm 13000+2000; gradient aten::convolution_backward 16000+4000; "
        "gradient aten::convolution_backward 16000+4000");
    trace_close(db);
}
END_TEST

START_TEST(conversions_inside_the_library)
{
    sqlite3 *db = record_steps(1);

    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(op_name || ' ' || from_format || '>' || to_format || ' ' || source_dtype || '>'"
                       " || dest_dtype || ' ' || dur_ns || ifnull(shape, '-') || ifnull(bytes_read, '-'), '; ')"
                       " FROM conversions WHERE cause = 'library'"),
        "aten::convolution contiguous>channels_last float16>float16 1000--; "
        "aten::convolution channels_last>contiguous float16>float32 1500--");
    /* The kernel that does what was declared has its bytes; what nobody declared has none. */
    ck_assert_str_eq(query_text(db, "SELECT group_concat(role || ifnull(bytes_read, '-'), ' ') FROM kernels"
                                    " WHERE op_id = 2 ORDER BY start_ns"),
                     "conversion- compute512 compute- conversion-");
    trace_close(db);
}
END_TEST

START_TEST(a_taken_device_is_said)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, &taken_device);
    sqlite3 *db;

    o->step_begin(o->self, 0, 1000);
    launch(o, model.k_to, 1110, NULL, 0, 0);
    o->op(o->self, model.to, 1100, 1200);
    end_step(o, 0, 1000);
    db = finish(recorder, path);
    ck_assert_str_eq(query_text(db, "SELECT text FROM note"),
                     "device times are unknown: CUPTI: another profiler (nsys) holds it");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel"), 0);
    ck_assert_str_eq(query_text(db, "SELECT dur_ns || ifnull(device_dur_ns, '-') FROM op"), "100-");
    /* It was done, and nobody knows for how long. */
    ck_assert_str_eq(query_text(db, "SELECT cause || ifnull(dur_ns, '-') || ifnull(kernel_id, '-') FROM conversions"),
                     "input--");
    trace_close(db);
    /* The analysis counts it and gives it no price. */
    ck_assert_int_eq(trace_open(path, 1, &db), STATUS_OK);
    ck_assert_msg(analysis_run(db) == STATUS_OK, "%s", status_message());
    ck_assert_str_eq(query_text(db, "SELECT conversions_per_step || ifnull(dur_ns_per_step, '-') || ifnull(exposed_ns_per_step, '-')"
                                    " FROM findings WHERE scope = 'instance'"),
                     "1.0--");
    trace_close(db);
}
END_TEST

START_TEST(the_source_stops_behind_the_window)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start_for(&recorder, path, &paper_device, 2);
    sqlite3 *db;

    run_step(o, 0, 1000000);
    ck_assert_int_eq(paper_is_open(), 1);
    run_step(o, 1, 2000000);
    ck_assert_int_eq(paper_is_open(), 2);
    run_step(o, 2, 3000000); /* nobody tells of its kernels */
    db = finish(recorder, path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel WHERE step_id = 2"), 11);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel WHERE step_id = 3"), 0);
    trace_close(db);
}
END_TEST

START_TEST(what_is_missing_is_said)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, &paper_device);
    sqlite3 *db;

    o->step_begin(o->self, 0, 1000);
    launch(o, model.k_to, 1110, NULL, 0, 0);
    o->op(o->self, model.to, 1100, 1200);
    launch(o, model.k_convolution, 1210, "conv", -1, -1);
    o->op(o->self, model.convolution, 1200, 1300);
    o->launch_begin(o->self, model.k_backward, 1310);
    paper_ran(ACTIVITY_KERNEL, "dgrad", 5000, 6000, 7);
    paper_ran(ACTIVITY_KERNEL, "reduce", -1, -1, 7);
    o->launch_end(o->self, model.k_backward);
    o->op(o->self, model.backward, 1300, 1400);
    paper_dropped(3);
    paper_fails("a flush that failed");
    end_step(o, 0, 1000);
    paper_ran_for(1, "late", 90000, 91000);
    db = finish(recorder, path);
    ck_assert_str_eq(query_text(db, "SELECT group_concat(ifnull(device_dur_ns, '-'), ' ') FROM op WHERE fused_into IS NULL"), "- - -");
    ck_assert_str_eq(query_text(db, "SELECT group_concat(name || ' ' || ifnull(op_id, '-'), ' ') FROM kernels"), "dgrad 5 late -");
    ck_assert_str_eq(query_text(db, "SELECT group_concat(substr(text, 1, 40), '; ') FROM note"),
                     "a flush that failed; 3 records of the device were dropped by ; "
                     "2 records of the device came without tim; 1 launches have no record of the device:; "
                     "1 records of the device came after their; a remark of the device's");
    trace_close(db);
}
END_TEST

START_TEST(a_kernel_takes_the_declaration_that_it_fits)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, &paper_device);
    sqlite3 *db;

    o->step_begin(o->self, 0, 1000);
    /* A conversion declared, done by cuDNN's kernel behind a fill. */
    o->launch_begin(o->self, model.k_to, 1110);
    paper_ran(ACTIVITY_MEMSET, "Memset (Device)", 1200, 1210, 7);
    paper_ran(ACTIVITY_KERNEL, "nchwToNhwcKernel", 1210, 1300, 7);
    o->launch_end(o->self, model.k_to);
    o->op(o->self, model.to, 1100, 1200);
    /* Compute declared, of which only the library's conversion was recorded: its bytes are not the compute kernel's. */
    launch(o, model.k_convolution, 1310, "nchwToNhwcKernel", 1300, 1400);
    o->op(o->self, model.convolution, 1300, 1400);
    end_step(o, 0, 1000);
    db = finish(recorder, path);
    ck_assert_str_eq(query_text(db, "SELECT group_concat(cause || dur_ns, ' ') FROM conversions"), "input90 library100");
    ck_assert_str_eq(query_text(db, "SELECT group_concat(name || ifnull(role, '-') || ifnull(bytes_read, '-'), ' ') FROM kernels"),
                     "Memset (Device)-0 nchwToNhwcKernelconversion512 nchwToNhwcKernelconversion-");
    ck_assert_int_eq(paper_depth(), 0);
    trace_close(db);
}
END_TEST

/* An open step's records and those before the first step: nothing leaks, nothing lands in a step that it is not of. */
START_TEST(outside_and_unfinished_steps)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, &paper_device);
    sqlite3 *db;

    paper_ran(ACTIVITY_MEMCPY, "Memcpy HtoD (Pageable -> Device)", 10, 20, 7);
    run_step(o, 0, 1000000);
    o->step_begin(o->self, 1, 2000000);
    launch(o, model.k_to, 2000110, "convert_nchw_nhwc", 2000120, 2000130);
    db = finish(recorder, path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel WHERE step_id IS NULL"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM step"), 1);
    ck_assert_str_eq(query_text(db, "SELECT text FROM note"), "1 unfinished steps with 3 events are not in this trace");
    trace_close(db);
}
END_TEST

/* Host and device need 40 us a step in turns; a conversion that another stream covers costs nothing. */
START_TEST(exposed_is_what_the_streams_do_not_hide)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, &paper_device);
    sqlite3 *db;
    int64_t t;

    for (int i = 0; i < 6; i++) {
        t = 1000000 + (int64_t)i * STEP_NS;
        o->step_begin(o->self, i, t);
        launch(o, model.k_convolution, t + 1100, "conv", t + 5000, t + 10000);
        o->op(o->self, model.convolution, t + 1000, t + 2000);
        launch(o, model.k_convert, t + 3100, "convert_nhwc_nchw", t + 13000, t + 15000);
        paper_ran(ACTIVITY_MEMCPY, "Memcpy HtoD (Pinned -> Device)", t + 14000, t + 16000, 8);
        launch(o, model.k_group_norm, t + 3300, "group_norm", t + 16000, t + 17000);
        o->op(o->self, model.group_norm, t + 3000, t + 4000);
        end_step(o, i, t);
    }
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    ck_assert_int_eq(trace_open(path, 1, &db), STATUS_OK);
    ck_assert_msg(analysis_run(db) == STATUS_OK, "%s", status_message());
    ck_assert_str_eq(query_text(db, "SELECT op_name || ' ' || dur_ns_per_step || ' ' || exposed_ns_per_step FROM findings"
                                    " WHERE scope = 'instance' AND conversions_per_step > 0"),
                     "aten::native_group_norm 2000.0 1000.0");
    trace_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device");
    TCase *tests = tcase_create("device");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_add_test(tests, kernels_belong_to_their_launches);
    tcase_add_test(tests, copies_of_the_input_belong_to_no_operator);
    tcase_add_test(tests, declared_conversions_have_device_times);
    tcase_add_test(tests, conversions_inside_the_library);
    tcase_add_test(tests, a_taken_device_is_said);
    tcase_add_test(tests, the_source_stops_behind_the_window);
    tcase_add_test(tests, what_is_missing_is_said);
    tcase_add_test(tests, a_kernel_takes_the_declaration_that_it_fits);
    tcase_add_test(tests, outside_and_unfinished_steps);
    tcase_add_test(tests, exposed_is_what_the_streams_do_not_hide);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
