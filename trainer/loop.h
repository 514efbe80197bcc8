/*
 * The training loop: start here to read the trainer. fastai's loop with fastai's events (events.def); everything beyond
 * "draw, forward, backward, step" is a callback (callbacks.def), and what a training wants of them is this configuration.
 */
#ifndef TRAINER_LOOP_H
#define TRAINER_LOOP_H

#include "trainer/metrics.h"
#include "trainer/schedule.h"
#include "trainer/session.h"

struct callback;
struct ranks;
struct checkpoint_fact;

/* A callback beyond the table, with its state. */
struct callback_use {
    const struct callback *callback;
    int order;
    void *state;
};

struct loop_config {
    struct session *session; /* made after callbacks_configure */
    struct dataset *dataset;
    int64_t batch;
    int side, classes;
    uint64_t seed;
    int64_t steps;        /* stop after so many; 0 = see epochs */
    int64_t epochs;       /* stop after so many; 0 and steps 0: when the watched window closes */
    int64_t first_step;   /* > 0 when training is resumed: so many are done */
    enum schedule_kind schedule;
    double learning_rate;
    int workers;          /* threads that make batches; 0 = by source and machine */
    int64_t born_ns;      /* when the program started, for the log's time to the first step */
    const struct callback_use *extra;
    int extras;

    /* ranks */
    struct ranks *ranks;             /* this process among those that train together; NULL = alone. Batches are each rank's */

    /* profiler */
    const struct observer *observer; /* NULL = unwatched */
    int64_t watched_steps;           /* from the first; later ones run unwatched, at full speed */
    /* channels_last */
    bool channels_last;
    /* mixed_precision */
    enum dtype autocast_dtype;       /* DTYPE_FLOAT32 = off; DTYPE_FLOAT16 brings a GradScaler */
    double init_scale;
    struct scaler_attrs scaling;
    /* gradient_accumulation */
    int accumulate;                  /* batches of a step; 0 and 1 = one */
    /* mix */
    double mixup, cutmix;            /* alphas; 0 = off */
    double label_smoothing;          /* of their targets */
    /* gradient_clip */
    double clip_norm;                /* 0 = off */
    /* ema */
    double ema_decay;                /* 0 = off */
    /* progress */
    bool quiet;
    /* checkpoint */
    const char *checkpoint;          /* file to write; NULL = none */
    const struct checkpoint_fact *fact; /* what it says of this training */
    int facts;
};

struct loop_result {
    int64_t steps;            /* finished in this run */
    double last_loss;
    bool interrupted;         /* SIGINT or SIGTERM; the step in progress was finished */
    bool evaluated;
    struct metrics evaluation; /* of the last epoch's end */
    struct metrics average;    /* the same of the moving average; no images without one */
};

/*
 * Trains. A training by epochs evaluates at each one's end, and so does one by steps on real data when an epoch ends within;
 * synthetic data is for speed.
 */
enum status loop_run(const struct loop_config *config, struct loop_result *out);

/* Steps after which the training ends, those before first_step included. */
int64_t loop_steps(const struct loop_config *config);

/* SIGINT or SIGTERM has come since the loop began. */
bool loop_interrupted(void);

#endif
