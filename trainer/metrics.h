/* What an evaluation says: mean cross entropy and how often the right class is first, or among the first five. */
#ifndef TRAINER_METRICS_H
#define TRAINER_METRICS_H

#include <stdint.h>

struct metrics {
    double loss_sum; /* over images */
    int64_t images, top1, top5;
};

/* Adds `count` rows of logits (count, classes) with their labels. Ties rank as in torch.topk: the label loses them. */
void metrics_add(struct metrics *metrics, const float *logits, const int64_t *labels, int64_t count, int classes);

#endif
