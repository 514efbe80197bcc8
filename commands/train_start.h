/* Where a training starts: from its seed, from the weights in a file, or from a checkpoint. */
#ifndef COMMANDS_TRAIN_START_H
#define COMMANDS_TRAIN_START_H

#include "commands/train_setup.h"
#include "trainer/checkpoint.h"

#define TRAIN_FACTS 24

struct train_start {
    struct safetensors file; /* --resume's or --weights'; path NULL = none */
    enum weights_part part;
    int64_t first_step;
    struct checkpoint_fact fact[TRAIN_FACTS]; /* of this training; values owned */
    int facts;
};

/*
 * Opens and checks the file of --resume or --weights, before anything of the training exists. Defects and differences are printed,
 * one line each, to stderr. `start` is zeroed before, and released by train_start_release whatever comes back.
 */
enum status train_start_open(const struct train_options *options, const struct session *session,
                             const struct train_setup *setup, struct train_start *start);

/* Reads the file, if any, into the initialised session. */
enum status train_start_read(struct train_start *start, struct session *session);
void train_start_release(struct train_start *start);

#endif
