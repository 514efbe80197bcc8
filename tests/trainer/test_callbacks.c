/*
 * The loop's events against those that fastai 2.8.12 raised (fastai_events.txt, written by fastai_events.py), for a fit that nothing cancels
 * and for every event from which every level is cancelled; and the table of callbacks.
 */
#include <stdio.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/learner.h"

#define BATCH 4
#define MOST_SEEN 512

static struct policy policy;
static struct session *session;
static struct dataset dataset;

/* Two epochs of two training batches and one validation batch, as fastai_events.py. */
static struct loop_config small_training(void)
{
    return (struct loop_config){.session = session, .dataset = &dataset, .batch = BATCH, .side = 8, .classes = 10, .seed = 1,
                                .epochs = 2, .learning_rate = 0.01, .quiet = true};
}

static struct session *make_session(const struct loop_config *loop)
{
    struct session *made;
    struct session_config config = make_config(&tiny_model, &policy, "cpu", FORMAT_CONTIGUOUS, 8);
    config.batch = BATCH;
    must(callbacks_configure(loop, &config));
    must(session_create(&config, &made));
    must(session_initialise(made, NULL));
    return made;
}

static void open_all(void)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    must(dataset_open("synthetic", &dataset));
    dataset.count[SPLIT_TRAIN] = 2 * BATCH;
    dataset.count[SPLIT_TEST] = BATCH;
    session = make_session(&(struct loop_config){0});
}

static void close_all(void)
{
    session_destroy(session);
    dataset_release(&dataset);
    policy_release(&policy);
}

/* fastai's letters: its 24 events in their order, which is ours without before_draw. */
static char letter(enum event event)
{
    if (event == EVENT_BEFORE_DRAW)
        return '.';
    return (char)('a' + (int)event - (event > EVENT_BEFORE_DRAW));
}

struct watch {
    char seen[MOST_SEEN];
    int count;
    enum event at; /* from which `answer` is given, once */
    enum signal answer;
    bool done;
};

static void see(struct watch *watch, enum event event)
{
    ck_assert_int_lt(watch->count, MOST_SEEN - 1);
    watch->seen[watch->count++] = letter(event);
}

static enum signal maybe_cancel(struct watch *watch, enum event event)
{
    if (watch->done || watch->at != event)
        return SIGNAL_GO_ON;
    watch->done = true;
    return watch->answer;
}

/* A function per event, for the callback that sees and the one that cancels. */
#define EVENT(id, name)                                                                                                \
    static enum signal see_##name(struct learner *learner, void *state)                                                \
    {                                                                                                                  \
        (void)learner;                                                                                                 \
        see(state, EVENT_##id);                                                                                        \
        return SIGNAL_GO_ON;                                                                                           \
    }                                                                                                                  \
    static enum signal cancel_##name(struct learner *learner, void *state)                                             \
    {                                                                                                                  \
        (void)learner;                                                                                                 \
        return maybe_cancel(state, EVENT_##id);                                                                        \
    }
#include "trainer/events.def"
#undef EVENT

static const struct callback seer = {.name = "Seer", .on = {
#define EVENT(id, name) [EVENT_##id] = see_##name,
#include "trainer/events.def"
#undef EVENT
}};
static const struct callback canceller = {.name = "Canceller", .on = {
#define EVENT(id, name) [EVENT_##id] = cancel_##name,
#include "trainer/events.def"
#undef EVENT
}};

/* Trains; what was seen, before_draw included, stands in watch.seen. */
static enum status watch_training(struct watch *watch, struct loop_result *result)
{
    struct loop_config config = small_training();
    const struct callback_use extra[] = {{&seer, -100, watch}, {&canceller, 0, watch}};
    config.extra = extra;
    config.extras = 2;
    return loop_run(&config, result);
}

static void leave_out_draws(char *seen)
{
    char *to = seen;
    for (const char *from = seen; *from; from++) {
        if (*from != '.')
            *to++ = *from;
    }
    *to = 0;
}

static enum event event_named(const char *name)
{
    int event = 0;
    while (event < EVENT_COUNT && strcmp(event_name((enum event)event), name) != 0)
        event++;
    return (enum event)event;
}

static enum signal cancel_of(const char *level)
{
    static const char *const levels[] = {"", "backward", "step", "batch", "train", "validate", "epoch", "fit"};
    for (int i = 1; i < 8; i++) {
        if (strcmp(levels[i], level) == 0)
            return (enum signal)i;
    }
    return SIGNAL_GO_ON;
}

/* Two batches to a step: the first one's step is cancelled as a batch. */
static void compare_accumulation(const char *expected)
{
    struct loop_config config = small_training();
    struct watch watch = {.at = EVENT_COUNT};
    struct loop_result result;
    const struct callback_use extra = {&seer, -100, &watch};
    config.accumulate = 2;
    config.session = make_session(&config);
    config.extra = &extra;
    config.extras = 1;
    must(loop_run(&config, &result));
    leave_out_draws(watch.seen);
    ck_assert_str_eq(watch.seen, expected);
    ck_assert_int_eq(result.steps, 2);
    session_destroy(config.session);
}

static void compare_line(const char *at, const char *level, const char *expected)
{
    if (strcmp(at, "GradientAccumulation") == 0) {
        compare_accumulation(expected);
        return;
    }
    struct watch watch = {.at = event_named(at), .answer = cancel_of(level)};
    struct loop_result result;
    enum status status = watch_training(&watch, &result);
    bool escapes = strchr(expected, '!') != NULL;
    leave_out_draws(watch.seen);
    ck_assert_msg((status != STATUS_OK) == escapes, "%s from %s: %s", level, at, status ? status_message() : "no failure");
    ck_assert_msg(strncmp(watch.seen, expected, strlen(expected) - escapes) == 0 &&
                      strlen(watch.seen) == strlen(expected) - escapes,
                  "%s from %s:\n  fastai %s\n  here   %s", level, at, expected, watch.seen);
}

START_TEST(events_are_fastais)
{
    char line[MOST_SEEN], at[40], level[40], expected[MOST_SEEN];
    int lines = 0;
    open_all();
    FILE *file = fopen(PROJECT_DIR "/tests/trainer/fastai_events.txt", "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        if (*line == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%39s %39s %511s", at, level, expected), 3);
        compare_line(at, level, expected);
        lines++;
    }
    fclose(file);
    ck_assert_int_eq(lines, 2 + 16 * 7);
    close_all();
}
END_TEST

/* Letters in the file's head name our events. */
START_TEST(letters_are_the_files)
{
    char line[MOST_SEEN], name[64], sign;
    int named = 0;
    FILE *file = fopen(PROJECT_DIR "/tests/trainer/fastai_events.txt", "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "# %c %63s", &sign, name) != 2 || strlen(line) > 40)
            continue;
        enum event event = event_named(name);
        if (event == EVENT_COUNT)
            continue; /* the line with fastai's version */
        ck_assert_int_eq(letter(event), sign);
        named++;
    }
    fclose(file);
    ck_assert_int_eq(named, EVENT_COUNT - 1);
}
END_TEST

/* before_draw, which fastai has not: just before each batch's before_batch, on either part of an epoch. */
START_TEST(a_draw_before_each_batch)
{
    struct watch watch = {.at = EVENT_COUNT};
    struct loop_result result;
    int draws = 0;
    open_all();
    must(watch_training(&watch, &result));
    for (int i = 0; i < watch.count; i++) {
        draws += watch.seen[i] == '.';
        ck_assert_int_eq(watch.seen[i] == '.', i + 1 < watch.count && watch.seen[i + 1] == letter(EVENT_BEFORE_BATCH));
    }
    ck_assert_int_eq(draws, 6);
    ck_assert_int_eq(result.steps, 4);
    ck_assert(result.evaluated);
    ck_assert_int_eq(result.evaluation.images, BATCH);
    close_all();
}
END_TEST

static enum signal fail_here(struct learner *learner, void *state)
{
    (void)state;
    return learner_signal(learner, FAIL(LIMIT, "the test's own failure"));
}
static const struct callback failing = {.name = "Failing", .on = {[EVENT_AFTER_LOSS] = fail_here}};

/* A failure goes through all levels, without any after_ event. */
START_TEST(failures_end_the_training)
{
    struct watch watch = {.at = EVENT_COUNT}, none;
    struct loop_result result;
    open_all();
    struct loop_config config = small_training();
    const struct callback_use extra[] = {{&seer, -100, &watch}, {&failing, 0, &none}};
    config.extra = extra;
    config.extras = 2;
    REFUSED(loop_run(&config, &result), LIMIT, "the test's own failure");
    leave_out_draws(watch.seen);
    ck_assert_str_eq(watch.seen, "abcdefg");
    close_all();
}
END_TEST

START_TEST(steps_end_the_training)
{
    struct watch watch = {.at = EVENT_COUNT};
    struct loop_result result;
    open_all();
    struct loop_config config = small_training();
    const struct callback_use extra[] = {{&seer, -100, &watch}};
    config.extra = extra;
    config.extras = 1;
    config.epochs = 0;
    config.steps = 3;
    must(loop_run(&config, &result));
    leave_out_draws(watch.seen);
    /* Synthetic data is not evaluated; the third step ends the fit from within its batch. */
    ck_assert_str_eq(watch.seen, "abcd" "efghjkmo" "efghjkmo" "qv" "cd" "efghjkmo" "wx");
    ck_assert_int_eq(result.steps, 3);
    close_all();
}
END_TEST

START_TEST(the_table_is_in_order)
{
    for (int i = 0; i < callbacks_count(); i++) {
        ck_assert_ptr_nonnull(callbacks_at(i)->callback->name);
        ck_assert(i == 0 || callbacks_at(i - 1)->order <= callbacks_at(i)->order);
    }
}
END_TEST

int main(void)
{
    return run_tests("callbacks", (const TTest *const[]){events_are_fastais, letters_are_the_files, a_draw_before_each_batch,
                                                         failures_end_the_training, steps_end_the_training,
                                                         the_table_is_in_order, NULL});
}
