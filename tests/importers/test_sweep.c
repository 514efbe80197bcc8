/* A process in order of time: nesting, steps, threads, several processes, what is told twice or only overlaps. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "importers/chunk.h"
#include "profiler/trace.h"
#include "support_feed.h"

static const char steps[] = "SELECT step_index, start_ns / 1000, dur_ns / 1000 FROM step ORDER BY step_id";
static const char tree[] = "SELECT o.name, p.name, s.step_index FROM operators o LEFT JOIN operators p ON p.op_id = o.parent_op_id"
                           " LEFT JOIN step s ON s.step_id = o.step_id ORDER BY o.op_id";

static void expect(struct feed *feed, const char *sql, const char *expected)
{
    sqlite3 *db = feed_end(feed);

    ck_assert_str_eq(query_rows(db, sql), expected);
    trace_close(db);
}

START_TEST(nesting)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_operator(&feed, feed.main, "aten::c", 20, 30); /* any order */
    feed_operator(&feed, feed.main, "aten::a", 0, 100);
    feed_operator(&feed, feed.main, "aten::b", 10, 50);
    feed_operator(&feed, feed.main, "aten::d", 50, 60);   /* begins where b ends */
    feed_operator(&feed, feed.main, "aten::e", 60, 60);   /* of no length */
    feed_operator(&feed, feed.main, "aten::f", 100, 110); /* begins where a ends */
    feed_operator(&feed, feed.backward, "aten::g", 15, 16);
    expect(&feed, tree, "aten::a|-|-\naten::b|aten::a|-\naten::g|-|-\naten::c|aten::b|-\naten::d|aten::a|-\n"
                        "aten::e|aten::a|-\naten::f|-|-\n");
}
END_TEST

/* Whole microseconds: parent and child have the same time, and come in the file's order. */
START_TEST(equal_times_nest_in_the_files_order)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_operator(&feed, feed.main, "aten::outer", 10, 20);
    feed_operator(&feed, feed.main, "aten::middle", 10, 20);
    feed_operator(&feed, feed.main, "aten::inner", 10, 20);
    expect(&feed, tree, "aten::outer|-|-\naten::middle|aten::outer|-\naten::inner|aten::middle|-\n");
}
END_TEST

/* Rounded clocks: a child that ends after its parent ends with it; a neighbour that begins before the end is no child. */
START_TEST(partial_overlap)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_operator(&feed, feed.main, "aten::parent", 0, 100);
    feed_operator(&feed, feed.main, "aten::child", 50, 101);
    feed_operator(&feed, feed.main, "aten::neighbour", 99, 200);
    feed_operator(&feed, feed.main, "aten::within", 150, 160);
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, tree), "aten::parent|-|-\naten::child|aten::parent|-\naten::neighbour|-|-\n"
                                           "aten::within|aten::neighbour|-\n");
    ck_assert_str_eq(query_rows(db, "SELECT dur_ns / 1000 FROM op ORDER BY op_id"), "100\n50\n101\n10\n");
    trace_close(db);
}
END_TEST

START_TEST(duplicates)
{
    struct feed feed;
    struct span span;

    feed_begin(&feed, scratch_path("a.db"));
    for (int i = 0; i < 3; i++) {
        feed_operator(&feed, feed.main, "aten::a", 0, 100);
        feed_operator(&feed, feed.main, "aten::b", 0, 100); /* same time, not the same */
        feed_operator(&feed, feed.main, "aten::c", 30, 40);
    }
    span = plain_span(SPAN_OPERATOR, feed.main, 60, 70);
    span.record_id = 1;
    feed_span(&feed, span, "aten::d");
    span.record_id = 2; /* two records, two events: one calls the other */
    feed_span(&feed, span, "aten::d");
    expect(&feed, tree, "aten::a|-|-\naten::b|aten::a|-\naten::c|aten::b|-\naten::d|aten::b|-\naten::d|aten::d|-\n");
}
END_TEST

START_TEST(steps_and_what_lies_between)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_operator(&feed, feed.main, "before", 0, 10);
    feed_step(&feed, feed.main, 3, 100, 200);
    feed_operator(&feed, feed.main, "first", 100, 110); /* begins with the step */
    feed_operator(&feed, feed.backward, "other thread", 150, 190);
    feed_operator(&feed, feed.main, "between", 300, 310);
    feed_step(&feed, feed.main, 4, 400, 500);
    feed_operator(&feed, feed.main, "last", 490, 500);
    feed_operator(&feed, feed.main, "after", 500, 510); /* begins where the step ends */
    expect(&feed, tree, "before|-|-\nfirst|-|3\nother thread|-|3\nbetween|-|-\nlast|-|4\nafter|-|-\n");
}
END_TEST

/* Kineto writes a step on the host and, shifted, for each stream. */
START_TEST(device_copies_of_steps)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_step(&feed, feed.stream, 3, 120, 240);
    feed_step(&feed, feed.main, 3, 100, 200);
    feed_step(&feed, feed.main, 3, 100, 200);
    feed_step(&feed, feed.main, 4, 205, 300);
    feed_step(&feed, feed.stream, 4, 245, 330);
    expect(&feed, steps, "3|100|105\n4|205|95\n"); /* the first lasts until the second, which follows directly */
}
END_TEST

START_TEST(steps_on_streams_alone)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_step(&feed, feed.stream, 3, 120, 240);
    expect(&feed, steps, "3|120|120\n");
}
END_TEST

/* Files joined, a profiler restarted: indices come again, and still grow in the trace. */
START_TEST(repeated_indices)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    for (int copy = 0; copy < 3; copy++)
        for (int i = 0; i < 2; i++)
            feed_step(&feed, feed.main, 5 + i, 1000 * copy + 100 * i, 1000 * copy + 100 * i + 90);
    feed_step(&feed, feed.main, 20, 5000, 5100);
    feed_step(&feed, feed.main, INT64_MAX, 6000, 6100);
    feed_step(&feed, feed.main, -1, 7000, 7100);
    expect(&feed, steps, "5|0|90\n6|100|90\n7|1000|90\n8|1100|90\n9|2000|90\n10|2100|90\n20|5000|100\n21|6000|100\n"
                         "22|7000|100\n");
}
END_TEST

/* A gap of more than a tenth of the step is no profiler's; a step within a step, a step of no length are none. */
START_TEST(extents)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_step(&feed, feed.main, 0, 0, 100);
    feed_step(&feed, feed.main, 1, 110, 200);
    feed_step(&feed, feed.main, 2, 210, 300);
    feed_step(&feed, feed.main, 3, 300, 300);
    feed_step(&feed, feed.main, 7, 400, 500);
    feed_step(&feed, feed.main, 8, 410, 420);
    feed_step(&feed, feed.main, 9, 499, 600);
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, steps), "0|0|110\n1|110|90\n2|210|90\n7|400|99\n9|499|101\n");
    ck_assert_str_eq(query_rows(db, "SELECT text FROM note"), "1 steps lay within another step and were left out\n");
    trace_close(db);
}
END_TEST

/* What is open when a step begins or ends breaks nothing: an annotation around the loop, an operator over the edge. */
START_TEST(open_over_the_edge)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_range(&feed, feed.main, SPAN_ANNOTATION, "loop", 0, 1000);
    feed_range(&feed, feed.main, SPAN_MODULE, "net:Net", 0, 1000);
    feed_operator(&feed, feed.main, "around", 50, 150);
    feed_step(&feed, feed.main, 0, 100, 200);
    feed_operator(&feed, feed.main, "inside", 110, 120);
    feed_operator(&feed, feed.backward, "over the end", 190, 230);
    feed_step(&feed, feed.main, 5, 500, 600);
    feed_operator(&feed, feed.main, "later", 510, 520);
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, tree), "around|-|-\ninside|-|0\nover the end|-|0\nlater|-|5\n");
    ck_assert_str_eq(query_rows(db, "SELECT name, module_path, module_class, dur_ns / 1000 FROM operators"),
                     "around|net|Net|100\ninside|net|Net|10\nover the end|-|-|10\nlater|net|Net|10\n");
    ck_assert_str_eq(query_rows(db, "SELECT text FROM note"),
                     "1 operators ended later than their step; their times end with the step\n");
    trace_close(db);
}
END_TEST

/* A kernel belongs to its launch's operator and step, however late it runs. */
START_TEST(kernels_run_later)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_step(&feed, feed.main, 0, 0, 100);
    feed_step(&feed, feed.main, 1, 100, 200);
    feed_operator(&feed, feed.main, "aten::a", 80, 95);
    feed_launch(&feed, feed.main, 1, 90, 92);
    feed_kernel(&feed, "k", 1, 150, 170);
    feed_kernel(&feed, "alone", -1, 180, 190); /* by its own time */
    expect(&feed, "SELECT k.name, s.step_index, k.op_id FROM kernels k LEFT JOIN steps s USING (step_id) ORDER BY 1",
           "alone|1|-\nk|0|1\n");
}
END_TEST

START_TEST(modules)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    for (int step = 0; step < 2; step++) {
        int64_t t = 1000 * step;
        feed_range(&feed, feed.main, SPAN_MODULE, ":Net", t, t + 500);
        feed_range(&feed, feed.main, SPAN_MODULE, "layer1:Sequential", t + 10, t + 400);
        feed_range(&feed, feed.main, SPAN_MODULE, "layer1.conv:Conv2d", t + 20, t + 100);
        feed_operator(&feed, feed.main, "aten::conv2d", t + 30, t + 90);
        feed_operator(&feed, feed.main, "aten::relu", t + 100, t + 110);
        feed_operator(&feed, feed.main, "aten::add", t + 450, t + 460);
        feed_operator(&feed, feed.main, "aten::mean", t + 600, t + 610);
        feed_range(&feed, feed.main, SPAN_MODULE, "Linear_0", t + 700, t + 710);
    }
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT m.path, m.class, p.path FROM module m LEFT JOIN module p ON p.module_id = m.parent_id"
                                    " ORDER BY m.module_id"),
                     "|Net|-\nlayer1|Sequential|\nlayer1.conv|Conv2d|layer1\nLinear_0|-|-\n");
    ck_assert_str_eq(query_rows(db, "SELECT name, module_path FROM operators LIMIT 4"),
                     "aten::conv2d|layer1.conv\naten::relu|layer1\naten::add|\naten::mean|-\n");
    trace_close(db);
}
END_TEST

/* Ranks: a run row each, steps and times of their own. */
START_TEST(processes)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_step(&feed, feed.main, 0, 0, 100);
    feed_operator(&feed, feed.main, "aten::a", 10, 20);
    feed_process(&feed, 1, 2);
    feed_step(&feed, feed.main, 0, 0, 100);
    feed_operator(&feed, feed.main, "aten::b", 10, 20);
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT run_id, source, rank, world_size FROM run"), "1|kineto|-|-\n2|kineto|1|2\n");
    ck_assert_str_eq(query_rows(db, "SELECT run_id, step_index, name FROM step JOIN operators USING (step_id)"),
                     "1|0|aten::a\n2|0|aten::b\n");
    trace_close(db);
}
END_TEST

START_TEST(modes)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    ok(job_undisturbed(feed.job, 5, 500 * US, 50 * US, 16));
    ok(job_undisturbed(feed.job, 6, INT64_MIN, 50 * US, 16)); /* no clock shows that */
    ok(job_mode(feed.job, "recorded"));
    feed_step(&feed, feed.main, 3, 100, 200);
    ok(job_mode(feed.job, "timed"));
    feed_step(&feed, feed.main, 4, 201, 250);
    ok(job_mode(feed.job, NULL));
    feed_step(&feed, feed.main, 9, 900, 950);
    expect(&feed, "SELECT step_index, dur_ns / 1000, images, mode FROM step ORDER BY step_id",
           "3|100|-|recorded\n4|49|-|timed\n5|50|16|undisturbed\n9|50|-|-\n");
}
END_TEST

/* Without steps: parts of bounded size, all outside of steps, cut where no operator is open. */
START_TEST(no_steps)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    for (int i = 0; i < CHUNK_NODES / 2 + 10; i++) {
        feed_operator(&feed, feed.main, "aten::outer", 10 * i, 10 * i + 9);
        feed_operator(&feed, feed.main, "aten::inner", 10 * i + 1, 10 * i + 8);
    }
    db = feed_end(&feed);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op"), CHUNK_NODES + 20);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op WHERE step_id IS NOT NULL"), 0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op o JOIN op p ON p.op_id = o.parent_op_id"
                                   " WHERE p.op_id = o.op_id - 1"),
                     CHUNK_NODES / 2 + 10);
    trace_close(db);
}
END_TEST

START_TEST(impossible_times)
{
    struct feed feed;
    struct span span;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_operator(&feed, feed.main, "aten::a", 10, 20);
    span = plain_span(SPAN_OPERATOR, feed.main, 0, 1);
    span.start_ns = INT64_MAX;
    feed_span(&feed, span, "aten::b");
    span = plain_span(SPAN_KERNEL, feed.stream, 0, 1);
    span.dur_ns = INT64_MAX;
    feed_span(&feed, span, "k");
    span.dur_ns = -1;
    feed_span(&feed, span, "k");
    db = feed_end(&feed);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel"), 0);
    ck_assert_str_eq(query_rows(db, "SELECT substr(text, 1, 18) FROM note"), "3 events had times\n");
    trace_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tests = tcase_create("sweep");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, nesting);
    tcase_add_test(tests, equal_times_nest_in_the_files_order);
    tcase_add_test(tests, partial_overlap);
    tcase_add_test(tests, duplicates);
    tcase_add_test(tests, steps_and_what_lies_between);
    tcase_add_test(tests, device_copies_of_steps);
    tcase_add_test(tests, steps_on_streams_alone);
    tcase_add_test(tests, repeated_indices);
    tcase_add_test(tests, extents);
    tcase_add_test(tests, open_over_the_edge);
    tcase_add_test(tests, kernels_run_later);
    tcase_add_test(tests, modules);
    tcase_add_test(tests, processes);
    tcase_add_test(tests, modes);
    tcase_add_test(tests, no_steps);
    tcase_add_test(tests, impossible_times);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
