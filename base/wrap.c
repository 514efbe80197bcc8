/* Breaking text into lines: word by word, so that blanks at a break vanish. */
#include "base/wrap.h"

#include <stdbool.h>
#include <string.h>

size_t wrap_columns(const char *text, size_t length)
{
    size_t columns = 0;

    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80; /* not a continuation byte */
    return columns;
}

/* One word at column *at; *fresh says that nothing but the indent stands on this line. */
static void append_word(struct strbuf *out, const char *word, size_t length, size_t *at, bool *fresh, size_t indent)
{
    size_t width = wrap_columns(word, length);

    if (!*fresh && *at + 1 + width > WRAP_COLUMNS) {
        strbuf_printf(out, "\n%*s", (int)indent, "");
        *at = indent;
        *fresh = true;
    }
    if (!*fresh)
        strbuf_append(out, " ");
    *at += width + !*fresh;
    *fresh = false;
    strbuf_append_bytes(out, word, length);
}

void wrap_append(struct strbuf *out, const char *text, size_t at, size_t indent)
{
    bool fresh = true;

    while (*text) {
        size_t gap = strspn(text, " \n");
        size_t feeds = 0;
        for (size_t i = 0; i < gap; i++)
            feeds += text[i] == '\n';
        text += gap;
        if (feeds > 1 && *text) {
            strbuf_printf(out, "\n\n%*s", (int)indent, "");
            at = indent;
            fresh = true;
        }
        size_t length = strcspn(text, " \n");
        if (length)
            append_word(out, text, length, &at, &fresh, indent);
        text += length;
    }
    strbuf_append(out, "\n");
}
