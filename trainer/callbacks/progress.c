/* ProgressCallback: what a person sees while training (trainer/progress.h). */
#include "trainer/progress.h"

#include "trainer/learner.h"

static enum signal before_fit(struct learner *learner, void *state)
{
    progress_begin(state, learner->steps, learner->config->quiet);
    return SIGNAL_GO_ON;
}

static enum signal after_batch(struct learner *learner, void *state)
{
    if (learner->training && learner->step_made)
        progress_step(state, learner->step, learner->images, learner->made.loss, learner->learning_rate);
    return SIGNAL_GO_ON;
}

static enum signal after_validate(struct learner *learner, void *state)
{
    const struct metrics *metrics = &learner->result->evaluation;
    if (learner->result->evaluated)
        progress_metrics(state, "test split", metrics);
    if (learner->result->average.images)
        progress_metrics(state, "test split, moving average", &learner->result->average);
    return SIGNAL_GO_ON;
}

static void release(void *state)
{
    progress_end(state);
}

const struct callback callback_progress = {
    .name = "ProgressCallback", .state_bytes = sizeof(struct progress), .release = release,
    .on = {[EVENT_BEFORE_FIT] = before_fit, [EVENT_AFTER_BATCH] = after_batch, [EVENT_AFTER_VALIDATE] = after_validate}};
