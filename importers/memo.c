/* A hash table over one stretch of text, emptied when either is full. */
#include "importers/memo.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 32768             /* at most half are used */
#define TEXT_BYTES (4u << 20)
#define KEY_MOST (TEXT_BYTES / 16)

enum status memo_create(struct memo *self)
{
    *self = (struct memo){.text_used = 1};
    self->slot = calloc(SLOTS, sizeof *self->slot);
    self->text = malloc(TEXT_BYTES);
    if (self->slot && self->text)
        return STATUS_OK;
    memo_release(self);
    return FAIL(NO_MEMORY, "no memory to remember %d texts", SLOTS / 2);
}

void memo_release(struct memo *self)
{
    free(self->slot);
    free(self->text);
    *self = (struct memo){0};
}

/* 8 bytes at a time; odd constants from the fractions of pi. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9216d5d98979fb1bull;
    return hash ^ hash >> 32;
}

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
    uint64_t word;
    size_t i;

    for (i = 0; i + 8 <= length; i += 8) {
        memcpy(&word, bytes + i, 8);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, bytes + i, length - i);
    return mix(mix(hash, word), length);
}

static bool same(const struct memo *self, const struct memo_slot *slot, const struct memo_key *key, int count)
{
    const char *text = self->text + slot->offset;
    for (int i = 0; i < count; i++) {
        if (memcmp(text, key[i].bytes, key[i].length) != 0)
            return false;
        text += key[i].length;
    }
    return true;
}

bool memo_find(struct memo *self, const struct memo_key *key, int count, int64_t *value)
{
    uint64_t hash = 0x452821e638d01377ull;
    size_t length = 0;

    for (int i = 0; i < count; i++) {
        hash = hash_bytes(hash, key[i].bytes, key[i].length);
        length += key[i].length;
    }
    self->hash = hash;
    for (self->at = hash & (SLOTS - 1); self->slot[self->at].offset; self->at = (self->at + 1) & (SLOTS - 1)) {
        const struct memo_slot *slot = &self->slot[self->at];
        if (slot->hash == hash && slot->length == length && same(self, slot, key, count)) {
            *value = slot->value;
            return true;
        }
    }
    return false;
}

void memo_add(struct memo *self, const struct memo_key *key, int count, int64_t value)
{
    size_t length = 0;

    for (int i = 0; i < count; i++)
        length += key[i].length;
    if (length > KEY_MOST)
        return;
    if (self->used >= SLOTS / 2 || self->text_used + length > TEXT_BYTES) {
        memset(self->slot, 0, SLOTS * sizeof *self->slot);
        self->used = 0;
        self->text_used = 1;
        self->at = self->hash & (SLOTS - 1);
    }
    self->slot[self->at] = (struct memo_slot){self->hash, value, (uint32_t)self->text_used, (uint32_t)length};
    self->used++;
    for (int i = 0; i < count; i++) {
        memcpy(self->text + self->text_used, key[i].bytes, key[i].length);
        self->text_used += key[i].length;
    }
}
