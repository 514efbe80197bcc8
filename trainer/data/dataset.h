/*
 * Labelled images. One dataset has a training and a test split; a sample is made on demand, of the wanted side.
 *
 * Where images come from is a source: one file and one row in sources.def. To add one: `const struct source
 * source_<name>` in trainer/data/<name>.c, a row in sources.def, a word in the help of --data.
 */
#ifndef TRAINER_DATA_DATASET_H
#define TRAINER_DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum split { SPLIT_TRAIN, SPLIT_TEST, SPLIT_COUNT };

struct source;

struct dataset {
    const struct source *source;
    void *self;                     /* the source's own; owned */
    int64_t count[SPLIT_COUNT];     /* images, broken ones included */
    int classes;                    /* labels are in [0, classes) */
    int outputs;                    /* of a model's last layer unless the user wants another number; >= classes */
    char *summary;                  /* a line for people: what was found, which split is used; owned, NULL = nothing to say */
    int64_t max_broken;             /* broken images that are borne, of both splits; set by dataset_open, may be changed */
    int64_t broken;                 /* so many were met until now */
    uint8_t *met_broken[SPLIT_COUNT]; /* a bit per image; owned, NULL before the first */
};

/* Which sample, and how it is made. */
struct sample {
    enum split split;
    int64_t index; /* in [0, count of the split) */
    int side;      /* pixels */
    uint64_t key;  /* of the random numbers of a training sample's augmentation; unused by sources without one */
};

struct source {
    bool repeats; /* numbers, not images: batches may repeat, so that they cost no time */
    bool costly;  /* a sample takes milliseconds: several threads make them unless told otherwise */

    /* Is `data`, the user's word, one of this source? */
    bool (*accepts)(const char *data);

    /* Sets count, classes, outputs, self, perhaps summary. After a failure `release` is called when self is set. */
    enum status (*open)(struct dataset *dataset, const char *data);

    /* Reads a split into memory, again without effect. NULL = nothing to read. */
    enum status (*load)(struct dataset *dataset, enum split split);

    /*
     * Makes one sample; called from several threads at once. NO_MEMORY ends the training; any other failure says that
     * this image is broken, with a line that names it.
     */
    enum status (*sample)(const struct dataset *dataset, const struct sample *which, float *image, int64_t *label);

    void (*release)(void *self); /* NULL = nothing to release */
};

#define SOURCE(name) extern const struct source source_##name;
#include "trainer/data/sources.def"
#undef SOURCE

/*
 * Finds the source and looks at it: of idx files the headers, of folders the names. `data` is "fashion-mnist" (the
 * idx.gz files of Debian's dataset-fashion-mnist), "synthetic" (numbers, no files), a folder with the four idx.gz files of
 * the MNIST family, or a folder of images (trainer/data/folder.c). Fails naming the file, what is missing, what to do.
 */
enum status dataset_open(const char *data, struct dataset *out);

/* Reads one split into memory. Fails with CORRUPT naming file and byte. Does nothing when it is there already. */
enum status dataset_load(struct dataset *dataset, enum split split);
void dataset_release(struct dataset *dataset);

/*
 * A sample as float32 (3, side, side) contiguous, normalised; *label in [0, classes). Equal arguments give equal
 * samples, on any thread. Fails with NO_MEMORY, or otherwise because this image is broken.
 */
enum status dataset_sample(const struct dataset *dataset, const struct sample *which, float *image, int64_t *label);

/*
 * Takes down that an image is broken: once per image a line on stderr with `reason` and the count; from one thread at a
 * time. Fails with CORRUPT when there are more than max_broken.
 */
enum status dataset_broken(struct dataset *dataset, enum split split, int64_t index, const char *reason);

#endif
