/* Definitions that were written already, by the hash of what they say; bounded. */
#ifndef IMPORTERS_PASSES_WRITTEN_H
#define IMPORTERS_PASSES_WRITTEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define WRITTEN_MOST (1 << 18) /* 24 bytes each, and half as much air: 12 MB */

/* 128 bits: two different definitions are never taken for one. */
struct written_key {
    uint64_t a, b;
};

struct written_slot {
    struct written_key key;
    int64_t id; /* of its row; 0 = free */
};

struct written {
    struct written_slot *slot; /* open addressing */
    int slots, count;
};

struct written_key written_key(const void *bytes, size_t length);

/*
 * *id points at the row id of the definition: 0 when it is not known yet, and the caller puts it in before the next
 * call. When the table is full it is emptied first.
 */
enum status written_find(struct written *self, struct written_key key, int64_t **id);
void written_release(struct written *self);

/* How often things came, by hash: numbers equal things of one chunk. */
struct occurrence {
    uint64_t hash;
    uint32_t round; /* older rounds' entries are free */
    uint32_t count;
};

struct occurrences {
    struct occurrence *slot;
    int slots;
    uint32_t round;
};

/* Forgets all, and makes room for `most` different things. */
enum status occurrences_begin(struct occurrences *self, int most);
/* How often it came before in this round. */
uint32_t occurrences_next(struct occurrences *self, uint64_t hash);
void occurrences_release(struct occurrences *self);

#endif
