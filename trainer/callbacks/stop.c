/* Stop: cancels the fit when its steps are done, and when the user interrupts it. The last callback of a batch. */
#include "trainer/learner.h"
#include "trainer/ranks.h"

static enum signal after_batch(struct learner *learner, void *state)
{
    (void)state;
    bool done = learner->training && learner->step_made && learner->step + 1 >= learner->steps;
    /* By epochs the last step's epoch still has its validation; the fit ends by itself. */
    if (done && learner->config->epochs)
        done = false;
    /* Ranks stop together or not at all. */
    bool interrupted = learner->config->ranks ? learner->config->ranks->stopping : loop_interrupted();
    return done || interrupted ? SIGNAL_CANCEL_FIT : SIGNAL_GO_ON;
}

const struct callback callback_stop = {.name = "Stop", .on = {[EVENT_AFTER_BATCH] = after_batch}};
