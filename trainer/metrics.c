/* Loss and rank of the label, row by row. */
#include "trainer/metrics.h"

#include <math.h>

static double row_loss(const float *logits, int64_t label, int classes)
{
    double most = logits[0], sum = 0;
    for (int c = 1; c < classes; c++)
        most = logits[c] > most ? logits[c] : most;
    for (int c = 0; c < classes; c++)
        sum += exp(logits[c] - most);
    return log(sum) + most - logits[label];
}

void metrics_add(struct metrics *metrics, const float *logits, const int64_t *labels, int64_t count, int classes)
{
    for (int64_t i = 0; i < count; i++, logits += classes) {
        int better = 0;
        for (int c = 0; c < classes; c++)
            better += c != labels[i] && !(logits[c] < logits[labels[i]]);
        metrics->loss_sum += row_loss(logits, labels[i], classes);
        metrics->top1 += better < 1;
        metrics->top5 += better < 5;
        metrics->images++;
    }
}
