/* The models by name. To add one: a file in models/ or a function in a family's file, and a row in models.def. */
#ifndef TRAINER_MODELS_H
#define TRAINER_MODELS_H

#include "trainer/build.h"

struct model {
    const char *name;
    const char *source;  /* "torchvision", "timm" */
    const char *summary;
    int least_image;     /* smallest image side that every layer can take */
    /* Adds the model's forward operators on `x` (N,3,H,W); returns the logits (N, classes). */
    int (*build)(struct build *build, int x);
};

int model_count(void);
const struct model *model_at(int index);

/* Fails with USAGE, offering the nearest names. */
enum status model_find(const char *name, const struct model **out);

#endif
