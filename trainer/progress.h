/* What a person sees while training, on stderr: a bar on a terminal, otherwise one line every few seconds. */
#ifndef TRAINER_PROGRESS_H
#define TRAINER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "trainer/metrics.h"

struct progress {
    bool quiet, terminal;
    int64_t steps;      /* expected; 0 = unknown */
    int64_t start_ns, shown_ns;
    int64_t images;     /* since start */
    double loss;        /* smoothed, factor 0.9 */
    bool any;
};

void progress_begin(struct progress *progress, int64_t steps, bool quiet);
void progress_step(struct progress *progress, int64_t step, int64_t images, double loss, double learning_rate);
/* A line of its own, above the bar. */
void progress_say(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A validation's loss and accuracies, as such a line. `what` was measured on which split. */
void progress_metrics(struct progress *progress, const char *what, const struct metrics *metrics);
/* Harmless before progress_begin. */
void progress_end(struct progress *progress);

#endif
