/*
 * Which NVTX ranges of a process are its training steps. Nothing in the format says so; the rule is by name and by shape:
 *
 * - The text is a word of the table in steps.c ("ProfilerStep", "step", "iteration", "iter", "batch", "train_step", ...) alone
 *   or with a number behind it, with nothing but spaces and the signs # _ - : = . / [ ] ( ) around the number: "step 12", "iter_3",
 *   "ProfilerStep#7", "Iteration [5]", "step". Upper and lower case are the same. "step 3 loss" is none, nor is "optimizer_step".
 * - On one thread at least two ranges of the same word lie one behind the other without overlap, and none inside another.
 * - Of several such words the one that stands first in the table counts; of several threads the one with most of them.
 *
 * A step's index is its number where the numbers grow, else its place in time.
 */
#ifndef IMPORTERS_NSYS_STEPS_H
#define IMPORTERS_NSYS_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct step_range {
    int64_t start_ns, end_ns, thread; /* thread: global id */
    int64_t number;                   /* in its text; -1 = none */
    int word;                         /* in the table */
};

struct steps {
    struct step_range *range; /* candidates; after steps_choose the steps, in order of time */
    int range_count, range_room;
    bool too_many;            /* over a million candidates: nobody traces so many steps, none is one */
};

/* Notes a range if its text looks like a step's. */
enum status steps_add(struct steps *self, const char *text, int length, int64_t start_ns, int64_t end_ns, int64_t thread);

/* Keeps the steps alone and gives them their indexes (as `number`). */
void steps_choose(struct steps *self);

/* The step that this range is; NULL = none. After steps_choose. */
const struct step_range *steps_find(const struct steps *self, int64_t start_ns, int64_t end_ns, int64_t thread);

void steps_release(struct steps *self);

#endif
