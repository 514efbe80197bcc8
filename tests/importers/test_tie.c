/* Kernels, launches and operators: who belongs to whom when correlation numbers come again, clocks differ, launches are missing. */
#include <check.h>
#include <stdlib.h>

#include "importers/tie.h"
#include "profiler/trace.h"
#include "support_feed.h"

static const char kernels[] = "SELECT d.name, k.op_id, k.launch_ns FROM kernel k JOIN kernel_def d USING (kernel_def_id)"
                              " ORDER BY k.start_ns, d.name";

static void two_operators(struct feed *feed)
{
    feed_operator(feed, feed->main, "aten::first", 0, 100);
    feed_operator(feed, feed->main, "aten::second", 5000, 5100);
}

static void expect_kernels(struct feed *feed, const char *expected)
{
    sqlite3 *db = feed_end(feed);

    ck_assert_str_eq(query_rows(db, kernels), expected);
    trace_close(db);
}

START_TEST(by_correlation)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    two_operators(&feed);
    feed_kernel(&feed, "b", 8, 9000, 9010);
    feed_kernel(&feed, "a", 7, 8000, 8010); /* told before its launch, runs long after its operator */
    feed_launch(&feed, feed.main, 7, 50, 60);
    feed_launch(&feed, feed.main, 8, 5050, 5060);
    expect_kernels(&feed, "a|1|50000\nb|2|5050000\n");
}
END_TEST

/* The profiler was restarted: numbers come again. */
START_TEST(reused_correlation)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    two_operators(&feed);
    feed_launch(&feed, feed.main, 7, 5050, 5060);
    feed_launch(&feed, feed.main, 7, 50, 60);
    feed_kernel(&feed, "late", 7, 5070, 5080);
    feed_kernel(&feed, "early", 7, 4990, 5000);
    expect_kernels(&feed, "early|1|50000\nlate|2|5050000\n");
}
END_TEST

/* The device's clock is behind by less than the skew; by more, nobody launched it. */
START_TEST(clock_skew)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    two_operators(&feed);
    feed_launch(&feed, feed.main, 7, 5050, 5060);
    feed_kernel(&feed, "behind", 7, 5050 - TIE_SKEW_NS / US, 5051 - TIE_SKEW_NS / US);
    feed_launch(&feed, feed.main, 8, 5070, 5080);
    feed_kernel(&feed, "too far", 8, 5069 - TIE_SKEW_NS / US, 5070 - TIE_SKEW_NS / US);
    expect_kernels(&feed, "behind|2|5050000\ntoo far|-|-\n");
}
END_TEST

/* A launch just after the kernel has its number, too, but one before it is there: that one it was. */
START_TEST(skew_does_not_reach_over_a_launch)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    two_operators(&feed);
    feed_launch(&feed, feed.main, 7, 50, 60);
    feed_launch(&feed, feed.main, 7, 5050, 5060);
    feed_kernel(&feed, "k", 7, 5049, 5050);
    expect_kernels(&feed, "k|1|50000\n");
}
END_TEST

/* Window edges, graphs: one launch for many kernels, kernels for none, no number at all. */
START_TEST(many_or_none)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    two_operators(&feed);
    feed_launch(&feed, feed.main, 7, 50, 60);
    feed_kernel(&feed, "graph 1", 7, 200, 210);
    feed_kernel(&feed, "graph 2", 7, 210, 220);
    feed_kernel(&feed, "orphan", 99, 300, 310);
    feed_kernel(&feed, "unnumbered", -1, 5010, 5020); /* within an operator's time: proves nothing */
    expect_kernels(&feed, "graph 1|1|50000\ngraph 2|1|50000\norphan|-|-\nunnumbered|-|-\n");
}
END_TEST

/* A launch of another thread belongs to that thread's operator; one outside of all operators to none. */
START_TEST(threads)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    two_operators(&feed);
    feed_operator(&feed, feed.backward, "aten::backward", 0, 6000);
    feed_launch(&feed, feed.backward, 7, 50, 60);
    feed_launch(&feed, feed.main, 8, 200, 210);
    feed_launch(&feed, feed.main, 9, 60, 61);
    feed_kernel(&feed, "backward", 7, 100, 110);
    feed_kernel(&feed, "nobody's", 8, 300, 310);
    feed_kernel(&feed, "first's", 9, 400, 410);
    expect_kernels(&feed, "backward|1|50000\nnobody's|-|200000\nfirst's|2|60000\n");
}
END_TEST

/* The same number in another process is another launch. */
START_TEST(processes)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    two_operators(&feed);
    feed_launch(&feed, feed.main, 7, 50, 60);
    feed_kernel(&feed, "rank 0", 7, 100, 110);
    feed_process(&feed, 1, 2);
    two_operators(&feed);
    feed_kernel(&feed, "rank 1", 7, 120, 130);
    expect_kernels(&feed, "rank 0|1|50000\nrank 1|-|-\n");
}
END_TEST

START_TEST(told_twice)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    for (int i = 0; i < 2; i++) {
        two_operators(&feed);
        feed_launch(&feed, feed.main, 7, 50, 60);
        feed_kernel(&feed, "k", 7, 100, 110);
        feed_kernel(&feed, "k", 7, 110, 120);
    }
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT name, start_ns, device_dur_ns FROM operators ORDER BY 2"),
                     "aten::first|0|20000\naten::second|5000000|-\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel"), 2);
    trace_close(db);
}
END_TEST

/* A library's primitive on a CPU ran on its thread: it belongs to the operator that holds all of it. */
START_TEST(kernels_on_the_host)
{
    struct feed feed;
    struct span span;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_operator(&feed, feed.main, "aten::convolution", 0, 100);
    span = plain_span(SPAN_KERNEL, feed.main, 10, 90);
    feed_span(&feed, span, "brgconv");
    span = plain_span(SPAN_KERNEL, feed.main, 95, 105);
    feed_span(&feed, span, "over the end");
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT name, op_id, device, stream, launch_ns FROM kernels ORDER BY start_ns"),
                     "brgconv|1|cpu|-|-\nover the end|-|cpu|-|-\n");
    trace_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tie");
    TCase *tests = tcase_create("tie");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_add_test(tests, by_correlation);
    tcase_add_test(tests, reused_correlation);
    tcase_add_test(tests, clock_skew);
    tcase_add_test(tests, skew_does_not_reach_over_a_launch);
    tcase_add_test(tests, many_or_none);
    tcase_add_test(tests, threads);
    tcase_add_test(tests, processes);
    tcase_add_test(tests, told_twice);
    tcase_add_test(tests, kernels_on_the_host);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
