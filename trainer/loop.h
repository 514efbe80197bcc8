/* The training loop: start here to read the trainer. */
#ifndef TRAINER_LOOP_H
#define TRAINER_LOOP_H

#include "trainer/metrics.h"
#include "trainer/schedule.h"
#include "trainer/session.h"

struct loop_config {
    struct session *session;
    struct dataset *dataset;
    int64_t batch;
    int side, classes;
    uint64_t seed;
    int64_t steps;        /* stop after so many; 0 = see epochs */
    int64_t epochs;       /* stop after so many; 0 and steps 0: when the watched window closes */
    int64_t first_step;   /* > 0 when training is resumed */
    enum schedule_kind schedule;
    double learning_rate;
    const struct observer *observer; /* NULL = unwatched */
    int64_t watched_steps;           /* from the start; later ones run unwatched, at full speed */
    int workers;                     /* threads that make batches; 0 = by source and machine */
    bool quiet;
    int64_t born_ns;      /* when the program started, for the log's time to the first step */
};

struct loop_result {
    int64_t steps;            /* finished */
    double last_loss;
    bool interrupted;         /* SIGINT or SIGTERM; the step in progress was finished */
    bool evaluated;
    struct metrics evaluation; /* of the last epoch's end */
};

enum status loop_run(const struct loop_config *config, struct loop_result *out);

/* Steps that the loop will run. */
int64_t loop_steps(const struct loop_config *config);

#endif
