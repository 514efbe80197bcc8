/*
 * Processes that train one model together, as torch's DistributedDataParallel: each takes its share of every epoch, gradients are
 * averaged before the optimizer, so that parameters stay equal. Running statistics are each rank's own; rank 0's are
 * what is evaluated and saved, as they are there.
 *
 * Ranks talk over sockets once a step, before the device's own meeting, which can't be left: so that one that has ended, or was told to
 * stop, leaves nobody waiting.
 */
#ifndef TRAINER_RANKS_H
#define TRAINER_RANKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct ranks {
    int rank, count;
    int *socket;   /* rank 0's: one to each other rank, by number ([0] unused); the others': one, to rank 0. Owned by who made them */
    bool stopping; /* what ranks_meet agreed on last */
};

/* Waits until all ranks have come here; `stop` of any is all ranks' `stopping`. Fails with IO when one has ended. */
enum status ranks_meet(struct ranks *ranks, bool stop);

/* `bytes` of rank 0 come to all. */
enum status ranks_share(struct ranks *ranks, void *bytes, size_t size);

#endif
