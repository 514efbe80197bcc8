/* Text for people in lines of limited width. */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

#include "base/strbuf.h"

#define WRAP_COLUMNS 80

/*
 * Appends `text` to `out` in lines of at most WRAP_COLUMNS columns, broken at blanks. The first line goes on at column
 * `at`, where the caller has already written; the others are indented by `indent` blanks. A word that is longer than a
 * line stands alone and over the edge. An empty line in `text` stays one. Ends with a line feed.
 */
void wrap_append(struct strbuf *out, const char *text, size_t at, size_t indent);

/* Columns of `length` bytes of UTF-8, each character one. */
size_t wrap_columns(const char *text, size_t length);

#endif
