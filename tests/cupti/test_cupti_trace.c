/* The recorder with clprof_cupti.so beside a libcupti on paper: from launches to rows, in the step, sound. */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cupti/paper_cupti.h"
#include "profiler/support_trace.h"

#define STEPS 3

static struct small_model model;

static const struct observer *start(struct recorder **recorder, const char *path, int64_t steps)
{
    char missing[600] = "";
    const char *reason;
    const struct activity_source *source = activity_load("clprof_cupti.so", missing, sizeof missing);

    ck_assert_msg(source != NULL, "%s", missing);
    *recorder = start_recorder_on(path, "cuda");
    ck_assert_int_eq(recorder_watch(*recorder, source, steps, &reason), STATUS_OK);
    const struct observer *o = recorder_observer(*recorder);
    declare_small_model(o, &model);
    return o;
}

/* A convolution that cuDNN converts around, then one whose launch a library's kernels follow. The host waits for the device. */
static void run_step(const struct observer *o, int64_t index)
{
    int64_t start_ns = clock_ns(), at;

    o->step_begin(o->self, index, start_ns);
    at = clock_ns();
    paper_copy(4096, at, at + 1000, 8);
    o->launch_begin(o->self, model.k_convolution, clock_ns());
    at = clock_ns();
    paper_launch("_ZN5cudnn3ops16nchwToNhwcKernelI6__halfS2_fEEvi", at, at + 1000, 7);
    paper_launch("sm80_xmma_fprop", at + 1000, at + 5000, 7);
    paper_launch("_ZN5cudnn3ops16nhwcToNchwKernelI6__halfS2_fEEvi", at + 5000, at + 6000, 7);
    o->launch_end(o->self, model.k_convolution);
    o->op(o->self, model.convolution, start_ns, clock_ns());
    while (clock_ns() < at + 3000000) /* steps of 3 ms */
        ;
    const struct step_info step = {
        .index = index, .start_ns = start_ns, .end_ns = clock_ns(), .images = 2, .loss = 0.5, .grad_scale = -1};
    o->step_end(o->self, &step);
}

START_TEST(kernels_of_the_device_are_rows)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, 0);

    for (int i = 0; i < STEPS; i++)
        run_step(o, i);
    ck_assert_msg(recorder_finish(recorder) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(paper_subscribed(), 0);
    sqlite3 *db = open_or_stop(path);
    expect_sound(db);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE op_id IS NOT NULL"), 3 * STEPS);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE op_id IS NULL AND name LIKE 'Memcpy HtoD%'"), STEPS);
    ck_assert_str_eq(query_text(db, "SELECT group_concat(cause || from_format || dur_ns || source_dtype, ' ') FROM conversions"
                                    " WHERE step_id = 2"),
                     "librarycontiguous1000float16 librarychannels_last1000float16");
    ck_assert_str_eq(query_text(db, "SELECT group_concat(DISTINCT device_dur_ns) FROM op WHERE device_dur_ns IS NOT NULL"), "6000");
    /* In the host's time: within the step, behind the launch, one after the other. */
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel k JOIN step s USING (step_id) WHERE k.start_ns < s.start_ns"
                                   " OR k.start_ns + k.dur_ns > s.start_ns + s.dur_ns"),
                     0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE launch_ns IS NULL OR start_ns < launch_ns - 100000"), 0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM (SELECT start_ns, lag(start_ns + dur_ns) OVER (ORDER BY start_ns) AS before"
                                   " FROM kernels WHERE stream = '7') WHERE start_ns < before - 2"),
                     0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note"), 0);
    trace_close(db);
}
END_TEST

/* What follows the window runs without CUPTI; the window's last step is whole all the same. */
START_TEST(cupti_leaves_with_the_window)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, 2);

    run_step(o, 0);
    ck_assert_int_eq(paper_subscribed(), 1);
    run_step(o, 1);
    ck_assert_int_eq(paper_subscribed(), 0);
    ck_assert_int_eq(paper_kinds(), 0);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    sqlite3 *db = open_or_stop(path);
    expect_sound(db);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE op_id IS NOT NULL"), 6);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note"), 0);
    trace_close(db);
}
END_TEST

/* A graph's nodes are rows: under the operator whose launch it is (a library may keep one), and under none when it is nobody's. */
START_TEST(nodes_of_graphs_are_rows)
{
    static const char *const nodes[] = {"_ZN5cudnn3ops16nchwToNhwcKernelI6__halfS2_fEEvi", "sm80_xmma_fprop"};
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, 0);
    int64_t start_ns = clock_ns(), at;

    o->step_begin(o->self, 0, start_ns);
    paper_graph(nodes, 2, clock_ns(), 1000, 7);
    at = clock_ns();
    o->launch_begin(o->self, model.k_convolution, at);
    uint32_t call = paper_graph(nodes, 2, at + 10000, 2000, 7);
    o->launch_end(o->self, model.k_convolution);
    o->op(o->self, model.convolution, at, clock_ns());
    paper_graph(nodes, 2, at + 20000, 1000, 7);
    while (clock_ns() < at + 3000000)
        ;
    const struct step_info step = {.index = 0, .start_ns = start_ns, .end_ns = clock_ns(), .images = 2, .loss = 0.5, .grad_scale = -1};
    o->step_end(o->self, &step);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    sqlite3 *db = open_or_stop(path);
    expect_sound(db);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE step_id IS NOT NULL"), 6);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernels WHERE op_id IS NULL"), 4);
    ck_assert_int_eq(query_int(db, "SELECT count(DISTINCT correlation_id) FROM kernels"), 3);
    ck_assert_int_eq(query_int(db, "SELECT max(correlation_id) FROM kernels WHERE op_id IS NOT NULL"), (int)call);
    ck_assert_int_eq(query_int(db, "SELECT min(correlation_id) FROM kernels WHERE op_id IS NOT NULL"), (int)call);
    ck_assert_int_eq(query_int(db, "SELECT device_dur_ns FROM op WHERE device_dur_ns IS NOT NULL"), 4000);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM conversions WHERE kernel_id IS NOT NULL"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note"), 0);
    trace_close(db);
}
END_TEST

START_TEST(dropped_buffers_are_noted)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder;
    const struct observer *o = start(&recorder, path, 0);

    run_step(o, 0);
    paper_drop(12);
    run_step(o, 1);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_OK);
    sqlite3 *db = open_or_stop(path);
    ck_assert_str_eq(query_text(db, "SELECT text FROM note"),
                     "12 records of the device were dropped by its profiling library: kernels may be missing");
    trace_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cupti_trace");
    TCase *tests = tcase_create("cupti_trace");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_add_test(tests, kernels_of_the_device_are_rows);
    tcase_add_test(tests, cupti_leaves_with_the_window);
    tcase_add_test(tests, nodes_of_graphs_are_rows);
    tcase_add_test(tests, dropped_buffers_are_noted);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
