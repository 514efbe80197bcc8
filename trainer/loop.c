/* fastai's training loop: levels with their events, the model's part of a batch, interruption. */
#include "trainer/loop.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "trainer/learner.h"
#include "trainer/ranks.h"

/* Set by SIGINT and SIGTERM, read once per batch: the one mutable global of the trainer. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* The second signal ends the program the usual way. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    interrupted = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool loop_interrupted(void)
{
    return interrupted;
}

/* What the levels below need beyond what callbacks see. */
struct loop {
    struct learner learner; /* first member: callbacks' learner */
    struct loader *train, *test;
    int64_t per_epoch;      /* training batches */
    int64_t first_iteration; /* of the epoch at hand: a resumed training begins within one */
};

typedef enum signal level_body(struct loop *loop);

struct level {
    enum event before, after_cancel, after;
    enum signal cancel;
};

static const struct level fit_level = {EVENT_BEFORE_FIT, EVENT_AFTER_CANCEL_FIT, EVENT_AFTER_FIT, SIGNAL_CANCEL_FIT};
static const struct level epoch_level = {EVENT_BEFORE_EPOCH, EVENT_AFTER_CANCEL_EPOCH, EVENT_AFTER_EPOCH, SIGNAL_CANCEL_EPOCH};
static const struct level train_level = {EVENT_BEFORE_TRAIN, EVENT_AFTER_CANCEL_TRAIN, EVENT_AFTER_TRAIN, SIGNAL_CANCEL_TRAIN};
static const struct level validate_level = {EVENT_BEFORE_VALIDATE, EVENT_AFTER_CANCEL_VALIDATE, EVENT_AFTER_VALIDATE,
                                            SIGNAL_CANCEL_VALIDATE};
static const struct level batch_level = {EVENT_BEFORE_BATCH, EVENT_AFTER_CANCEL_BATCH, EVENT_AFTER_BATCH, SIGNAL_CANCEL_BATCH};
static const struct level backward_level = {EVENT_BEFORE_BACKWARD, EVENT_AFTER_CANCEL_BACKWARD, EVENT_AFTER_BACKWARD,
                                            SIGNAL_CANCEL_BACKWARD};
static const struct level step_level = {EVENT_BEFORE_STEP, EVENT_AFTER_CANCEL_STEP, EVENT_AFTER_STEP, SIGNAL_CANCEL_STEP};

/* fastai's _with_events: before_L and the work within a try, after_cancel_L, after_L. */
static enum signal with_events(struct loop *loop, const struct level *level, level_body *body)
{
    enum signal signal = callbacks_raise(&loop->learner, level->before);
    if (signal == SIGNAL_GO_ON)
        signal = body(loop);
    if (signal == level->cancel)
        signal = callbacks_raise(&loop->learner, level->after_cancel);
    return signal == SIGNAL_GO_ON ? callbacks_raise(&loop->learner, level->after) : signal;
}

static int rank_of(const struct loop_config *config)
{
    return config->ranks ? config->ranks->rank : 0;
}

static int ranks_of(const struct loop_config *config)
{
    return config->ranks ? config->ranks->count : 1;
}

static struct loader_config train_loader(const struct loop_config *config)
{
    return (struct loader_config){.dataset = config->dataset, .split = SPLIT_TRAIN, .batch = config->batch,
                                  .side = config->side, .seed = config->seed, .workers = config->workers,
                                  .multiple = config->accumulate, .rank = rank_of(config), .ranks = ranks_of(config)};
}

static int64_t batches_of_step(const struct loop_config *config)
{
    return config->accumulate > 1 ? config->accumulate : 1;
}

int64_t loop_steps(const struct loop_config *config)
{
    struct loader_config loader = train_loader(config);
    if (config->steps > 0)
        return config->steps;
    if (config->epochs > 0)
        return config->epochs * (loader_batches(&loader) / batches_of_step(config));
    return config->first_step + config->watched_steps;
}

static enum signal do_backward(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    return learner_signal(learner, session_backward(learner->config->session, learner->observer));
}

/* While the device still computes, the next batch goes there, unless the host will mix it first. */
static enum status bring_next(struct loop *loop)
{
    const struct loop_config *config = loop->learner.config;
    const float *images = config->mixup > 0 || config->cutmix > 0 ? NULL : loader_peek(loop->train);
    return images ? session_prefetch(config->session, images) : STATUS_OK;
}

/*
 * fastai's MixedPrecision cancels the step in before_step when gradients are not finite. Here the optimizer's kernels look for
 * themselves, as torch's fused optimizers do, and the host hears of it afterwards: the same events in the same order.
 */
static enum signal do_step(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    struct session *session = learner->config->session;
    enum status status = session_optimize(session, learner->step, learner->learning_rate, learner->observer);
    if (status != STATUS_OK)
        return learner_signal(learner, status);
    status = bring_next(loop);
    if (status != STATUS_OK)
        return learner_signal(learner, status);
    status = session_result(session, &learner->made);
    if (status != STATUS_OK)
        return learner_signal(learner, status);
    learner->step_made = true;
    return learner->made.skipped ? SIGNAL_CANCEL_STEP : SIGNAL_GO_ON;
}

/* Prediction and loss are one phase of the plan: both events come after it. */
static enum status predict(struct learner *learner)
{
    struct session *session = learner->config->session;
    if (!learner->training)
        return session_evaluate(session, &learner->batch, &learner->logits);
    return session_forward(session, &learner->batch, learner->drawn, learner->observer);
}

static enum signal do_batch(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    enum signal signal = learner_signal(learner, predict(learner));
    if (signal == SIGNAL_GO_ON)
        signal = callbacks_raise(learner, EVENT_AFTER_PRED);
    if (signal == SIGNAL_GO_ON)
        signal = callbacks_raise(learner, EVENT_AFTER_LOSS);
    if (signal != SIGNAL_GO_ON || !learner->training)
        return signal;
    signal = with_events(loop, &backward_level, do_backward);
    if (signal == SIGNAL_GO_ON)
        signal = with_events(loop, &step_level, do_step);
    if (signal == SIGNAL_GO_ON)
        signal = learner_signal(learner, session_clear_gradients(learner->config->session)); /* fastai's opt.zero_grad() */
    return signal;
}

/* The batch of this epoch and iteration; those of an epoch whose training was cancelled are passed over. */
static enum status draw(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    struct batch *batch = &learner->batch;
    int64_t epoch = learner->training ? learner->epoch : 0;
    bool more, passed = false;
    do {
        if (passed) /* what was brought ahead is not what comes next */
            TRY(session_prefetch(learner->config->session, NULL));
        passed = true;
        TRY(loader_next(learner->training ? loop->train : loop->test, batch, &more));
        if (!more)
            return FAIL(IO, "the data ended before step %lld", (long long)learner->step);
    } while (batch->epoch != epoch || batch->index != learner->iteration);
    return STATUS_OK;
}

static enum signal one_batch(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    enum signal signal = callbacks_raise(learner, EVENT_BEFORE_DRAW);
    if (signal == SIGNAL_GO_ON)
        signal = learner_signal(learner, draw(loop));
    if (signal != SIGNAL_GO_ON)
        return signal;
    return with_events(loop, &batch_level, do_batch);
}

static enum signal train_batch(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    learner->learning_rate = schedule_rate(learner->config->schedule, learner->config->learning_rate, learner->step,
                                           learner->steps);
    learner->step_made = false;
    learner->images += learner->config->batch;
    enum signal signal = one_batch(loop);
    if (learner->step_made) {
        learner->step++;
        learner->images = 0;
    }
    return signal;
}

static enum signal train_batches(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    enum signal signal = SIGNAL_GO_ON;
    learner->batches = loop->per_epoch;
    learner->images = 0;
    for (int64_t i = loop->first_iteration; i < loop->per_epoch && signal == SIGNAL_GO_ON; i++) {
        learner->iteration = i;
        learner->drawn = (learner->epoch * loop->per_epoch + i) * ranks_of(learner->config) + rank_of(learner->config);
        signal = train_batch(loop);
    }
    return signal;
}

static enum signal validate_batches(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    struct loader_config config = train_loader(learner->config);
    config.split = SPLIT_TEST;
    config.epochs = 1;
    enum signal signal = learner_signal(learner, loader_create(&config, &loop->test));
    learner->batches = loader_batches(&config);
    for (int64_t i = 0; i < learner->batches && signal == SIGNAL_GO_ON; i++) {
        learner->iteration = i;
        signal = one_batch(loop);
    }
    loader_destroy(loop->test);
    loop->test = NULL;
    return signal;
}

/* Batches that repeat are for speed: only who asks for epochs wants to know how well they are learnt. Of ranks one evaluates. */
static bool is_evaluated(const struct loop_config *config)
{
    return rank_of(config) == 0 && config->dataset->count[SPLIT_TEST] > 0 && (config->epochs > 0 || !config->dataset->source->repeats);
}

static enum signal do_epoch(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    learner->training = true;
    enum signal signal = with_events(loop, &train_level, train_batches);
    if (signal != SIGNAL_GO_ON || !is_evaluated(learner->config))
        return signal;
    learner->training = false;
    learner->observer = NULL;
    return with_events(loop, &validate_level, validate_batches);
}

static enum signal do_fit(struct loop *loop)
{
    struct learner *learner = &loop->learner;
    enum signal signal = SIGNAL_GO_ON;
    int64_t first_batch = learner->config->first_step * batches_of_step(learner->config);
    learner->epoch = first_batch / loop->per_epoch;
    loop->first_iteration = first_batch % loop->per_epoch;
    while (signal == SIGNAL_GO_ON && (!learner->config->epochs || learner->epoch < learner->config->epochs)) {
        signal = with_events(loop, &epoch_level, do_epoch);
        learner->epoch++;
        loop->first_iteration = 0;
    }
    return signal;
}

enum status loop_run(const struct loop_config *config, struct loop_result *out)
{
    struct loop loop = {.learner = {.config = config, .result = out, .steps = loop_steps(config), .step = config->first_step}};
    struct loader_config data = train_loader(config);
    enum status status;
    enum signal signal;
    memset(out, 0, sizeof *out);
    out->last_loss = NAN;
    loop.per_epoch = loader_batches(&data);
    data.first_batch = config->first_step * batches_of_step(config);
    catch_signals();
    TRY_OUT(callbacks_open(&loop.learner));
    TRY_OUT(loader_create(&data, &loop.train));
    log_info("trainer", "first step after %.3f s", (double)(clock_ns() - config->born_ns) / 1e9);
    signal = callbacks_raise(&loop.learner, EVENT_AFTER_CREATE);
    if (signal == SIGNAL_GO_ON && loop.learner.step < loop.learner.steps)
        signal = with_events(&loop, &fit_level, do_fit);
    status = signal == SIGNAL_GO_ON   ? STATUS_OK
             : signal == SIGNAL_FAILED ? loop.learner.status
                                       : FAIL(UNSUPPORTED, "a callback cancelled a level of the training that was not running");
    out->interrupted = config->ranks ? config->ranks->stopping : interrupted;
out:
    callbacks_close(&loop.learner);
    loader_destroy(loop.train);
    return status;
}
