/*
 * Labelled images in memory. One dataset has a training and a test split; a sample is made on demand, of the wanted side.
 *
 * Sources: "fashion-mnist" (the idx.gz files of Debian's dataset-fashion-mnist), "synthetic" (numbers, no files), or a
 * folder with the four idx.gz files of the MNIST family.
 */
#ifndef TRAINER_DATA_DATASET_H
#define TRAINER_DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum split { SPLIT_TRAIN, SPLIT_TEST, SPLIT_COUNT };

struct dataset {
    int64_t count[SPLIT_COUNT];
    int classes;
    int height, width;              /* of the stored images; 0 = made at the wanted size */
    char *folder;                   /* owned; NULL = synthetic */
    uint8_t *pixels[SPLIT_COUNT];   /* (count, height, width), owned; NULL until dataset_load */
    uint8_t *labels[SPLIT_COUNT];   /* (count), owned */
    float mean, deviation;          /* of pixels scaled to [0,1]: what a sample is normalised with */
};

/* Looks at the source and reads the files' headers only. Fails naming the file, what is missing, what to install. */
enum status dataset_open(const char *source, struct dataset *out);

/* Reads one split into memory. Fails with CORRUPT naming file and byte. Does nothing when it is there already. */
enum status dataset_load(struct dataset *dataset, enum split split);
void dataset_release(struct dataset *dataset);

/*
 * Sample `index` of a split as float32 (3, side, side) contiguous, resized bilinearly (half-pixel centres, as torch's
 * interpolate(align_corners=False)), grey in all three channels, normalised; *label in [0, classes).
 */
void dataset_sample(const struct dataset *dataset, enum split split, int64_t index, int side, float *image,
                    int64_t *label);

#endif
