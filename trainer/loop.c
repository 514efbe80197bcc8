/* Steps, epochs, the watched window, interruption. */
#include "trainer/loop.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "trainer/progress.h"

/* Set by SIGINT and SIGTERM, read once per step: the one mutable global of the trainer. */
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

static struct loader_config train_loader(const struct loop_config *config)
{
    return (struct loader_config){.dataset = config->dataset, .split = SPLIT_TRAIN, .batch = config->batch,
                                  .side = config->side, .seed = config->seed, .epochs = config->epochs,
                                  .workers = config->workers};
}

int64_t loop_steps(const struct loop_config *config)
{
    struct loader_config loader = train_loader(config);
    if (config->steps > 0)
        return config->steps;
    return config->epochs > 0 ? config->epochs * loader_batches(&loader) : config->watched_steps;
}

static enum status evaluate(const struct loop_config *config, struct progress *progress, struct loop_result *result)
{
    struct loader_config test = train_loader(config);
    test.split = SPLIT_TEST;
    test.epochs = 1;
    struct loader *loader = NULL;
    struct metrics metrics = {0};
    enum status status;
    TRY_OUT(loader_create(&test, &loader));
    for (bool more = true; !interrupted;) {
        struct batch batch;
        const float *logits;
        TRY_OUT(loader_next(loader, &batch, &more));
        if (!more)
            break;
        TRY_OUT(session_evaluate(config->session, &batch, &logits));
        metrics_add(&metrics, logits, batch.labels, batch.count, config->classes);
    }
    double images = (double)metrics.images;
    result->evaluation = metrics;
    result->evaluated = metrics.images > 0;
    if (result->evaluated)
        progress_say(progress, "test split: loss %.4f  top-1 %.2f %%  top-5 %.2f %%  (%lld images)",
                     metrics.loss_sum / images, 100 * (double)metrics.top1 / images,
                     100 * (double)metrics.top5 / images, (long long)metrics.images);
out:
    loader_destroy(loader);
    return status;
}

/* One step, told to the observer from the wait for its batch to its end. */
static enum status run_step(const struct loop_config *config, struct loader *loader, int64_t step, int64_t steps,
                            struct batch *batch, struct progress *progress, double *loss)
{
    const struct observer *observer = step - config->first_step < config->watched_steps ? config->observer : NULL;
    double rate = schedule_rate(config->schedule, config->learning_rate, step, steps);
    struct step_result result;
    bool more;
    int64_t start = clock_ns();
    if (observer)
        observer->step_begin(observer->self, step, start);
    TRY(loader_next(loader, batch, &more));
    if (!more)
        return FAIL(IO, "the data ended before step %lld", (long long)step);
    TRY(session_step(config->session, batch, step, rate, observer, &result));
    if (observer) {
        struct step_info info = {step, start, clock_ns(), batch->count, result.loss, result.grad_scale, result.skipped};
        observer->step_end(observer->self, &info);
    }
    progress_step(progress, step, batch->count, result.loss, rate);
    *loss = result.loss;
    return STATUS_OK;
}

enum status loop_run(const struct loop_config *config, struct loop_result *out)
{
    struct loader_config data = train_loader(config);
    int64_t steps = loop_steps(config), per_epoch = loader_batches(&data);
    struct loader *loader = NULL;
    struct progress progress;
    enum status status;
    memset(out, 0, sizeof *out);
    out->last_loss = NAN;
    data.epochs = 0;
    data.first_batch = config->first_step;
    catch_signals();
    progress_begin(&progress, steps, config->quiet);
    TRY_OUT(loader_create(&data, &loader));
    log_info("trainer", "first step after %.3f s", (double)(clock_ns() - config->born_ns) / 1e9);
    for (int64_t step = config->first_step; step < steps && !interrupted; step++) {
        struct batch batch;
        TRY_OUT(run_step(config, loader, step, steps, &batch, &progress, &out->last_loss));
        out->steps++;
        if (config->epochs > 0 && (step + 1) % per_epoch == 0)
            TRY_OUT(evaluate(config, &progress, out));
    }
    out->interrupted = interrupted;
out:
    progress_end(&progress);
    loader_destroy(loader);
    return status;
}
