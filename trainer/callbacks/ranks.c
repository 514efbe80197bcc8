/* DistributedTrainer: before each step the ranks meet. The mean over their gradients is an operator of the step (trainer/optim.c). */
#include "trainer/ranks.h"

#include "trainer/learner.h"

static bool wanted(const struct loop_config *config)
{
    return config->ranks;
}

static enum signal before_step(struct learner *learner, void *state)
{
    (void)state;
    return learner_signal(learner, ranks_meet(learner->config->ranks, loop_interrupted()));
}

const struct callback callback_ranks = {
    .name = "DistributedTrainer", .wanted = wanted, .on = {[EVENT_BEFORE_STEP] = before_step}};
