/*
 * Pass recall: operators of timed steps take tensors and modules from the recorded step. Each recorded operator gets its own number
 * of channels, counted from 1, so that the rows tell whose tensors a timed one took. Operators are letters, a step is a word.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/trace.h"
#include "support_feed.h"

static int32_t signature_of(struct feed *feed, int64_t channels)
{
    struct tensor_use use = {.kind = {.dtype = "float32", .dims = 4, .has_strides = true, .size = {2, channels, 4, 4}}};
    const struct signature signature = {&use, 1, 0, NULL};
    int32_t number;

    layout_strides(FORMAT_CHANNELS_LAST, 4, use.kind.size, use.kind.stride);
    ok(job_signature(feed->job, &signature, &number));
    return number;
}

/* One operator a letter ('+' and '=': aten::add and aten::add_), on `lane`, from `start` on; channels 0: the recorder tells no tensors. */
static void feed_word(struct feed *feed, int32_t lane, const char *word, int64_t start, int64_t channels)
{
    for (const char *letter = word; *letter; letter++) {
        const char plain[] = {'o', 'p', ':', ':', *letter, 0};
        const char *name = *letter == '+' ? "aten::add" : *letter == '=' ? "aten::add_" : plain;
        struct span span = plain_span(SPAN_OPERATOR, lane, start, start + 5);
        if (channels)
            span.signature = signature_of(feed, channels++);
        feed_span(feed, span, name);
        start += 10;
    }
}

static void feed_word_step(struct feed *feed, const char *mode, int64_t index, const char *word)
{
    int64_t start = 100000 * index;

    ok(job_mode(feed->job, mode));
    feed_step(feed, feed->main, index, start, start + 90000);
    feed_word(feed, feed->main, word, start + 10, strcmp(mode, "recorded") == 0 ? 1 : 0);
}

/* "a1 b2 c- ": the operators of the timed step and the channels of what they took. */
static const char *channels_of(sqlite3 *db, const char *mode)
{
    static char sql[600];

    snprintf(sql, sizeof sql,
             "SELECT group_concat(substr(name, 5) || CASE WHEN input_shape IS NULL THEN '-' ELSE substr(input_shape, 5, "
             "instr(substr(input_shape, 5), ',') - 1) END, ' ') FROM (SELECT * FROM operators JOIN steps USING (step_id) "
             "WHERE mode = '%s' ORDER BY operators.start_ns)", mode);
    return query_rows(db, sql);
}

static void expect_recalled(const char *recorded, const char *timed, const char *expected, int notes)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_word_step(&feed, "recorded", 1, recorded);
    feed_word_step(&feed, "timed", 3, timed);
    sqlite3 *db = feed_end(&feed);
    const char *found = channels_of(db, "timed");
    ck_assert_msg(strncmp(found, expected, strlen(expected)) == 0 && found[strlen(expected)] == '\n',
                  "%s then %s: %s, expected %s", recorded, timed, found, expected);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%no counterpart%'"), notes);
    trace_close(db);
    scratch_clear();
}

START_TEST(equal_steps)
{
    expect_recalled("abcabc", "abcabc", "a1 b2 c3 a4 b5 c6", 0);
}
END_TEST

/* What only one of the two steps ran is passed over, and what follows is found again. */
START_TEST(steps_that_differ)
{
    expect_recalled("abcdefghijklmnopq", "abxcdefghijklmnopq", "a1 b2 x- c3 d4 e5 f6 g7 h8 i9 j10 k11 l12 m13 n14 o15 p16 q17", 1);
    expect_recalled("abxcdefghijklmnopq", "abcdefghijklmnopq", "a1 b2 c4 d5 e6 f7 g8 h9 i10 j11 k12 l13 m14 n15 o16 p17 q18", 0);
    expect_recalled("abcd", "abyd", "a1 b2 y- d4", 1);
    expect_recalled("abcd", "ab", "a1 b2", 0);
    expect_recalled("abcd", "abcdzz", "a1 b2 c3 d4 z- z-", 1);
}
END_TEST

/* Autograd adds in place where nobody looks on. */
START_TEST(added_in_place)
{
    expect_recalled("a+b=c", "a=b+c", "a1 ::add_2 b3 ::add4 c5", 0);
    expect_recalled("a+bc", "axbc", "a1 x- b3 c4", 1);
}
END_TEST

/* A few equal names in a row are no meeting: "ab" stands in both, but what it belongs to does not. */
START_TEST(steps_of_other_work)
{
    expect_recalled("abcdefgh", "xyzabxyz", "x- y- z- a- b- x- y- z-", 1);
}
END_TEST

/* The backward pass has a thread of its own, whose operators fall between the others as they like. */
START_TEST(threads_are_apart)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_word_step(&feed, "recorded", 1, "abc");
    feed_word(&feed, feed.backward, "abc", 100005, 11);
    feed_word_step(&feed, "timed", 3, "abc");
    feed_word(&feed, feed.backward, "abc", 300018, 0);
    sqlite3 *db = feed_end(&feed);
    ck_assert_str_eq(channels_of(db, "timed"), "a1 a11 b2 b12 c3 c13\n");
    trace_close(db);
}
END_TEST

/* Of several recorded steps the last one before counts; without one, or of another process, nothing is known. */
START_TEST(which_step_is_recalled)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_word_step(&feed, "recorded", 1, "ab");
    feed_word_step(&feed, "recorded", 2, "xab");
    feed_word_step(&feed, "timed", 3, "xab");
    feed_process(&feed, 1, 2);
    feed_word_step(&feed, "timed", 4, "xab");
    sqlite3 *db = feed_end(&feed);
    ck_assert_str_eq(channels_of(db, "timed"), "x1 a2 b3 x- a- b-\n");
    trace_close(db);
}
END_TEST

START_TEST(modules_are_recalled)
{
    struct feed feed;

    feed_begin(&feed, scratch_path("a.db"));
    feed_word_step(&feed, "recorded", 1, "ab");
    feed_range(&feed, feed.main, SPAN_MODULE, "layer1.0.conv1:Conv2d", 100015, 100030);
    feed_word_step(&feed, "timed", 3, "ab");
    sqlite3 *db = feed_end(&feed);
    ck_assert_str_eq(query_rows(db, "SELECT name, module_path, module_class FROM operators JOIN steps USING (step_id) WHERE mode = 'timed'"),
                     "op::a|-|-\nop::b|layer1.0.conv1|Conv2d\n");
    trace_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recall");
    TCase *tests = tcase_create("recall");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_add_test(tests, equal_steps);
    tcase_add_test(tests, steps_that_differ);
    tcase_add_test(tests, added_in_place);
    tcase_add_test(tests, steps_of_other_work);
    tcase_add_test(tests, threads_are_apart);
    tcase_add_test(tests, which_step_is_recalled);
    tcase_add_test(tests, modules_are_recalled);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
