/* Open addressing with linear probing; keys are never removed one by one. */
#include "importers/passes/places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u; /* splitmix64's finalizer */
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static bool is_same(struct place a, struct place b)
{
    return a.storage == b.storage && a.offset == b.offset && a.kind == b.kind;
}

static struct places_slot *find(const struct places *places, struct place place)
{
    uint64_t hash = mix((uint64_t)place.storage + mix((uint64_t)place.offset + mix((uint64_t)place.kind)));
    uint64_t at = hash & (uint64_t)(places->slots - 1);
    while (places->slot[at].filled && !is_same(places->slot[at].place, place))
        at = (at + 1) & (uint64_t)(places->slots - 1);
    return &places->slot[at];
}

int64_t places_get(const struct places *places, struct place place)
{
    if (places->slots == 0)
        return -1;
    const struct places_slot *slot = find(places, place);
    return slot->filled ? slot->value : -1;
}

static enum status grow(struct places *places)
{
    struct places larger = {.slots = places->slots ? places->slots * 2 : 256, .count = places->count};
    TRY(array_make(&larger.slot, larger.slots, sizeof *larger.slot));
    for (int i = 0; i < places->slots; i++) {
        if (places->slot[i].filled)
            *find(&larger, places->slot[i].place) = places->slot[i];
    }
    free(places->slot);
    *places = larger;
    return STATUS_OK;
}

enum status places_set(struct places *places, struct place place, int64_t value)
{
    if (2 * (places->count + 1) > places->slots)
        TRY(grow(places));
    struct places_slot *slot = find(places, place);
    places->count += !slot->filled;
    *slot = (struct places_slot){place, value, true};
    return STATUS_OK;
}

void places_clear(struct places *places)
{
    if (places->slots > 0)
        memset(places->slot, 0, (size_t)places->slots * sizeof *places->slot);
    places->count = 0;
}

void places_release(struct places *places)
{
    free(places->slot);
    *places = (struct places){0};
}
