/* Command lines as one text: words that a shell would split or expand are quoted, and the text is split again. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/status.h"
#include "base/strbuf.h"

/* Appends a word with a space before it (not at the start of the text), in single quotes where a shell needs them. */
void words_append(struct strbuf *out, const char *word);

struct words {
    char **word; /* ends with NULL; owned, as are the words */
    int words, word_room;
};

/* Undoes words_append: spaces separate, single quotes hold, \' is a quote. CORRUPT when a quote stays open. */
enum status words_split(struct words *out, const char *text);
void words_release(struct words *words);

#endif
