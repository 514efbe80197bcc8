/*
 * The steps of one process: collected from STEP spans in any order, then made into what the trace asks for: growing indices,
 * one after the other, none told twice.
 */
#ifndef IMPORTERS_STEP_LIST_H
#define IMPORTERS_STEP_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct step_span {
    int64_t start_ns, end_ns;
    int64_t index;
    int64_t images;   /* -1 = not told */
    const char *mode; /* step.mode; NULL. Owned by the job's words */
    bool on_device;   /* a stream's copy of a step of the host */
};

struct step_list {
    struct step_span *step;
    int step_count, step_room;
    int dropped; /* spans that overlapped another step by more than half, with another index */
};

enum status step_list_add(struct step_list *self, struct step_span step);

/*
 * Steps in order of time. Of those that a stream tells beside the host's, the host's stay; a step told twice, or within another,
 * goes; an index that doesn't grow (files joined, a profiler restarted) is counted on from the one before. A step lasts until the
 * next one begins where that follows directly: next index, and a gap of at most a tenth of the step, which is the
 * profiler's own time between two.
 */
void step_list_settle(struct step_list *self);
void step_list_release(struct step_list *self);

#endif
