/* Nearest names by Damerau-Levenshtein distance (optimal string alignment: no letter is moved twice). */
#include "base/names.h"

#include <stdlib.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Three rows of the distance table are enough: a transposition looks two rows back. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b), width = b_length + 1;
    size_t *rows = calloc(3 * width, sizeof *rows);
    if (!rows)
        abort();
    size_t *before = rows, *above = rows + width, *row = rows + 2 * width;

    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    size_t distance = row[b_length];
    free(rows);
    return distance;
}

size_t names_nearest(struct strbuf *out, const char *word, const char *const *names, size_t count, size_t most)
{
    size_t limit = strlen(word) / 3, found = 0;
    if (limit < 2)
        limit = 2;
    size_t *distance = calloc(count ? count : 1, sizeof *distance);
    if (!distance)
        abort();
    for (size_t i = 0; i < count; i++)
        distance[i] = edit_distance(word, names[i]);

    /* Ascending distance, then the order of the list. A name reached by changing every letter is no near one. */
    for (size_t d = 0; d <= limit && found < most; d++)
        for (size_t i = 0; i < count && found < most; i++) {
            if (distance[i] != d || (d > 0 && d >= strlen(names[i])))
                continue;
            strbuf_append(out, found ? ", " : "");
            strbuf_append(out, names[i]);
            found++;
        }
    free(distance);
    return found;
}
