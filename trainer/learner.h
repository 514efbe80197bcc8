/*
 * What callbacks see of a training (fastai's Learner), and what a callback is.
 */
#ifndef TRAINER_LEARNER_H
#define TRAINER_LEARNER_H

#include "trainer/loop.h"

enum event {
#define EVENT(id, name) EVENT_##id,
#include "trainer/events.def"
#undef EVENT
    EVENT_COUNT
};

/* "before_fit", ... */
const char *event_name(enum event event);

/*
 * What a callback answers. A CANCEL ends the event at once (later callbacks don't get it) and all work up to its level, which
 * then raises after_cancel_<level> and after_<level>. FAILED ends the training with learner.status.
 */
enum signal {
    SIGNAL_GO_ON, SIGNAL_CANCEL_BACKWARD, SIGNAL_CANCEL_STEP, SIGNAL_CANCEL_BATCH, SIGNAL_CANCEL_TRAIN, SIGNAL_CANCEL_VALIDATE,
    SIGNAL_CANCEL_EPOCH, SIGNAL_CANCEL_FIT, SIGNAL_FAILED
};

struct learner {
    const struct loop_config *config;
    struct loop_result *result;
    struct callback_use *active; /* by order */
    int actives;
    enum status status;          /* of SIGNAL_FAILED */

    bool training;               /* false while validating */
    int64_t epoch, iteration;    /* iteration: batch within the epoch's part */
    int64_t batches;             /* of the epoch's part */
    int64_t steps;               /* after which training ends */
    int64_t step;                /* number of the step being made, from 0 over the whole training */
    bool step_made;              /* by the batch at hand: its optimizer ran, or the scaler skipped it */
    int64_t drawn;               /* number of the training batch at hand, from 0 over the whole training, of all ranks */

    struct batch batch;          /* drawn; a callback may put another in its place before the model sees it */
    int64_t images;              /* of the step */
    double learning_rate;        /* of the step */
    const float *logits;         /* validation: (batch, classes) */
    struct step_result made;     /* of the last step, valid when step_made */
    const struct observer *observer; /* of what runs now; NULL = unwatched */
};

struct callback {
    const char *name;
    size_t state_bytes;          /* of its state, zeroed before after_create */
    /* Whether the training wants it. NULL = always. */
    bool (*wanted)(const struct loop_config *config);
    /*
     * What fastai's before_fit changes in the model. Here the model is a plan of kernels and memory, so it must be known
     * before the plan is made: called in order by callbacks_configure, before there is a session or a learner. May be NULL.
     */
    enum status (*configure)(const struct loop_config *config, struct session_config *session);
    /* Frees what the state holds; after the last event, and after a failure. May be NULL. */
    void (*release)(void *state);
    /* NULL = the event doesn't matter to it. */
    enum signal (*on[EVENT_COUNT])(struct learner *learner, void *state);
};

/* Every callback of the table. */
int callbacks_count(void);
const struct callback_use *callbacks_at(int index);

/* Completes `session` by what the wanted callbacks ask for. */
enum status callbacks_configure(const struct loop_config *config, struct session_config *session);

/* Fills learner.active with the wanted callbacks and config.extra, by order, each with a state; and back. */
enum status callbacks_open(struct learner *learner);
void callbacks_close(struct learner *learner);

/* Tells all active callbacks; stops at the first answer that is not SIGNAL_GO_ON, and gives it back. */
enum signal callbacks_raise(struct learner *learner, enum event event);

/* Turns a status into a signal: what fails ends the training. */
enum signal learner_signal(struct learner *learner, enum status status);

#endif
