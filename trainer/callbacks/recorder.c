/* Recorder: counts steps, keeps the last loss, and measures each validation. */
#include <string.h>

#include "trainer/learner.h"

static enum signal before_validate(struct learner *learner, void *state)
{
    memset(state, 0, sizeof(struct metrics));
    (void)learner;
    return SIGNAL_GO_ON;
}

static enum signal after_batch(struct learner *learner, void *state)
{
    (void)state;
    if (learner->step_made && learner->training) {
        learner->result->steps++;
        learner->result->last_loss = learner->made.loss;
    }
    return SIGNAL_GO_ON;
}

static enum signal after_loss(struct learner *learner, void *state)
{
    const struct batch *batch = &learner->batch;
    if (!learner->training)
        metrics_add(state, learner->logits, batch->labels, batch->count, learner->config->classes);
    return SIGNAL_GO_ON;
}

static enum signal after_validate(struct learner *learner, void *state)
{
    const struct metrics *metrics = state;
    learner->result->evaluated = metrics->images > 0;
    learner->result->evaluation = *metrics;
    return SIGNAL_GO_ON;
}

const struct callback callback_recorder = {
    .name = "Recorder", .state_bytes = sizeof(struct metrics),
    .on = {[EVENT_AFTER_BATCH] = after_batch, [EVENT_BEFORE_VALIDATE] = before_validate, [EVENT_AFTER_LOSS] = after_loss,
           [EVENT_AFTER_VALIDATE] = after_validate}};
