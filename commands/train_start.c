/* --resume and --weights: what is checked before a training starts, and what is read then. */
#include "commands/train_start.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void add(struct train_start *start, bool must, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct train_start *start, bool must, const char *key, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t room = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
    char *value = malloc(room);
    if (!value)
        abort();
    vsnprintf(value, room, format, again);
    va_end(again);
    va_end(arguments);
    start->fact[start->facts++] = (struct checkpoint_fact){key, value, must};
}

/* What the numbers of a training follow from. Names are the options'. */
static void list_facts(const struct train_options *options, const struct train_setup *setup, struct train_start *start)
{
    const struct session_config *config = &setup->config;
    static const char *const schedules[] = {"constant", "cosine", "onecycle"};
    struct loop_config loop;
    train_options_loop(options, &loop);
    add(start, true, "model", "%s", setup->model->name);
    add(start, true, "seed", "%lld", (long long)options->seed);
    add(start, true, "data", "%s", options->data);
    add(start, true, "batch", "%lld", (long long)options->batch);
    add(start, true, "image-size", "%lld", (long long)options->image_size);
    add(start, true, "classes", "%d", config->classes);
    add(start, true, "optimizer", "%s", options->optimizer == OPTIMIZER_ADAMW ? "adamw" : "sgd");
    add(start, true, "grad-accum-steps", "%lld", (long long)options->accumulate);
    if (options->ranks > 1)
        add(start, true, "ranks", "%lld", (long long)options->ranks);
    add(start, false, "mixup", "%.15g", loop.mixup);
    add(start, false, "cutmix", "%.15g", loop.cutmix);
    add(start, false, "lr", "%.15g", loop.learning_rate);
    add(start, false, "schedule", "%s", schedules[options->schedule]);
    if (options->schedule != SCHEDULE_CONSTANT) {
        add(start, false, "steps", "%lld", (long long)options->steps);
        add(start, false, "epochs", "%lld", (long long)options->epochs);
    }
    if (options->optimizer == OPTIMIZER_SGD)
        add(start, false, "momentum", "%.15g%s", config->optim.sgd.momentum, config->optim.sgd.nesterov ? " nesterov" : "");
    add(start, false, "weight-decay", "%.15g", config->optim.sgd.weight_decay);
    add(start, false, "label-smoothing", "%.15g", config->label_smoothing);
    add(start, false, "clip-grad", "%.15g", loop.clip_norm);
    add(start, false, "model-ema-decay", "%.15g", loop.ema_decay);
    add(start, false, "amp", "%s", config->autocast ? dtype_name(config->autocast_dtype) : "off");
    add(start, false, "memory-format", "%s", layout_name(config->layout.format));
}

/* Fails when all that was asked for has been done before. */
static enum status check_rest(const struct train_options *options, const struct train_setup *setup,
                              const struct train_start *start)
{
    struct loop_config loop;
    train_options_loop(options, &loop);
    loop.dataset = (struct dataset *)&setup->dataset;
    loop.first_step = start->first_step;
    if (start->first_step < loop_steps(&loop))
        return STATUS_OK;
    return FAIL(USAGE, "%s: %lld steps are done already; --steps and --epochs count from the very start, give more",
                start->file.path, (long long)start->first_step);
}

static enum status check_resume(const struct train_options *options, const struct train_setup *setup, struct train_start *start)
{
    struct strbuf differences;
    strbuf_init(&differences);
    enum status status = checkpoint_check(&start->file, start->fact, start->facts, &differences, &start->first_step);
    if (status == STATUS_OK && differences.length)
        fprintf(stderr, "clprof: the training that goes on is not quite the one of %s:\n%s", start->file.path, differences.text);
    strbuf_release(&differences);
    if (status == STATUS_OK)
        status = check_rest(options, setup, start);
    return status;
}

enum status train_start_open(const struct train_options *options, const struct session *session,
                             const struct train_setup *setup, struct train_start *start)
{
    struct strbuf defects;
    list_facts(options, setup, start);
    if (!options->resume && !options->weights)
        return STATUS_OK;
    start->part = options->resume ? WEIGHTS_ALL : WEIGHTS_MODEL;
    TRY(safetensors_open(options->resume ? options->resume : options->weights, &start->file));
    if (options->resume)
        TRY(check_resume(options, setup, start));
    strbuf_init(&defects);
    enum status status = weights_check(session, &start->file, start->part, &defects);
    if (defects.length)
        fputs(defects.text, stderr);
    strbuf_release(&defects);
    return status;
}

enum status train_start_read(struct train_start *start, struct session *session)
{
    return start->file.path ? weights_read(session, &start->file, start->part) : STATUS_OK;
}

void train_start_release(struct train_start *start)
{
    safetensors_close(&start->file);
    for (int i = 0; i < start->facts; i++)
        free((char *)start->fact[i].value);
    start->facts = 0;
}
