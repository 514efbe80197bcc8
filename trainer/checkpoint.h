/*
 * A training that can go on: all state of a session (weights.h) in one safetensors file, with the step reached and the facts
 * that the training depends on as its metadata, each as "clprof.<key>". The schedule, the order of the data, augmentation and
 * dropout are functions of seed and step, so nothing more is needed to go on bit for bit.
 */
#ifndef TRAINER_CHECKPOINT_H
#define TRAINER_CHECKPOINT_H

#include "trainer/weights.h"

/* One thing that the training depends on, as text. */
struct checkpoint_fact {
    const char *key;  /* "seed" */
    const char *value;
    bool must;        /* another value makes another training: refused; else it is only told */
};

/* Writes after `step` finished steps. Atomic: the old file or the whole new one. */
enum status checkpoint_write(struct session *session, const char *path, int64_t step, const struct checkpoint_fact *fact,
                             int facts);

/*
 * Compares the file's facts with this training's. Fails with USAGE naming the first that must be equal and is not, with CORRUPT
 * when the file is no checkpoint. Others that differ are named in *differences, one line each. *step: finished steps.
 */
enum status checkpoint_check(const struct safetensors *file, const struct checkpoint_fact *fact, int facts,
                             struct strbuf *differences, int64_t *step);

#endif
