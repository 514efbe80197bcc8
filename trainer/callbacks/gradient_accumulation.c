/*
 * GradientAccumulation: a step for every so many batches. Each batch's loss is divided by their number and its gradients are added to
 * what is there, by operators of the plan; before_step cancels the batch until the last one. A step's loss is the mean of theirs.
 */
#include "trainer/learner.h"

struct accumulation {
    int count;   /* batches of the step so far */
    double loss; /* their sum */
};

static bool wanted(const struct loop_config *config)
{
    return config->accumulate > 1;
}

static enum status configure(const struct loop_config *config, struct session_config *session)
{
    session->optim.accumulate = config->accumulate;
    return STATUS_OK;
}

static enum signal before_step(struct learner *learner, void *state)
{
    struct accumulation *self = state;
    double loss;
    enum status status = session_loss(learner->config->session, &loss);
    if (status != STATUS_OK)
        return learner_signal(learner, status);
    self->loss += loss;
    return ++self->count < learner->config->accumulate ? SIGNAL_CANCEL_BATCH : SIGNAL_GO_ON;
}

/* Skipped steps have used up their batches, too. */
static enum signal after_step(struct learner *learner, void *state)
{
    struct accumulation *self = state;
    learner->made.loss = self->loss / self->count;
    *self = (struct accumulation){0};
    return SIGNAL_GO_ON;
}

const struct callback callback_gradient_accumulation = {
    .name = "GradientAccumulation", .state_bytes = sizeof(struct accumulation), .wanted = wanted, .configure = configure,
    .on = {[EVENT_BEFORE_STEP] = before_step, [EVENT_AFTER_STEP] = after_step}};
