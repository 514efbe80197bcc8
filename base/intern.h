/*
 * Texts and other bytes by number: the same bytes always get the same number, from 0. Copies are kept with a NUL behind
 * them, aligned for any type, and stay where they are; so records may be interned and used in place.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct intern_slot {
    uint32_t hash;
    int number; /* + 1; 0 = free */
};

struct intern {
    char **text; /* by number; owned */
    int text_count, text_room;
    size_t *length; /* by number, without the NUL */
    int length_room;
    struct intern_slot *slot; /* open-addressing hash table */
    int slots;                /* a power of two, more than twice text_count */
};

/* NULL gives -1. */
enum status intern_add(struct intern *self, const char *text, int *number);
enum status intern_bytes(struct intern *self, const void *bytes, size_t length, int *number);
/* The text of a number, NULL for -1. */
const char *intern_text(const struct intern *self, int number);
void intern_release(struct intern *self);

#endif
