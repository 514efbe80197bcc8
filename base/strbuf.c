/* A growing string; capacity doubles, so appending n bytes one by one copies at most 2n. */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What every empty buffer points at; capacity 0 says that it is not to be written or freed. */
static char shared_empty[1] = "";

void strbuf_init(struct strbuf *buf)
{
    *buf = (struct strbuf){.text = shared_empty};
}

void strbuf_release(struct strbuf *buf)
{
    if (buf->capacity)
        free(buf->text);
    strbuf_init(buf);
}

void strbuf_clear(struct strbuf *buf)
{
    buf->length = 0;
    if (buf->capacity)
        buf->text[0] = '\0';
}

/* Room for `more` bytes and the NUL. */
static void strbuf_reserve(struct strbuf *buf, size_t more)
{
    if (more > SIZE_MAX / 2 - buf->length - 1)
        abort();
    size_t needed = buf->length + more + 1;
    if (needed <= buf->capacity)
        return;
    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    char *text = realloc(buf->capacity ? buf->text : NULL, capacity);
    if (!text)
        abort();
    text[buf->length] = '\0';
    buf->text = text;
    buf->capacity = capacity;
}

void strbuf_append(struct strbuf *buf, const char *text)
{
    strbuf_append_bytes(buf, text, strlen(text));
}

void strbuf_append_bytes(struct strbuf *buf, const void *bytes, size_t count)
{
    if (count == 0)
        return;
    strbuf_reserve(buf, count);
    memcpy(buf->text + buf->length, bytes, count);
    buf->length += count;
    buf->text[buf->length] = '\0';
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int count = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (count > 0) {
        strbuf_reserve(buf, (size_t)count);
        vsnprintf(buf->text + buf->length, (size_t)count + 1, format, again);
        buf->length += (size_t)count;
    }
    va_end(again);
}

char *strbuf_take(struct strbuf *buf)
{
    if (!buf->capacity)
        strbuf_reserve(buf, 0);
    char *text = buf->text;
    strbuf_init(buf);
    return text;
}
