/*
 * Batches made ahead of time on a thread of its own. The order is a pure function of seed and epoch; a training epoch
 * drops its last partial batch, a test epoch keeps it. Synthetic data repeats its first few batches.
 */
#ifndef TRAINER_DATA_LOADER_H
#define TRAINER_DATA_LOADER_H

#include "trainer/data/dataset.h"

struct loader;

struct loader_config {
    struct dataset *dataset; /* borrowed; the thread loads the split into it */
    enum split split;
    int64_t batch;  /* images */
    int side;       /* pixels */
    uint64_t seed;  /* of the shuffling; the test split is not shuffled */
    int64_t epochs; /* then the loader ends; 0 = for ever */
};

struct batch {
    const float *images;   /* (batch, 3, side, side) contiguous; unused rows of a partial batch are zero */
    const int64_t *labels; /* (batch) */
    int64_t count;         /* images that are real */
    int64_t epoch, index;  /* from 0 */
};

enum status loader_create(const struct loader_config *config, struct loader **out);

/*
 * Waits for the next batch, which stays valid until the next call; *more is false after the last one. Fails with what
 * went wrong on the thread (a damaged file).
 */
enum status loader_next(struct loader *loader, struct batch *out, bool *more);
void loader_destroy(struct loader *loader);

/* Batches of one epoch. */
int64_t loader_batches(const struct loader_config *config);

#endif
