/*
 * Mixup and CutMix of a batch with itself turned around, as timm's Mixup in mode "batch": image i with image count-1-i, one share for
 * the whole batch. Drawn from (seed, number of the batch) alone.
 */
#ifndef TRAINER_MIXING_H
#define TRAINER_MIXING_H

#include <stdbool.h>
#include <stdint.h>

struct mixing {
    double mixup_alpha, cutmix_alpha; /* of Beta(alpha, alpha); 0 = off. Both: each batch one of them, with probability 1/2 */
    uint64_t seed;
};

/* One batch's draw. */
struct mix {
    bool cut;
    double share;                /* of the image itself; CutMix: of its area, after the box was cut off at the border */
    int top, bottom, left, right; /* CutMix: the other image's rows [top, bottom) and columns [left, right) */
};

struct mix mixing_draw(const struct mixing *mixing, int64_t number, int side);

/* to = the mixed images; both (count, 3, side, side), contiguous, apart from each other. */
void mixing_images(const struct mix *mix, const float *from, float *to, int64_t count, int side);

/*
 * Class probabilities (count, classes) of mixed labels: share * y + (1 - share) * y of the other, where y is one-hot, smoothed as
 * torch's cross_entropy does: (1 - smoothing) * y + smoothing / classes. share 1: of the labels alone.
 */
void mixing_targets(double share, const int64_t *labels, float *to, int64_t count, int classes, double smoothing);

/* Beta(alpha, alpha) from stream `key`, draws from `index` on; for tests. */
double mixing_beta(double alpha, uint64_t key, uint64_t index);

#endif
