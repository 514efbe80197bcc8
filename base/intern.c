/* A hash table of bytes with linear probing; hashes are kept, so that growing and colliding touch no text. */
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"

/* The slot of the bytes, or the free one where they belong. */
static struct intern_slot *find_slot(const struct intern *self, uint32_t hash, const void *bytes, size_t length)
{
    for (uint32_t at = hash;; at++) {
        struct intern_slot *slot = &self->slot[at & (uint32_t)(self->slots - 1)];
        if (!slot->number)
            return slot;
        if (slot->hash == hash && self->length[slot->number - 1] == length &&
            memcmp(self->text[slot->number - 1], bytes, length) == 0)
            return slot;
    }
}

static enum status grow(struct intern *self)
{
    struct intern_slot *old = self->slot, *grown = NULL;
    int slots = self->slots ? self->slots * 2 : 256;

    TRY(array_make(&grown, slots, sizeof *grown));
    for (int i = 0; i < self->slots; i++) {
        uint32_t at = old[i].hash;
        if (!old[i].number)
            continue;
        while (grown[at & (uint32_t)(slots - 1)].number)
            at++;
        grown[at & (uint32_t)(slots - 1)] = old[i];
    }
    self->slot = grown;
    self->slots = slots;
    free(old);
    return STATUS_OK;
}

static enum status keep(struct intern *self, const void *bytes, size_t length)
{
    char *copy;

    TRY(array_room(&self->text, &self->text_room, self->text_count, sizeof *self->text));
    TRY(array_room(&self->length, &self->length_room, self->text_count, sizeof *self->length));
    copy = malloc(length + 1);
    if (!copy)
        return FAIL(NO_MEMORY, "no memory for a name of %zu bytes", length);
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    self->length[self->text_count] = length;
    self->text[self->text_count++] = copy;
    return STATUS_OK;
}

enum status intern_bytes(struct intern *self, const void *bytes, size_t length, int *number)
{
    uint32_t hash = (uint32_t)hash_bytes(bytes, length, 0);
    struct intern_slot *slot;

    *number = -1;
    if (self->slots < 2 * (self->text_count + 1))
        TRY(grow(self));
    slot = find_slot(self, hash, bytes, length);
    if (!slot->number) {
        TRY(keep(self, bytes, length));
        *slot = (struct intern_slot){hash, self->text_count};
    }
    *number = slot->number - 1;
    return STATUS_OK;
}

enum status intern_add(struct intern *self, const char *text, int *number)
{
    *number = -1;
    return text ? intern_bytes(self, text, strlen(text), number) : STATUS_OK;
}

const char *intern_text(const struct intern *self, int number)
{
    return number < 0 ? NULL : self->text[number];
}

void intern_release(struct intern *self)
{
    for (int i = 0; i < self->text_count; i++)
        free(self->text[i]);
    free(self->text);
    free(self->length);
    free(self->slot);
    *self = (struct intern){0};
}
