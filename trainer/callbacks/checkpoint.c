/* SaveModelCallback: the checkpoint after each epoch and at the end, interrupted or not. */
#include "trainer/checkpoint.h"

#include "trainer/learner.h"

struct checkpoint {
    int64_t written; /* the step of the file that stands */
};

static bool wanted(const struct loop_config *config)
{
    return config->checkpoint;
}

static enum signal before_fit(struct learner *learner, void *state)
{
    struct checkpoint *self = state;
    self->written = learner->step;
    return SIGNAL_GO_ON;
}

static enum signal save(struct learner *learner, void *state)
{
    struct checkpoint *self = state;
    const struct loop_config *config = learner->config;
    if (self->written == learner->step)
        return SIGNAL_GO_ON;
    self->written = learner->step;
    return learner_signal(learner, checkpoint_write(config->session, config->checkpoint, learner->step, config->fact,
                                                    config->facts));
}

const struct callback callback_checkpoint = {
    .name = "SaveModelCallback", .state_bytes = sizeof(struct checkpoint), .wanted = wanted,
    .on = {[EVENT_BEFORE_FIT] = before_fit, [EVENT_AFTER_EPOCH] = save, [EVENT_AFTER_FIT] = save}};
