/* The recorder: what is told to the observer stands in the trace, row by row, and belongs together as declared. */
#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "profiler/ring.h"
#include "support_trace.h"

/* Declares and runs `steps` steps, finishes, opens. */
static sqlite3 *record(const char *path, int steps)
{
    struct recorder *recorder = start_recorder(path);
    const struct observer *observer = recorder_observer(recorder);
    struct small_model model;

    declare_small_model(observer, &model);
    for (int i = 0; i < steps; i++)
        run_small_step(observer, &model, i, 1000000 + (int64_t)i * STEP_LENGTH_NS);
    ck_assert_msg(recorder_finish(recorder) == STATUS_OK, "%s", status_message());
    return open_or_stop(path);
}

START_TEST(steps_are_whole_and_sound)
{
    const char *path = scratch_path("a.db");
    char wal[600];
    sqlite3 *db = record(path, 5);

    ck_assert_int_eq(expect_whole_steps(db), 5);
    expect_sound(db);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note"), 0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name = 'op_by_step'"),
                     1);
    trace_close(db);
    snprintf(wal, sizeof wal, "%s-wal", path);
    ck_assert_int_ne(access(wal, F_OK), 0);
}
END_TEST

START_TEST(run_and_step_facts)
{
    sqlite3 *db = record(scratch_path("a.db"), 5);

    ck_assert_str_eq(query_text(db, "SELECT model || batch_size || device FROM runs"), "small2cpu");
    ck_assert_str_eq(
        query_text(db,
                   "SELECT ifnull(rank, 'none') || ifnull(policy, 'none') || ifnull(warmup_steps, 'none') FROM run"),
        "nonenonenone");
    ck_assert_int_gt(query_int(db, "SELECT started_unix_ns FROM runs"), 1600000000000000000);
    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(step_index || ':' || start_ns || ':' || dur_ns || ':' || images || ':'"
                       " || loss || ':' || ifnull(grad_scale, '-') || ':' || skipped, ' ') FROM steps"
                       " WHERE step_index IN (1, 3)"),
        "1:1010000:10000:2:0.5:-:0 3:1030000:10000:2:1.5:-:1");
    trace_close(db);
}
END_TEST

START_TEST(operators_follow_execution)
{
    sqlite3 *db = record(scratch_path("a.db"), 2);

    ck_assert_str_eq(
        query_text(db,
                   "SELECT group_concat(name, ' ') FROM (SELECT name FROM operators WHERE step_id = 2 ORDER BY op_id)"),
        "aten::to aten::convolution aten::native_batch_norm aten::relu aten::upsample_bicubic2d "
        "aten::native_group_norm aten::convolution_backward aten::_fused_sgd_");
    ck_assert_str_eq(
        query_text(
            db, "SELECT group_concat(op_id || '>' || fused_into || '@' || start_ns || ':' || ifnull(dur_ns, '-'), ' ')"
                " FROM op WHERE step_id = 2 AND fused_into IS NOT NULL"),
        "11>10@1011000:- 12>10@1011000:-");
    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(op_id || '>' || forward_op_id, ' ') FROM op WHERE forward_op_id"),
        "7>2 15>10");
    ck_assert_str_eq(query_text(db, "SELECT group_concat(ifnull(device_dur_ns, '-'), ' ') FROM op WHERE step_id = 1"),
                     "80 800 - - 800 800 800 -");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op WHERE thread_id IS NULL OR thread_id <= 0"), 0);
    trace_close(db);
}
END_TEST

START_TEST(kernels_and_conversions_belong)
{
    sqlite3 *db = record(scratch_path("a.db"), 2);

    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(name || '/' || op_id || '@' || (start_ns - 1000000) || '+' || dur_ns, ' ')"
                       " FROM kernels WHERE step_id = 1"),
        "convert_nchw_nhwc/1@110+80 brgconv/2@1100+800 upsample/5@2100+800 convert_nhwc_nchw/6@3100+200 "
        "group_norm/6@3300+600 brgconv_bwd/7@4100+400 brgconv_bwd_w/7@4500+400");
    ck_assert_str_eq(
        query_text(db,
                   "SELECT group_concat(cause || '/' || op_name || '/' || ifnull(kernel_id, '-') || '@'"
                   " || (start_ns - 1000000) || '+' || ifnull(dur_ns, '-'), ' ') FROM conversions WHERE step_id = 1"),
        "input/aten::to/1@110+80 operator/aten::upsample_bicubic2d/-@2000+- "
        "operator/aten::native_group_norm/4@3100+200 gradient/aten::convolution_backward/6@4100+400 "
        "gradient/aten::convolution_backward/6@4100+400");
    ck_assert_str_eq(
        query_text(db, "SELECT shape || source_dtype || bytes_read || ifnull(bytes_written, '-') || from_format || '>'"
                       " || to_format FROM conversions WHERE conversion_id = 1"),
        "[2, 8, 4, 4]bfloat16512-contiguous>channels_last");
    ck_assert_str_eq(
        query_text(db, "SELECT source_tensor || ',' || ifnull(dest_tensor, '-') || ifnull(dest_persistent, '-')"
                       " FROM conversion_def WHERE conversion_def_id = 3"),
        "6,--");
    ck_assert_int_eq(
        query_int(db, "SELECT count(*) FROM kernels WHERE stream IS NOT NULL OR flops IS NOT NULL OR device <> 'cpu'"),
        0);
    trace_close(db);
}
END_TEST

START_TEST(definitions_as_pytorch_prints_them)
{
    sqlite3 *db = record(scratch_path("a.db"), 1);

    ck_assert_str_eq(
        query_text(db, "SELECT input_format || ' ' || output_format || ' ' || input_shape || ' ' || output_shape || ' '"
                       " || sequence || ' ' || phase FROM op_def WHERE name = 'aten::to'"),
        "contiguous channels_last [2, 8, 4, 4] [2, 8, 4, 4] 0 data");
    ck_assert_str_eq(query_text(db,
                                "SELECT ifnull(input_format, '-') || input_shape || ifnull(module_id, '-') FROM op_def"
                                " WHERE name = 'aten::_fused_sgd_'"),
                     "-[8]-");
    ck_assert_str_eq(
        query_text(db, "SELECT group_concat(direction || position || ' ' || tensor || ' ' || persistent || ' ' || dtype"
                       " || ' ' || shape || ' ' || strides || ' ' || ifnull(memory_format, '-') || ' ' || bytes, '; ')"
                       " FROM op_tensor_def WHERE op_def_id = 1"),
        "in0 1 0 bfloat16 [2, 8, 4, 4] [128, 16, 4, 1] contiguous 512; in2 100 1 float32 [8] [1] - 32; "
        "out0 2 0 bfloat16 [2, 8, 4, 4] [128, 1, 32, 8] channels_last 512");
    ck_assert_str_eq(query_text(db, "SELECT path || '/' || class || '/' || ifnull(parent_id, '-') FROM module"),
                     "/Small/-");
    trace_close(db);
}
END_TEST

/* Operators outside steps are kept, with no step; what lies between two steps too. */
START_TEST(outside_steps)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    const struct observer *o = recorder_observer(recorder);
    struct small_model model;
    sqlite3 *db;

    declare_small_model(o, &model);
    o->kernel(o->self, model.k_convolution, 10, 20);
    o->op(o->self, model.convolution, 5, 25);
    run_small_step(o, &model, 0, 1000);
    o->op(o->self, model.optimizer, 20000, 20001);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    db = open_or_stop(path);
    expect_sound(db);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op WHERE step_id IS NULL"), 4);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel WHERE step_id IS NULL AND op_id = 1"), 1);
    ck_assert_int_eq(expect_whole_steps(db), 1);
    /* The backward operator's forward one is the step's, not the earlier one. */
    ck_assert_int_eq(query_int(db, "SELECT forward_op_id FROM op WHERE forward_op_id"), 5);
    trace_close(db);
}
END_TEST

/* A step begun and never ended is not there, and a note says so. */
START_TEST(open_step_is_left_out)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    const struct observer *o = recorder_observer(recorder);
    struct small_model model;
    sqlite3 *db;

    declare_small_model(o, &model);
    run_small_step(o, &model, 0, 1000);
    o->step_begin(o->self, 1, 20000);
    o->op(o->self, model.to, 20001, 20002);
    run_small_step(o, &model, 1, 30000);
    o->step_begin(o->self, 2, 50000);
    o->kernel(o->self, model.k_to, 50001, 50002);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    db = open_or_stop(path);
    expect_sound(db);
    ck_assert_int_eq(expect_whole_steps(db), 2);
    ck_assert_str_eq(query_text(db, "SELECT text FROM note"), "2 unfinished steps with 4 events are not in this trace");
    trace_close(db);
}
END_TEST

START_TEST(wrong_numbers_are_refused)
{
    struct recorder *recorder = start_recorder(scratch_path("a.db"));
    const struct observer *o = recorder_observer(recorder);
    const struct kernel_info kernel = {.name = "k", .bytes_read = -1, .bytes_written = -1, .flops = -1};
    struct conversion_info conversion = {.tensor = tensor_make_4d(DTYPE_FLOAT32, 1, 2, 3, 4, FORMAT_CONTIGUOUS)};
    const struct op_info op = {.name = "aten::relu", .module = 7, .forward_op = -1, .fused_into = -1};
    struct small_model model;
    int number;

    declare_small_model(o, &model);
    ck_assert_int_eq(o->declare_op(o->self, &op, &number), STATUS_USAGE);
    ck_assert_str_eq(status_message(), "recorder: module 7 was not declared (1 are); declare it first");
    ck_assert_int_eq(o->declare_kernel(o->self, 99, &kernel, &number), STATUS_USAGE);
    ck_assert_int_eq(o->declare_conversion(o->self, model.to, model.k_convolution, &conversion), STATUS_USAGE);
    /* None of that harms the recording. */
    run_small_step(o, &model, 0, 0);
    ck_assert_msg(recorder_finish(recorder) == STATUS_OK, "%s", status_message());
}
END_TEST

START_TEST(undeclared_kernel_stops_the_recording)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    const struct observer *o = recorder_observer(recorder);
    struct small_model model;
    char expected[700];
    sqlite3 *db;

    declare_small_model(o, &model);
    run_small_step(o, &model, 0, 0);
    model.k_to = 1234;
    run_small_step(o, &model, 1, 20000);
    run_small_step(o, &model, 2, 40000);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_USAGE);
    snprintf(expected, sizeof expected,
             "%s holds the first 1 steps, the next 2 are lost: kernel number 1234 ran but was never declared", path);
    ck_assert_str_eq(status_message(), expected);
    db = open_or_stop(path);
    ck_assert_int_eq(expect_whole_steps(db), 1);
    expect_sound(db);
    ck_assert_str_eq(query_text(db, "SELECT text FROM note"), "recording stopped after 1 steps, the next 2 are lost: "
                                                              "kernel number 1234 ran but was never declared");
    trace_close(db);
}
END_TEST

/* More steps than the ring holds, told as fast as can be: the producer waits, nothing is lost, the waiting is noted. */
START_TEST(full_ring_waits)
{
    const char *path = scratch_path("a.db");
    const int steps = (int)(4 * RING_EVENTS / 17);
    sqlite3 *db = record(path, steps);

    ck_assert_int_eq(expect_whole_steps(db), steps);
    ck_assert_int_eq(
        query_int(db, "SELECT count(*) FROM note WHERE text LIKE 'the recorder made the training wait % times%'"), 1);
    trace_close(db);
}
END_TEST

/* One step that is larger than the ring. */
START_TEST(step_larger_than_the_ring)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    const struct observer *o = recorder_observer(recorder);
    const int64_t ops = (int64_t)RING_EVENTS + 1000;
    const struct step_info step = {
        .index = 0, .start_ns = 0, .end_ns = 10 * ops, .images = -1, .loss = NAN, .grad_scale = 8};
    struct small_model model;
    sqlite3 *db;

    declare_small_model(o, &model);
    o->step_begin(o->self, 0, 0);
    for (int64_t i = 0; i < ops; i++)
        o->op(o->self, model.optimizer, 10 * i, 10 * i + 5);
    o->step_end(o->self, &step);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    db = open_or_stop(path);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op WHERE step_id = 1"), ops);
    ck_assert_str_eq(query_text(db, "SELECT ifnull(images, '-') || ifnull(loss, '-') || grad_scale FROM step"),
                     "--8.0");
    trace_close(db);
}
END_TEST

struct trainer {
    const struct observer *observer;
    const struct small_model *model;
    int64_t first;
};

static void *train(void *argument)
{
    const struct trainer *trainer = argument;

    for (int64_t i = 0; i < 200; i++)
        run_small_step(trainer->observer, trainer->model, trainer->first + i, (trainer->first + i) * STEP_LENGTH_NS);
    return NULL;
}

/* Two threads with their own steps do not mix. Step times are the index's, so the checks hold for both. */
START_TEST(threads_do_not_mix)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    struct small_model model;
    struct trainer trainers[2];
    pthread_t threads[2];
    sqlite3 *db;

    declare_small_model(recorder_observer(recorder), &model);
    for (int i = 0; i < 2; i++) {
        trainers[i] = (struct trainer){recorder_observer(recorder), &model, 200 * i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, train, &trainers[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    db = open_or_stop(path);
    ck_assert_int_eq(expect_whole_steps(db), 400);
    expect_sound(db);
    ck_assert_int_eq(
        query_int(db, "SELECT count(*) FROM (SELECT 1 FROM op GROUP BY step_id HAVING count(DISTINCT thread_id) > 1)"),
        0);
    ck_assert_int_eq(query_int(db, "SELECT count(DISTINCT thread_id) FROM op"), 2);
    trace_close(db);
}
END_TEST

/* One thread, two recorders in turn, as when two variants are measured against each other; declarations between steps.
 */
START_TEST(recorders_in_turn)
{
    const char *paths[2] = {scratch_path("a.db"), scratch_path("b.db")};
    struct recorder *recorders[2];
    struct small_model models[2];
    sqlite3 *db;

    for (int i = 0; i < 2; i++) {
        recorders[i] = start_recorder(paths[i]);
        declare_small_model(recorder_observer(recorders[i]), &models[i]);
    }
    for (int64_t step = 0; step < 20; step++) {
        for (int i = 0; i < 2; i++) {
            run_small_step(recorder_observer(recorders[i]), &models[i], step, step * STEP_LENGTH_NS);
            ck_assert_int_eq(recorder_note(recorders[i], "between steps"), STATUS_OK);
        }
        if (step == 9)
            declare_small_model(recorder_observer(recorders[1]), &models[1]);
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(recorder_policy_rule(recorders[i], "aten::relu", "supported", 0, NULL, "here"), STATUS_OK);
        ck_assert_int_eq(recorder_finish(recorders[i]), STATUS_OK);
        db = open_or_stop(paths[i]);
        ck_assert_int_eq(expect_whole_steps(db), 20);
        expect_sound(db);
        ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note"), 20);
        ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op_def"), STEP_OPS * (1 + i));
        ck_assert_int_eq(query_int(db, "SELECT count(*) FROM policy_rule WHERE evidence IS NULL"), 1);
        trace_close(db);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tests = tcase_create("recorder");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, steps_are_whole_and_sound);
    tcase_add_test(tests, run_and_step_facts);
    tcase_add_test(tests, operators_follow_execution);
    tcase_add_test(tests, kernels_and_conversions_belong);
    tcase_add_test(tests, definitions_as_pytorch_prints_them);
    tcase_add_test(tests, outside_steps);
    tcase_add_test(tests, open_step_is_left_out);
    tcase_add_test(tests, wrong_numbers_are_refused);
    tcase_add_test(tests, undeclared_kernel_stops_the_recording);
    tcase_add_test(tests, full_ring_waits);
    tcase_add_test(tests, step_larger_than_the_ring);
    tcase_add_test(tests, threads_do_not_mix);
    tcase_add_test(tests, recorders_in_turn);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
