/* Looking a word up in a list, and offering the nearest ones when it is not there. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>

#include "base/strbuf.h"

/*
 * Appends up to `most` entries of `names` nearest to `word` by edit distance (Damerau-Levenshtein, at most a third of
 * the word's length, at least 2), nearest first, as "a, b, c". Appends nothing when none is near. Returns how many.
 */
size_t names_nearest(struct strbuf *out, const char *word, const char *const *names, size_t count, size_t most);

#endif
