/* Text files compiled into the program by cmake/EmbedText.cmake. A table of them ends with a row of zeros. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

struct embedded_text {
    const char *name; /* the file's base name */
    const char *text; /* NUL-terminated */
    size_t length;    /* without the NUL */
};

/* The text called `name` in a table, NULL when there is none. */
const char *embed_find(const struct embedded_text *table, const char *name);

#endif
