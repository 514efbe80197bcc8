/* Texts by number: the same text always gets the same number, from 0. */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/status.h"

struct intern {
    char **text; /* by number; owned */
    int text_count, text_room;
    int *slot; /* open-addressing hash table of numbers + 1; 0 = free */
    int slots; /* a power of two, more than twice text_count */
};

/* NULL gives -1. */
enum status intern_add(struct intern *self, const char *text, int *number);
/* The text of a number, NULL for -1. */
const char *intern_text(const struct intern *self, int number);
void intern_release(struct intern *self);

#endif
