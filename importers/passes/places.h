/*
 * A hash table from where a tensor lies and what it looks like to a number. Two tensors of equal place hold the same
 * elements at the same time; a told id alone does not say so, since recorders use the ids of what is gone again.
 */
#ifndef IMPORTERS_PASSES_PLACES_H
#define IMPORTERS_PASSES_PLACES_H

#include <stdint.h>

#include "base/status.h"

struct place {
    int64_t storage, offset; /* as told; where no storage is told: the told id, and -2 */
    int64_t kind;            /* tensor_kind of the job; -1 = any */
};

struct places_slot {
    struct place place;
    int64_t value;
    int filled;
};

struct places {
    struct places_slot *slot; /* open addressing; as many as a power of two, more than twice `count` */
    int slots, count;
};

/* The value of a place, -1 when it has none. */
int64_t places_get(const struct places *places, struct place place);
enum status places_set(struct places *places, struct place place, int64_t value);
void places_clear(struct places *places);
void places_release(struct places *places);

#endif
