/* A hash table of texts (FNV-1a, linear probing). */
#include "base/intern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static int *find_slot(const struct intern *self, const char *text)
{
    uint32_t hash = 2166136261u;
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (;; hash++) {
        int *slot = &self->slot[hash & (uint32_t)(self->slots - 1)];
        if (!*slot || strcmp(self->text[*slot - 1], text) == 0)
            return slot;
    }
}

static enum status grow(struct intern *self)
{
    int *old = self->slot, *grown = NULL, slots = self->slots ? self->slots * 2 : 256;
    TRY(array_make(&grown, slots, sizeof *grown));
    self->slot = grown;
    self->slots = slots;
    for (int i = 0; i < self->text_count; i++)
        *find_slot(self, self->text[i]) = i + 1;
    free(old);
    return STATUS_OK;
}

enum status intern_add(struct intern *self, const char *text, int *number)
{
    *number = -1;
    if (!text)
        return STATUS_OK;
    if (self->slots < 2 * (self->text_count + 1))
        TRY(grow(self));
    int *slot = find_slot(self, text);
    if (!*slot) {
        char *copy = strdup(text);
        if (!copy)
            return FAIL(NO_MEMORY, "no memory for the name %s", text);
        if (array_room(&self->text, &self->text_room, self->text_count, sizeof *self->text) != STATUS_OK) {
            free(copy);
            return STATUS_NO_MEMORY;
        }
        self->text[self->text_count++] = copy;
        *slot = self->text_count;
    }
    *number = *slot - 1;
    return STATUS_OK;
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
    free(self->slot);
    *self = (struct intern){0};
}
