/* Two hash tables with linear probing, one of which forgets, the other starts over with each chunk. */
#include "importers/passes/written.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"

#define FIRST_SLOTS 1024

struct written_key written_key(const void *bytes, size_t length)
{
    return (struct written_key){hash_bytes(bytes, length, 1), hash_bytes(bytes, length, 0x9E3779B97F4A7C15u)};
}

static struct written_slot *find_slot(struct written_slot *slots, int count, struct written_key key)
{
    for (uint64_t at = key.a;; at++) {
        struct written_slot *slot = &slots[at & (uint64_t)(count - 1)];
        if (!slot->id || (slot->key.a == key.a && slot->key.b == key.b))
            return slot;
    }
}

static enum status grow(struct written *self)
{
    int slots = self->slots ? self->slots * 2 : FIRST_SLOTS;
    struct written_slot *grown;

    TRY(array_make(&grown, slots, sizeof *grown));
    for (int i = 0; i < self->slots; i++) {
        if (self->slot[i].id)
            *find_slot(grown, slots, self->slot[i].key) = self->slot[i];
    }
    free(self->slot);
    self->slot = grown;
    self->slots = slots;
    return STATUS_OK;
}

enum status written_find(struct written *self, struct written_key key, int64_t **id)
{
    struct written_slot *slot;

    if (self->count >= WRITTEN_MOST) {
        memset(self->slot, 0, (size_t)self->slots * sizeof *self->slot);
        self->count = 0;
    }
    if (self->slots < 2 * (self->count + 1))
        TRY(grow(self));
    slot = find_slot(self->slot, self->slots, key);
    if (!slot->id) {
        slot->key = key;
        self->count++;
    }
    *id = &slot->id;
    return STATUS_OK;
}

void written_release(struct written *self)
{
    free(self->slot);
    *self = (struct written){0};
}

enum status occurrences_begin(struct occurrences *self, int most)
{
    int slots = self->slots ? self->slots : FIRST_SLOTS;

    self->round++;
    while (slots < 2 * (most + 1))
        slots *= 2;
    if (slots == self->slots && self->round != 0)
        return STATUS_OK;
    free(self->slot);
    self->slot = NULL;
    self->slots = slots;
    self->round = 1;
    return array_make(&self->slot, slots, sizeof *self->slot);
}

uint32_t occurrences_next(struct occurrences *self, uint64_t hash)
{
    for (uint64_t at = hash;; at++) {
        struct occurrence *slot = &self->slot[at & (uint64_t)(self->slots - 1)];
        if (slot->round != self->round)
            *slot = (struct occurrence){hash, self->round, 0};
        if (slot->hash == hash)
            return slot->count++;
    }
}

void occurrences_release(struct occurrences *self)
{
    free(self->slot);
    *self = (struct occurrences){0};
}
