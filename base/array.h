/* Growing arrays: `items` points at the array's pointer. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#include "base/status.h"

/* Makes room for one more item beyond `count`; new memory is zeroed. Fails with NO_MEMORY. */
enum status array_room(void *items, int *room, int count, size_t item_bytes);

/* A zeroed array that is never NULL. */
enum status array_make(void *items, int count, size_t item_bytes);

/* Appends to array `name` of struct `owner` (members name, name_count, name_room) in a function that returns status. */
#define ARRAY_ADD(owner, name, ...)                                                                                    \
    do {                                                                                                               \
        TRY(array_room(&(owner)->name, &(owner)->name##_room, (owner)->name##_count, sizeof *(owner)->name));          \
        (owner)->name[(owner)->name##_count++] = __VA_ARGS__;                                                          \
    } while (0)

#endif
