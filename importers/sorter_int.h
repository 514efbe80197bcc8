/* What the sorter's two halves share: a buffer put in order (sorter_buffer.c), runs and their merge (sorter.c). */
#ifndef IMPORTERS_SORTER_INT_H
#define IMPORTERS_SORTER_INT_H

#include "importers/sorter.h"

/* Where a record of the buffer belongs. */
struct sorter_place {
    uint64_t key; /* the record's key, its sign bit flipped */
    uint32_t at;  /* number of the record in the buffer */
};

static inline int64_t sorter_key(const void *record)
{
    return *(const int64_t *)record;
}

/* Key, then compare. */
int sorter_order(sorter_compare *compare, const void *a, const void *b);

/* Orders `places` (count of them, room for as many in `other`); the result is in *places, which may be swapped with it. */
void sorter_order_places(struct sorter_place **places, struct sorter_place **other, uint32_t count, const char *records,
                         size_t record_bytes, sorter_compare *compare);

#endif
