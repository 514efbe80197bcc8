/*
 * Profiler: hands the observer to the steps of the watched window, and tells it where a step begins (at the wait for its
 * batch) and ends. It is the first to hear of a batch's end, so that no other callback's time is in the step.
 */
#include "base/clock.h"
#include "trainer/learner.h"

struct profiler {
    bool open; /* a step has begun */
    int64_t start_ns;
};

static bool wanted(const struct loop_config *config)
{
    return config->observer && config->watched_steps > 0;
}

static enum signal before_draw(struct learner *learner, void *state)
{
    struct profiler *self = state;
    const struct loop_config *config = learner->config;
    bool watched = learner->training && learner->step - config->first_step < config->watched_steps;
    learner->observer = watched ? config->observer : NULL;
    if (watched && !self->open) {
        self->open = true;
        self->start_ns = clock_ns();
        config->observer->step_begin(config->observer->self, learner->step, self->start_ns);
    }
    return SIGNAL_GO_ON;
}

static enum signal after_batch(struct learner *learner, void *state)
{
    struct profiler *self = state;
    if (!self->open || !learner->step_made)
        return SIGNAL_GO_ON;
    const struct observer *observer = learner->config->observer;
    struct step_info info = {learner->step, self->start_ns, clock_ns(), learner->images, learner->made.loss,
                             learner->made.grad_scale, learner->made.skipped};
    observer->step_end(observer->self, &info);
    self->open = false;
    learner->observer = NULL;
    return SIGNAL_GO_ON;
}

const struct callback callback_profiler = {.name = "Profiler", .state_bytes = sizeof(struct profiler), .wanted = wanted,
                                           .on = {[EVENT_BEFORE_DRAW] = before_draw, [EVENT_AFTER_BATCH] = after_batch}};
