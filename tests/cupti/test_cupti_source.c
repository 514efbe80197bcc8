/* clprof_cupti.so beside a libcupti on paper: what CUPTI tells is what the source tells, in the host's time. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cupti/paper_cupti.h"
#include "profiler/activity.h"

#define MOST 64

static struct {
    struct activity_record record[MOST];
    int count;
} seen;

static const struct activity_source *source;
static struct activity *activity;

static void see(void *context, const struct activity_record *record)
{
    (void)context;
    ck_assert_int_lt(seen.count, MOST);
    seen.record[seen.count++] = *record;
}

static void set_up(void)
{
    char reason[600] = "";

    source = activity_load("clprof_cupti.so", reason, sizeof reason);
    ck_assert_msg(source != NULL, "%s", reason);
    ck_assert_ptr_null(source->probe());
    const char *problem = source->open(&activity);
    ck_assert_msg(!problem, "%s", problem);
    seen.count = 0;
}

static void tear_down(void)
{
    source->close(activity);
    ck_assert_int_eq(paper_subscribed(), 0);
    ck_assert_int_eq(paper_kinds(), 0);
}

static void drain(void)
{
    seen.count = 0;
    const char *problem = source->drain(activity, see, NULL);
    ck_assert_msg(!problem, "%s", problem);
}

#define CLOSE_NS 2000

static void expect_time(int64_t told, int64_t truth)
{
    ck_assert_msg(llabs(told - truth) < CLOSE_NS, "%lld ns off", (long long)(told - truth));
}

START_TEST(records_come_with_their_launch)
{
    int64_t now = clock_ns();

    source->push(activity, 7);
    paper_launch("_ZN5cudnn3ops16nchwToNhwcKernelI6__halfS2_fEEvi", now, now + 1000, 3);
    paper_launch("sm80_xmma_fprop", now + 1000, now + 5000, 3);
    source->pop(activity);
    paper_copy(4096, now, now + 700, 4);
    drain();
    ck_assert_int_eq(seen.count, 3);
    ck_assert_str_eq(seen.record[0].name, "void cudnn::ops::nchwToNhwcKernel<__half, __half, float>(int)");
    ck_assert_str_eq(seen.record[1].name, "sm80_xmma_fprop");
    ck_assert_str_eq(seen.record[2].name, "Memcpy HtoD (Pinned -> Device)");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(seen.record[i].id, i < 2 ? 7 : 0);
        ck_assert_int_eq(seen.record[i].stream, i < 2 ? 3 : 4);
        ck_assert_int_gt(seen.record[i].correlation_id, 0);
        ck_assert_int_ge(seen.record[i].launch_ns, now - CLOSE_NS);
    }
    expect_time(seen.record[1].start_ns, now + 1000);
    expect_time(seen.record[1].end_ns, now + 5000);
    ck_assert_int_eq(seen.record[1].end_ns - seen.record[1].start_ns, 4000);
    ck_assert_int_eq(seen.record[2].bytes, 4096);
    drain();
    ck_assert_int_eq(seen.count, 0);
}
END_TEST

/* The wall clock runs 4e-4 faster than ours, as NTP may make it: over 50 ms that is 20 us. */
START_TEST(a_drifting_clock_is_joined)
{
    int64_t first = clock_ns(), middle;

    drain();
    usleep(25000);
    middle = clock_ns();
    paper_launch("k", middle, middle + 1000, 1);
    usleep(25000);
    drain();
    ck_assert_int_eq(seen.count, 1);
    expect_time(seen.record[0].start_ns, middle);
    ck_assert_int_gt(seen.record[0].start_ns, first);
}
END_TEST

static void set_drift(void)
{
    paper_clock(1700000000000000000, 4e-4);
    set_up();
}

static void unset_drift(void)
{
    tear_down();
    paper_clock(1700000000000000000, 0);
}

START_TEST(layouts_of_older_libraries)
{
    int64_t now = clock_ns();

    paper_shorter(8); /* CUpti_ActivityKernel9 */
    source->push(activity, 1);
    paper_launch("a", now, now + 1000, 1);
    paper_launch("b", now + 1000, now + 2000, 1);
    source->pop(activity);
    paper_shorter(0);
    drain();
    ck_assert_int_eq(seen.count, 2);
    ck_assert_str_eq(seen.record[1].name, "b");
    expect_time(seen.record[1].start_ns, now + 1000);
}
END_TEST

static void *launch_elsewhere(void *now)
{
    paper_launch("worker", *(int64_t *)now, *(int64_t *)now + 10, 1);
    return NULL;
}

/* A library's own thread launches: no id is pushed there, the callback sees it. */
START_TEST(launches_of_other_threads_belong_to_the_open_one)
{
    int64_t now = clock_ns();
    pthread_t thread;

    source->push(activity, 9);
    pthread_create(&thread, NULL, launch_elsewhere, &now);
    pthread_join(thread, NULL);
    source->pop(activity);
    pthread_create(&thread, NULL, launch_elsewhere, &now);
    pthread_join(thread, NULL);
    drain();
    ck_assert_int_eq(seen.count, 2);
    ck_assert_int_eq(seen.record[0].id, 9);
    ck_assert_int_eq(seen.record[1].id, 0);
}
END_TEST

/* Something unfinished holds the buffer back; the step's records are fetched all the same. */
START_TEST(held_buffers_are_forced)
{
    int64_t now = clock_ns();
    int forced = paper_forced();

    paper_hold(1);
    source->push(activity, 5);
    paper_launch("k", now, now + 10, 1);
    source->pop(activity);
    drain();
    paper_hold(0);
    ck_assert_int_eq(seen.count, 1);
    ck_assert_int_eq(paper_forced(), forced + 1);
    drain();
    ck_assert_int_eq(paper_forced(), forced + 1);
}
END_TEST

START_TEST(lost_times_are_no_times)
{
    source->push(activity, 5);
    paper_launch("k", -1, -1, 1);
    source->pop(activity);
    drain();
    ck_assert_int_eq(seen.count, 1);
    ck_assert_int_eq(seen.record[0].start_ns, -1);
    ck_assert_int_eq(seen.record[0].end_ns, -1);
    ck_assert_int_eq(seen.record[0].id, 5);
}
END_TEST

static void add_remark(void *context, const char *text)
{
    strcat(context, text);
}

START_TEST(dropped_records_and_overhead_are_told)
{
    char remarks[600] = "";

    ck_assert_int_eq(source->dropped(activity), 0);
    source->remarks(activity, add_remark, remarks);
    ck_assert_str_eq(remarks, "");
    paper_drop(3);
    paper_overhead();
    drain();
    paper_drop(2);
    drain();
    ck_assert_int_eq(source->dropped(activity), 5);
    source->remarks(activity, add_remark, remarks);
    ck_assert_str_eq(remarks, "CUPTI's own time: instrumenting kernels 0.500 ms");
}
END_TEST

START_TEST(a_clock_that_was_set_is_told)
{
    char remarks[600] = "";
    int64_t now;

    usleep(12000);
    drain();
    paper_clock(1700000000000000000 + 3600000000000, 0);
    usleep(12000);
    now = clock_ns();
    drain(); /* the hour is seen here */
    paper_launch("k", now, now + 1000, 1);
    usleep(12000);
    drain();
    paper_clock(1700000000000000000, 0);
    expect_time(seen.record[0].start_ns, now);
    source->remarks(activity, add_remark, remarks);
    ck_assert_ptr_nonnull(strstr(remarks, "the wall clock was set 1 times"));
}
END_TEST

START_TEST(one_session_a_process)
{
    struct activity *second;

    ck_assert_str_eq(source->open(&second), "this process records its device already");
    ck_assert_ptr_null(second);
    drain(); /* the first one goes on */
}
END_TEST

START_TEST(a_forked_child_leaves_cupti_alone)
{
    int ended, forced = paper_forced();
    pid_t child = fork();

    if (child == 0) {
        source->push(activity, 1);
        source->pop(activity);
        seen.count = 0;
        const char *problem = source->drain(activity, see, NULL);
        source->close(activity);
        _exit(problem && seen.count == 0 && paper_subscribed() && paper_forced() == forced ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    ck_assert_int_eq(ended, 0);
    drain();
}
END_TEST

START_TEST(a_taken_cupti_names_who_has_it)
{
    char reason[600];
    struct activity *none;

    source = activity_load("clprof_cupti.so", reason, sizeof reason);
    paper_taken("CUPTI for nsys");
    const char *problem = source->open(&none);
    paper_taken(NULL);
    ck_assert_ptr_null(none);
    ck_assert_ptr_nonnull(strstr(problem, "CUPTI for nsys has CUPTI already"));
    ck_assert_int_eq(paper_kinds(), 0);
    set_up();
    tear_down();
}
END_TEST

START_TEST(a_missing_plugin_is_said)
{
    char reason[600] = "";

    ck_assert_ptr_null(activity_load("clprof_nothing.so", reason, sizeof reason));
    ck_assert_str_eq(reason, "this build has no clprof_nothing.so beside the program");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cupti_source");
    TCase *opened = tcase_create("opened"), *drifting = tcase_create("drifting"), *closed = tcase_create("closed");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(opened, set_up, tear_down);
    tcase_add_test(opened, records_come_with_their_launch);
    tcase_add_test(opened, layouts_of_older_libraries);
    tcase_add_test(opened, launches_of_other_threads_belong_to_the_open_one);
    tcase_add_test(opened, held_buffers_are_forced);
    tcase_add_test(opened, lost_times_are_no_times);
    tcase_add_test(opened, dropped_records_and_overhead_are_told);
    tcase_add_test(opened, a_clock_that_was_set_is_told);
    tcase_add_test(opened, one_session_a_process);
    tcase_add_test(opened, a_forked_child_leaves_cupti_alone);
    suite_add_tcase(suite, opened);
    tcase_add_checked_fixture(drifting, set_drift, unset_drift);
    tcase_add_test(drifting, a_drifting_clock_is_joined);
    suite_add_tcase(suite, drifting);
    tcase_add_test(closed, a_taken_cupti_names_who_has_it);
    tcase_add_test(closed, a_missing_plugin_is_said);
    suite_add_tcase(suite, closed);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
