/*
 * Going on from a checkpoint: N steps in one go and k steps, a file, a new session and the rest give the same bits. Files that do not fit
 * are refused with every tensor named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/checkpoint.h"
#include "trainer/learner.h"

#define STEPS 7 /* over two epochs of four batches */
#define BATCH 4

static struct policy policy;
static struct dataset dataset;
static char path[64];

/* Dropout beside what tiny_model has. */
static int dropped_build(struct build *b, int x)
{
    x = build_conv2d(b, "conv1", x, (struct conv2d){8, 3, 1, 1});
    x = build_relu(b, "relu", build_batch_norm2d(b, "bn1", x));
    x = build_flatten(b, build_adaptive_avg_pool2d_1(b, "avgpool", x));
    return build_linear(b, "fc", build_dropout(b, "dropout", x, 0.5), b->classes);
}
static const struct model dropped_model = {"dropped", "tests", "with dropout", 4, dropped_build};

static void open_all(void)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    must(dataset_open("synthetic", &dataset));
    dataset.count[SPLIT_TRAIN] = 4 * BATCH;
    dataset.count[SPLIT_TEST] = BATCH;
    strcpy(path, "/tmp/clprof-checkpoint-XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
}

static void close_all(void)
{
    unlink(path);
    dataset_release(&dataset);
    policy_release(&policy);
}

static struct loop_config base_training(void)
{
    return (struct loop_config){.dataset = &dataset, .batch = BATCH, .side = 8, .classes = 10, .seed = 7, .steps = STEPS,
                                .schedule = SCHEDULE_ONECYCLE, .learning_rate = 0.05, .quiet = true,
                                .autocast_dtype = DTYPE_FLOAT32, .init_scale = 65536, .scaling = {2.0, 0.5, 2000}};
}

static struct session *make_session(const struct model *model, const struct loop_config *loop, enum optimizer_kind optimizer)
{
    struct session *session;
    struct session_config config = make_config(model, &policy, "cpu", FORMAT_CONTIGUOUS, 8);
    config.batch = BATCH;
    config.optim.kind = optimizer;
    must(callbacks_configure(loop, &config));
    must(session_create(&config, &session));
    must(session_initialise(session, NULL));
    return session;
}

/* Interrupts a training after `left` steps, as a user would: the fit is cancelled at a batch's end. */
static enum signal cut(struct learner *learner, void *left)
{
    return learner->training && learner->step_made && --*(int *)left == 0 ? SIGNAL_CANCEL_FIT : SIGNAL_GO_ON;
}
static const struct callback cutter = {.name = "Cutter", .on = {[EVENT_AFTER_BATCH] = cut}};

static const struct checkpoint_fact facts[] = {{"seed", "7", true}, {"lr", "0.05", false}};

/* Trains from first_step; leaves a checkpoint after `most` steps. Returns all state. */
static float *train(struct session *session, struct loop_config loop, int most, int64_t *count)
{
    struct loop_result result;
    const struct callback_use extra = {&cutter, 99, &most};
    loop.session = session;
    loop.extra = &extra;
    loop.extras = 1;
    loop.checkpoint = path;
    loop.fact = facts;
    loop.facts = 2;
    must(loop_run(&loop, &result));
    return read_states(session, NULL, count);
}

static void resume(struct session *session, int64_t *step)
{
    struct safetensors file;
    struct strbuf lines;
    strbuf_init(&lines);
    must(safetensors_open(path, &file));
    must(checkpoint_check(&file, facts, 2, &lines, step));
    must(weights_check(session, &file, WEIGHTS_ALL, &lines));
    ck_assert_str_eq(lines.text, "");
    must(weights_read(session, &file, WEIGHTS_ALL));
    safetensors_close(&file);
    strbuf_release(&lines);
}

static void must_continue(const char *what, const struct model *model, const struct loop_config *loop, enum optimizer_kind optimizer)
{
    static const int firsts[] = {2, 5}; /* 5 is in the second epoch */
    int64_t straight_count, resumed_count;
    struct session *session = make_session(model, loop, optimizer);
    float *straight = train(session, *loop, STEPS, &straight_count);
    session_destroy(session);
    for (int i = 0; i < 2; i++) {
        struct loop_config rest = *loop;
        session = make_session(model, loop, optimizer);
        free(train(session, *loop, firsts[i], &resumed_count));
        session_destroy(session);
        session = make_session(model, loop, optimizer);
        resume(session, &rest.first_step);
        ck_assert_int_eq(rest.first_step, firsts[i]);
        float *resumed = train(session, rest, STEPS, &resumed_count);
        session_destroy(session);
        ck_assert_int_eq(straight_count, resumed_count);
        ck_assert_msg(memcmp(straight, resumed, (size_t)straight_count * sizeof *straight) == 0, "%s: not the same after step %d",
                      what, firsts[i]);
        free(resumed);
    }
    free(straight);
}

START_TEST(resumed_training_gives_the_same_bits)
{
    open_all();
    struct loop_config loop = base_training();
    must_continue("sgd and dropout", &dropped_model, &loop, OPTIMIZER_SGD);
    loop.channels_last = true;
    loop.autocast_dtype = DTYPE_BFLOAT16;
    must_continue("adamw, bfloat16, channels_last", &tiny_model, &loop, OPTIMIZER_ADAMW);
    loop.ema_decay = 0.9;
    loop.clip_norm = 0.5;
    must_continue("moving average, clipping", &tiny_model, &loop, OPTIMIZER_SGD);
    loop.ema_decay = loop.clip_norm = 0;
    loop.accumulate = 2;
    loop.mixup = 0.2;
    loop.cutmix = 1;
    must_continue("accumulation, mixup and cutmix", &tiny_model, &loop, OPTIMIZER_SGD);
    loop.mixup = loop.cutmix = loop.accumulate = 0;
    /* Overflows at first, then grows every second step: scale and growth_tracker matter. */
    loop.autocast_dtype = DTYPE_FLOAT16;
    loop.init_scale = 0x1p40;
    loop.scaling = (struct scaler_attrs){4.0, 0x1p-13, 2};
    must_continue("float16 with a scaler", &tiny_model, &loop, OPTIMIZER_SGD);
    close_all();
}
END_TEST

/* The test above can fail: another state of the scaler, or none of the momentum, gives other bits. */
START_TEST(state_matters)
{
    static const char *const names[] = {"scaler.scale", "scaler.growth_tracker", "optimizer.momentum_buffer.fc.weight"};
    struct loop_config loop = base_training(), rest;
    int64_t count;
    open_all();
    loop.autocast_dtype = DTYPE_FLOAT16;
    loop.scaling = (struct scaler_attrs){4.0, 0x1p-13, 2};
    struct session *session = make_session(&tiny_model, &loop, OPTIMIZER_SGD);
    float *straight = train(session, loop, STEPS, &count);
    session_destroy(session);
    session = make_session(&tiny_model, &loop, OPTIMIZER_SGD);
    free(train(session, loop, 3, &count));
    session_destroy(session);
    for (int i = 0; i < 3; i++) {
        int64_t size;
        rest = loop;
        session = make_session(&tiny_model, &loop, OPTIMIZER_SGD);
        resume(session, &rest.first_step);
        int state = find_state(session, names[i]);
        float *values = read_state(session, state, &size);
        values[0] = values[0] * 2 + 1;
        must(session_write(session, state, values, NULL));
        free(values);
        struct loop_result result;
        rest.session = session;
        must(loop_run(&rest, &result));
        float *resumed = read_states(session, NULL, &size);
        ck_assert_int_eq(size, count);
        ck_assert_msg(memcmp(straight, resumed, (size_t)count * sizeof *straight) != 0, "%s does not matter", names[i]);
        free(resumed);
        session_destroy(session);
    }
    free(straight);
    close_all();
}
END_TEST

START_TEST(files_that_do_not_fit_are_named)
{
    struct loop_config loop = base_training();
    struct safetensors file;
    struct strbuf lines;
    int64_t count;
    open_all();
    strbuf_init(&lines);
    struct session *session = make_session(&tiny_model, &loop, OPTIMIZER_SGD);
    free(train(session, loop, 2, &count));
    session_destroy(session);
    session = make_session(&dropped_model, &loop, OPTIMIZER_ADAMW);
    must(safetensors_open(path, &file));
    REFUSED(weights_check(session, &file, WEIGHTS_MODEL, &lines), CORRUPT, path, "0 are missing", "24 extra");
    ck_assert_ptr_nonnull(strstr(lines.text, "extra: 0.bn1.num_batches_tracked ()\n"));
    ck_assert_ptr_nonnull(strstr(lines.text, "extra: 1.conv2.weight (8, 8, 3, 3)\n"));
    ck_assert_ptr_null(strstr(lines.text, "optimizer."));
    strbuf_clear(&lines);
    REFUSED(weights_check(session, &file, WEIGHTS_ALL, &lines), CORRUPT, "missing");
    ck_assert_ptr_nonnull(strstr(lines.text, "missing: optimizer.exp_avg.fc.weight (10, 8)\n"));
    ck_assert_ptr_nonnull(strstr(lines.text, "missing: optimizer.step ()\n"));
    ck_assert_ptr_nonnull(strstr(lines.text, "extra: optimizer.momentum_buffer.fc.bias (10,)\n"));
    session_destroy(session);
    struct session_config config = make_config(&tiny_model, &policy, "cpu", FORMAT_CHANNELS_LAST, 8);
    config.classes = 12;
    must(session_create(&config, &session));
    strbuf_clear(&lines);
    REFUSED(weights_check(session, &file, WEIGHTS_MODEL, &lines), CORRUPT, "2 of another shape");
    ck_assert_ptr_nonnull(strstr(lines.text, "another shape: fc.weight is (10, 8) in the file, the model's is (12, 8)\n"));
    session_destroy(session);
    safetensors_close(&file);
    strbuf_release(&lines);
    close_all();
}
END_TEST

/* Weights alone: another optimizer and format, training begins at step 0, counts of batches go on. */
START_TEST(weights_start_another_training)
{
    struct loop_config loop = base_training();
    struct safetensors file;
    struct strbuf lines;
    int64_t count, tracked = 0;
    open_all();
    strbuf_init(&lines);
    struct session *session = make_session(&tiny_model, &loop, OPTIMIZER_SGD);
    free(train(session, loop, 5, &count));
    float *weight = read_state(session, find_state(session, "1.conv2.weight"), &count);
    session_destroy(session);
    loop.channels_last = true;
    session = make_session(&tiny_model, &loop, OPTIMIZER_ADAMW);
    must(safetensors_open(path, &file));
    must(weights_check(session, &file, WEIGHTS_MODEL, &lines));
    must(weights_read(session, &file, WEIGHTS_MODEL));
    safetensors_close(&file);
    float *now = read_state(session, find_state(session, "1.conv2.weight"), &count);
    ck_assert_mem_eq(weight, now, (size_t)count * sizeof *now);
    free(weight);
    free(now);
    free(train(session, loop, 2, &count));
    must(safetensors_open(path, &file));
    must(safetensors_read_integers(&file, safetensors_find(&file, "bn1.num_batches_tracked"), &tracked));
    ck_assert_int_eq(tracked, 7);
    ck_assert_str_eq(safetensors_metadata(&file, "clprof.step"), "2");
    ck_assert_str_eq(safetensors_metadata(&file, "format"), "pt");
    safetensors_close(&file);
    session_destroy(session);
    strbuf_release(&lines);
    close_all();
}
END_TEST

START_TEST(facts_are_compared)
{
    struct loop_config loop = base_training();
    struct checkpoint_fact other[] = {{"seed", "7", true}, {"lr", "0.1", false}};
    struct safetensors file;
    struct strbuf lines;
    int64_t count, step;
    open_all();
    strbuf_init(&lines);
    struct session *session = make_session(&dropped_model, &loop, OPTIMIZER_SGD);
    free(train(session, loop, 1, &count));
    session_destroy(session);
    must(safetensors_open(path, &file));
    must(checkpoint_check(&file, other, 2, &lines, &step));
    ck_assert_str_eq(lines.text, "lr was 0.05, is 0.1\n");
    other[0].value = "8";
    REFUSED(checkpoint_check(&file, other, 2, &lines, &step), USAGE, path, "seed 7", "8");
    safetensors_close(&file);
    must(safetensors_open(PROJECT_DIR "/tests/trainer/data/small.safetensors", &file));
    REFUSED(checkpoint_check(&file, other, 2, &lines, &step), CORRUPT, "clprof.step", "no checkpoint");
    safetensors_close(&file);
    strbuf_release(&lines);
    close_all();
}
END_TEST

int main(void)
{
    return run_tests("checkpoint", (const TTest *const[]){resumed_training_gives_the_same_bits, state_matters,
                                                          files_that_do_not_fit_are_named, weights_start_another_training,
                                                          facts_are_compared, NULL});
}
