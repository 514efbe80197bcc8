/* Which part of a picture becomes a sample, at which size: torchvision's transforms as numbers. */
#ifndef TRAINER_IMAGE_VIEW_H
#define TRAINER_IMAGE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* Along one axis: pixels [offset, offset + length) are resized to `to`, of which the sample is [first, first + side). */
struct view_axis {
    int offset, length;
    int64_t to, first;
};

struct view {
    struct view_axis x, y;
    bool flip; /* left and right change places */
};

/*
 * RandomResizedCrop(side, scale=(0.08, 1), ratio=(3/4, 4/3)), then RandomHorizontalFlip(0.5). The random numbers are those
 * of the stream `key` (base/random.h): 0 flip; 4i+1 area, 4i+2 ratio, 4i+3 top, 4i+4 left of the i-th of ten tries.
 */
struct view view_train(int width, int height, int side, uint64_t key);

/* Resize(side * 256 / 224, rounded down), which sets the shorter side, then CenterCrop(side). */
struct view view_test(int width, int height, int side);

#endif
