/*
 * One buffer in order: a radix sort of (key, place) pairs, 11 bits at a time, least significant first, digits that are the
 * same in all keys left out. Spans of one buffer lie within seconds of each other, so 3 to 4 passes do. Then the few
 * records of equal key are put in order by comparing.
 */
#include "importers/sorter_int.h"

#include <stdbool.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGIT_VALUES (1u << DIGIT_BITS)

int sorter_order(sorter_compare *compare, const void *a, const void *b)
{
    int64_t x = sorter_key(a), y = sorter_key(b);

    if (x != y)
        return x < y ? -1 : 1;
    return compare ? compare(a, b) : 0;
}

/* One pass; false when all keys have the same digit there, and nothing moved. */
static bool move_by_digit(const struct sorter_place *from, struct sorter_place *to, uint32_t count, int shift)
{
    uint32_t start[DIGIT_VALUES] = {0}, sum = 0;

    for (uint32_t i = 0; i < count; i++)
        start[from[i].key >> shift & (DIGIT_VALUES - 1)]++;
    if (start[from[0].key >> shift & (DIGIT_VALUES - 1)] == count)
        return false;
    for (uint32_t digit = 0; digit < DIGIT_VALUES; digit++) {
        uint32_t here = start[digit];
        start[digit] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++)
        to[start[from[i].key >> shift & (DIGIT_VALUES - 1)]++] = from[i];
    return true;
}

struct equal_keys {
    struct sorter_place *places, *other;
    const char *records;
    size_t record_bytes;
    sorter_compare *compare;
};

static int compare_places(const struct equal_keys *self, const struct sorter_place *a, const struct sorter_place *b)
{
    return self->compare(self->records + a->at * self->record_bytes, self->records + b->at * self->record_bytes);
}

/* Merge sort of places[first, end), stable, whatever the number of equal keys. */
static void sort_equal(const struct equal_keys *self, uint32_t first, uint32_t end)
{
    uint32_t middle = first + (end - first) / 2, a = first, b = middle, to = first;

    if (end - first < 2)
        return;
    sort_equal(self, first, middle);
    sort_equal(self, middle, end);
    if (compare_places(self, &self->places[middle - 1], &self->places[middle]) <= 0)
        return;
    while (a < middle || b < end) {
        bool take_b = a == middle || (b < end && compare_places(self, &self->places[b], &self->places[a]) < 0);
        self->other[to++] = self->places[take_b ? b++ : a++];
    }
    memcpy(self->places + first, self->other + first, (end - first) * sizeof *self->places);
}

void sorter_order_places(struct sorter_place **places, struct sorter_place **other, uint32_t count, const char *records,
                         size_t record_bytes, sorter_compare *compare)
{
    struct equal_keys equal;

    for (int shift = 0; shift < 64 && count > 1; shift += DIGIT_BITS) {
        if (move_by_digit(*places, *other, count, shift)) {
            struct sorter_place *moved = *other;
            *other = *places;
            *places = moved;
        }
    }
    equal = (struct equal_keys){*places, *other, records, record_bytes, compare};
    for (uint32_t first = 0, end; compare && first < count; first = end) {
        for (end = first + 1; end < count && (*places)[end].key == (*places)[first].key; end++)
            ;
        sort_equal(&equal, first, end);
    }
}
