/*
 * Batches made ahead of time on threads of their own. A batch is a pure function of seed and number, whatever the number
 * of threads; a training epoch drops its last partial batch, a test epoch keeps it.
 *
 * A broken image is named on stderr and counted (dataset_broken). In training the next good image of the split takes its
 * place, with the label that belongs to it and the random numbers of the broken one; an evaluation leaves it out.
 * Synthetic data repeats its first three batches: they cost no time of a core.
 */
#ifndef TRAINER_DATA_LOADER_H
#define TRAINER_DATA_LOADER_H

#include "trainer/data/dataset.h"

struct loader;

struct loader_config {
    struct dataset *dataset; /* borrowed; a thread loads the split into it, loader_next counts broken images in it */
    enum split split;
    int64_t batch;  /* images */
    int side;       /* pixels */
    uint64_t seed;  /* of shuffling and augmentation; the test split has neither */
    int64_t epochs; /* then the loader ends; 0 = for ever */
    int64_t first_batch; /* batches to leave out at the beginning, of which none is made: where a resumed training goes on */
    int rank, ranks;     /* training batches are those of one of so many ranks, which share an epoch as torch's DistributedSampler; 0 = 1 */
    int64_t multiple;    /* an epoch of training drops batches beyond a multiple of it; 0 = 1 */
    int workers;    /* threads that make samples; 0 = by source and machine */
};

struct batch {
    const float *images;   /* (batch, 3, side, side) contiguous; unused rows of a partial batch are zero */
    const int64_t *labels; /* (batch) */
    int64_t count;         /* images that are real */
    int64_t epoch, index;  /* from 0; index within the epoch */
    const float *probabilities; /* (batch, classes) to be learnt in the labels' place; NULL from the loader */
};

enum status loader_create(const struct loader_config *config, struct loader **out);

/*
 * Waits for the next batch, which stays valid until the next call; *more is false after the last one. Fails with what
 * went wrong on a thread (a damaged file), or with CORRUPT when there are too many broken images.
 */
enum status loader_next(struct loader *loader, struct batch *out, bool *more);
/* The images that the next loader_next will hand out, when they are ready and whole already; else NULL. Waits for nobody. */
const float *loader_peek(struct loader *loader);
void loader_destroy(struct loader *loader);

/* Batches of one epoch. */
int64_t loader_batches(const struct loader_config *config);

#endif
