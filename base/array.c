/* Growing arrays. */
#include "base/array.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum status array_room(void *items, int *room, int count, size_t item_bytes)
{
    void *old, *grown;
    if (count < *room)
        return STATUS_OK;
    if (*room > INT_MAX / 2)
        return FAIL(NO_MEMORY, "the trace has more than %d rows in one step; import less of it", INT_MAX / 2);
    int larger = *room ? *room * 2 : 64;
    memcpy(&old, items, sizeof old);
    grown = realloc(old, (size_t)larger * item_bytes);
    if (!grown)
        return FAIL(NO_MEMORY, "no memory for %d rows of the trace", larger);
    memset((char *)grown + (size_t)*room * item_bytes, 0, (size_t)(larger - *room) * item_bytes);
    memcpy(items, &grown, sizeof grown);
    *room = larger;
    return STATUS_OK;
}

enum status array_make(void *items, int count, size_t item_bytes)
{
    void *made = calloc((size_t)count + 1, item_bytes);
    if (!made)
        return FAIL(NO_MEMORY, "no memory for %d rows of the trace", count);
    memcpy(items, &made, sizeof made);
    return STATUS_OK;
}
