/* Rows of an imported trace: definitions found again, tensors, facts of the run; and the file, which is whole or not there. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importers/passes/written.h"
#include "profiler/trace.h"
#include "support_feed.h"

static struct tensor_use image(int64_t channels, int position, bool out)
{
    struct tensor_use use = {.kind = {.dtype = "float32", .dims = 4, .has_strides = true, .size = {2, channels, 4, 4}},
                             .out = out, .position = position};

    layout_strides(FORMAT_CHANNELS_LAST, 4, use.kind.size, use.kind.stride);
    return use;
}

static int32_t feed_signature(struct feed *feed, int64_t channels)
{
    struct tensor_use tensor[] = {image(channels, 0, false), {.kind = {.dtype = "int64", .dims = 0, .has_strides = true}, .position = 2}};
    const struct signature signature = {tensor, 2, 0, "False\t1"};
    int32_t number;

    ok(job_signature(feed->job, &signature, &number));
    return number;
}

static void feed_with_tensors(struct feed *feed, const char *name, int32_t signature, int64_t start)
{
    struct span span = plain_span(SPAN_OPERATOR, feed->main, start, start + 5);

    span.signature = signature;
    feed_span(feed, span, name);
}

START_TEST(signatures_are_kept_once)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    ck_assert_int_eq(feed_signature(&feed, 8), feed_signature(&feed, 8));
    ck_assert_int_ne(feed_signature(&feed, 8), feed_signature(&feed, 16));
    job_abandon(feed.job);
}
END_TEST

/* Steps alike: one set of definitions; an operator more in one of them adds its own and no other. */
START_TEST(definitions_are_found_again)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    for (int step = 0; step < 5; step++) {
        int64_t t = 1000 * step;
        feed_step(&feed, feed.main, step, t, t + 1000);
        if (step == 3)
            feed_operator(&feed, feed.main, "aten::more", t + 1, t + 2);
        feed_with_tensors(&feed, "aten::a", feed_signature(&feed, 8), t + 10);
        feed_with_tensors(&feed, "aten::a", feed_signature(&feed, 8), t + 20); /* two instances of the step */
        feed_with_tensors(&feed, "aten::a", feed_signature(&feed, 16), t + 30);
        feed_launch(&feed, feed.main, step, t + 12, t + 13);
        feed_kernel(&feed, "k", step, t + 50, t + 60);
    }
    db = feed_end(&feed);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op"), 16);
    ck_assert_str_eq(query_rows(db, "SELECT name, sequence, count(op_id) FROM op_def JOIN op USING (op_def_id) GROUP BY op_def_id"),
                     "aten::a|0|5\naten::a|1|5\naten::a|2|5\naten::more|0|1\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM kernel_def"), 1);
    ck_assert_str_eq(query_rows(db, "SELECT DISTINCT device_dur_ns FROM op"), "10000\n-\n");
    trace_close(db);
}
END_TEST

START_TEST(tensors)
{
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_with_tensors(&feed, "aten::a", feed_signature(&feed, 8), 10);
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT direction, position, dtype, shape, strides, memory_format, bytes FROM op_tensors"),
                     "in|0|float32|[2, 8, 4, 4]|[128, 1, 32, 8]|channels_last|1024\nin|2|int64|[]|[]|-|8\n");
    ck_assert_str_eq(query_rows(db, "SELECT input_format, input_shape, output_format, output_shape FROM operators"),
                     "channels_last|[2, 8, 4, 4]|-|-\n");
    trace_close(db);
}
END_TEST

/* Members of a list share a position; the trace has one tensor a position. */
START_TEST(positions_of_lists)
{
    struct tensor_use tensor[] = {image(8, 0, false), image(8, 0, false), image(8, 0, false), image(8, 1, false), image(8, 5, false),
                                  image(8, 0, true)};
    const struct signature signature = {tensor, 6, 0, NULL};
    struct feed feed;
    int32_t number;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    ok(job_signature(feed.job, &signature, &number));
    feed_with_tensors(&feed, "aten::cat", number, 10);
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT direction, position FROM op_tensors WHERE direction = 'in'"),
                     "in|0\nin|1\nin|2\nin|3\nin|5\n");
    trace_close(db);
}
END_TEST

/* A file beside the trace tells an operator's tensors by its record; told before and after the span, twice. */
START_TEST(tensors_from_beside)
{
    struct tensor_use tensor[] = {image(3, 0, false), image(5, 0, true)};
    const struct tensor_identity identity[] = {{11, 21, 0}, {12, 22, 0}};
    struct signature signature = {tensor, 1, 0, NULL};
    struct feed feed;
    struct span span;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    ok(job_tensors(feed.job, 70, &signature, identity));
    span = plain_span(SPAN_OPERATOR, feed.main, 10, 20);
    span.signature = feed_signature(&feed, 8);
    span.record_id = 71;
    feed_span(&feed, span, "aten::a");
    span = plain_span(SPAN_OPERATOR, feed.main, 30, 40);
    span.record_id = 70;
    feed_span(&feed, span, "aten::b");
    ok(job_tensors(feed.job, 71, &signature, identity));
    signature.tensors = 2;
    ok(job_tensors(feed.job, 71, &signature, identity)); /* the last told counts */
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT name, direction, shape, tensor_id IS NOT NULL FROM operators JOIN op_tensors"
                                    " USING (op_id) ORDER BY op_id, direction"),
                     "aten::a|in|[2, 3, 4, 4]|1\naten::a|out|[2, 5, 4, 4]|1\naten::b|in|[2, 3, 4, 4]|1\n");
    trace_close(db);
}
END_TEST

START_TEST(facts_of_the_run)
{
    struct job_info info = {.batch_size = 16, .threads = -1, .started_unix_ns = 5};
    struct feed feed;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_step(&feed, feed.main, 0, 0, 100);
    info.model = "resnet50";
    info.memory_format = "channels_last";
    ok(job_describe(feed.job, &info));
    info = (struct job_info){.device_name = "H100", .batch_size = -1, .threads = 4, .started_unix_ns = -1};
    ok(job_describe(feed.job, &info));
    ok(job_note(feed.job, "said %d times", 2));
    ok(job_note(feed.job, "said %d times", 2));
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT source, model, device, device_name, memory_format, autocast_dtype, batch_size, threads,"
                                    " started_unix_ns, rank FROM run"),
                     "kineto|resnet50|cuda|H100|channels_last|-|16|4|5|-\n");
    ck_assert_str_eq(query_rows(db, "SELECT images FROM step"), "16\n");
    ck_assert_str_eq(query_rows(db, "SELECT text FROM note"), "said 2 times\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM policy_rule"), 0);
    trace_close(db);
}
END_TEST

START_TEST(device_work)
{
    struct feed feed;
    struct span span;
    int32_t other;
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    ok(job_stream(feed.job, "cuda", 1, 7, &other));
    span = plain_span(SPAN_MEMCPY, feed.stream, 0, 10);
    span.bytes = 100;
    feed_span(&feed, span, "Memcpy HtoD");
    span = plain_span(SPAN_MEMSET, other, 20, 30);
    span.bytes = 50;
    feed_span(&feed, span, "Memset");
    span = plain_span(SPAN_KERNEL, other, 40, 50);
    feed_span(&feed, span, "k");
    db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT name, device, stream, bytes_read, bytes_written FROM kernels"),
                     "Memcpy HtoD|cuda|7|100|100\nMemset|cuda|1:7|-|50\nk|cuda|1:7|-|-\n");
    trace_close(db);
}
END_TEST

/* Beyond its bound the memory of what was written begins anew: never a wrong id. */
START_TEST(written_is_bounded)
{
    struct written written = {0};
    int64_t *id, number;

    for (int round = 0; round < 3; round++) {
        for (number = 1; number <= WRITTEN_MOST + 1000; number++) {
            ok(written_find(&written, written_key(&number, sizeof number), &id));
            ck_assert_msg(*id == 0 || *id == number, "%lld is known as %lld", (long long)number, (long long)*id);
            *id = number;
            ck_assert_int_le(written.count, WRITTEN_MOST);
        }
    }
    ok(written_find(&written, written_key(&number, sizeof number), &id));
    ck_assert_int_eq(*id, 0);
    *id = 7;
    ok(written_find(&written, written_key(&number, sizeof number), &id));
    ck_assert_int_eq(*id, 7);
    written_release(&written);
}
END_TEST

START_TEST(occurrences)
{
    struct occurrences seen = {0};

    for (int round = 0; round < 3; round++) {
        ok(occurrences_begin(&seen, 10 + 2000 * round));
        ck_assert_int_eq(occurrences_next(&seen, 5), 0);
        ck_assert_int_eq(occurrences_next(&seen, 5), 1);
        ck_assert_int_eq(occurrences_next(&seen, 5 + ((uint64_t)1 << 40)), 0);
        ck_assert_int_eq(occurrences_next(&seen, 5), 2);
        for (uint64_t i = 100; i < 100 + 2000 * (uint64_t)round; i++)
            ck_assert_int_eq(occurrences_next(&seen, i), 0);
    }
    occurrences_release(&seen);
}
END_TEST

static void make_trace(const char *path, const char *operator_)
{
    struct feed feed;

    feed_begin(&feed, path);
    feed_operator(&feed, feed.main, operator_, 0, 10);
    trace_close(feed_end(&feed));
}

static void expect_trace(const char *path, const char *operator_)
{
    sqlite3 *db = NULL;
    char expected[40];

    ok(trace_open(path, 0, &db));
    expect_sound(db);
    snprintf(expected, sizeof expected, "%s\n", operator_);
    ck_assert_str_eq(query_rows(db, "SELECT name FROM operators"), expected);
    trace_close(db);
}

START_TEST(the_old_trace_stays_until_the_new_is_whole)
{
    const char *path = scratch_path("a.db");
    struct feed feed;

    make_trace(path, "aten::old");
    feed_begin(&feed, path);
    feed_operator(&feed, feed.main, "aten::new", 0, 10);
    feed_process(&feed, 1, 2); /* rows of the first are written */
    expect_trace(path, "aten::old");
    job_abandon(feed.job);
    expect_trace(path, "aten::old");
    ck_assert_int_eq(scratch_files(), 1);
    make_trace(path, "aten::new");
    expect_trace(path, "aten::new");
    ck_assert_int_eq(scratch_files(), 1);
}
END_TEST

START_TEST(what_is_no_trace_stays)
{
    const char *path = scratch_path("notes.txt");
    FILE *file = fopen(path, "w");
    struct job *job;

    fputs("my notes", file);
    fclose(file);
    ck_assert_int_eq(job_create(path, &job), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), "is not replaced"));
    ck_assert_ptr_null(job);
    ck_assert_int_eq(job_create("/nonexistent/a.db", &job), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), "/nonexistent/a.db"));
    ck_assert_int_eq(scratch_files(), 1);
    job_abandon(NULL);
}
END_TEST

/* Feeds and finishes without Check's assertions, which a child of a test must not use. */
static enum status import_much(const char *path)
{
    const struct job_info info = {.source = "kineto", .batch_size = -1, .threads = -1, .started_unix_ns = -1};
    struct span span = plain_span(SPAN_OPERATOR, 0, 0, 5);
    struct job *job = NULL;
    enum status status;

    TRY_OUT(job_create(path, &job));
    TRY_OUT(job_process(job, &info, -1, -1));
    TRY_OUT(job_thread(job, 10, 1, &span.lane));
    TRY_OUT(job_word(job, "aten::new", 9, &span.name));
    for (int i = 0; i < 20000; i++) {
        span.start_ns = 10 * i * US;
        TRY_OUT(job_span(job, &span));
    }
    return job_finish(job);
out:
    job_abandon(job);
    return status;
}

/* A quota ends the import somewhere: one line, nothing new under any name, the old trace as it was. */
static int import_under_limit(const char *path, rlim_t bytes)
{
    const struct rlimit limit = {bytes, bytes};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    return import_much(path) == STATUS_IO && strstr(status_message(), path) && !strchr(status_message(), '\n') ? 0 : 1;
}

START_TEST(a_full_disk)
{
    static const rlim_t limits[] = {1000, 70000, 200000, 500000};
    const char *path = scratch_path("a.db");
    int how;

    make_trace(path, "aten::old");
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(import_under_limit(path, limits[i]));
        ck_assert_int_eq(waitpid(child, &how, 0), child);
        ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "limit %ld: the child failed: %d", (long)limits[i], how);
        expect_trace(path, "aten::old");
        ck_assert_int_eq(scratch_files(), 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows");
    TCase *tests = tcase_create("rows");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, signatures_are_kept_once);
    tcase_add_test(tests, definitions_are_found_again);
    tcase_add_test(tests, tensors);
    tcase_add_test(tests, positions_of_lists);
    tcase_add_test(tests, tensors_from_beside);
    tcase_add_test(tests, facts_of_the_run);
    tcase_add_test(tests, device_work);
    tcase_add_test(tests, written_is_bounded);
    tcase_add_test(tests, occurrences);
    tcase_add_test(tests, the_old_trace_stays_until_the_new_is_whole);
    tcase_add_test(tests, what_is_no_trace_stays);
    tcase_add_test(tests, a_full_disk);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
