/*
 * Remembers what raw bytes of a file meant (a name's number, a signature's), so that equal texts are understood once. Bounded: when it
 * is full it forgets everything and begins anew, which costs time only.
 */
#ifndef IMPORTERS_MEMO_H
#define IMPORTERS_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct memo_slot {
    uint64_t hash;
    int64_t value;
    uint32_t offset, length; /* of its text; offset 0 = free */
};

struct memo {
    struct memo_slot *slot;
    char *text;
    size_t text_used;
    int used;
    uint64_t hash; /* of the last memo_find, for the memo_add that follows */
    size_t at;
};

struct memo_key {
    const char *bytes;
    size_t length;
};

enum status memo_create(struct memo *self);
void memo_release(struct memo *self);

/* The value of `count` texts in a row. */
bool memo_find(struct memo *self, const struct memo_key *key, int count, int64_t *value);

/* After a memo_find of the same key that found nothing. Texts that are too long to keep are not kept. */
void memo_add(struct memo *self, const struct memo_key *key, int count, int64_t value);

#endif
