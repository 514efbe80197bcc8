/*
 * EMACallback: after each step, skipped ones included, average += (1 - decay) * (value - average) for every parameter and buffer,
 * as timm's ModelEmaV3 without warm-up. It is part of the plan's optimizer phase. Validation measures the average beside the
 * model, on the same batches; the average is state "ema.<name>" of the session and of checkpoints.
 */
#include <string.h>

#include "trainer/learner.h"

static bool wanted(const struct loop_config *config)
{
    return config->ema_decay > 0;
}

static enum status configure(const struct loop_config *config, struct session_config *session)
{
    session->optim.ema_decay = config->ema_decay;
    return STATUS_OK;
}

static enum signal before_validate(struct learner *learner, void *state)
{
    (void)learner;
    memset(state, 0, sizeof(struct metrics));
    return SIGNAL_GO_ON;
}

static enum signal after_loss(struct learner *learner, void *state)
{
    const struct batch *batch = &learner->batch;
    const float *logits;
    if (learner->training)
        return SIGNAL_GO_ON;
    enum status status = session_evaluate_average(learner->config->session, batch, &logits);
    if (status == STATUS_OK)
        metrics_add(state, logits, batch->labels, batch->count, learner->config->classes);
    return learner_signal(learner, status);
}

static enum signal after_validate(struct learner *learner, void *state)
{
    learner->result->average = *(struct metrics *)state;
    return SIGNAL_GO_ON;
}

const struct callback callback_ema = {
    .name = "EMACallback", .state_bytes = sizeof(struct metrics), .wanted = wanted, .configure = configure,
    .on = {[EVENT_BEFORE_VALIDATE] = before_validate, [EVENT_AFTER_LOSS] = after_loss, [EVENT_AFTER_VALIDATE] = after_validate}};
