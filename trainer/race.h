/*
 * Several sessions stepped in turn: what `clprof verify` and `clprof layouts` measure with. In every round each session
 * makes one step, in an order that is drawn anew for each round, so that what slows the machine down hits all alike.
 */
#ifndef TRAINER_RACE_H
#define TRAINER_RACE_H

#include "trainer/session.h"

#define RACE_MOST 4

struct race_config {
    struct session *session[RACE_MOST]; /* with parameters set; of one batch size and image side */
    int sessions;
    struct dataset *dataset; /* its training split is loaded */
    int64_t batch;
    int side;
    uint64_t seed; /* of the order, and of the shuffling */
    double learning_rate;
    int warmup; /* rounds that are not measured */
    int rounds;
};

/*
 * dur_ns[round * sessions + session]: wall time of a step from the wait for its batch to its end, as the training loop
 * takes it. Each step has a batch of its own.
 */
enum status race_run(const struct race_config *config, double *dur_ns);

/* So many steps of one session, told to an observer that it was declared to. */
enum status race_watch(const struct race_config *config, int which, const struct observer *observer, int steps);

/* Whether two sessions' graphs have the same formats and conversions throughout: then there is nothing to compare. */
bool race_is_even(const struct session *a, const struct session *b);

#endif
