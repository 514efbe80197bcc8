/* Look-up in a table of embedded texts. */
#include "base/embed.h"

#include <string.h>

const char *embed_find(const struct embedded_text *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table->text;
    return NULL;
}
