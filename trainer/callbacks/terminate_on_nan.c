/*
 * TerminateOnNaN: a loss that is no number, or infinite, ends the training, and with a failure: nothing is learnt any more. The step
 * is counted and recorded first. A step that the GradScaler skipped for its gradients has a finite loss.
 */
#include <math.h>

#include "trainer/learner.h"

static enum signal after_batch(struct learner *learner, void *state)
{
    (void)state;
    if (!learner->training || !learner->step_made || isfinite(learner->made.loss))
        return SIGNAL_GO_ON;
    return learner_signal(learner, FAIL(BACKEND, "the loss of step %lld is %s: the training has diverged; take a smaller --lr, or "
                                        "--amp off to see whether the dtype is to blame",
                                        (long long)learner->step, isnan(learner->made.loss) ? "not a number" : "infinite"));
}

const struct callback callback_terminate_on_nan = {.name = "TerminateOnNaN", .on = {[EVENT_AFTER_BATCH] = after_batch}};
