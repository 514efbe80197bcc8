/* A growing string. strbuf_init before use, strbuf_release after; .text is always NUL-terminated. Aborts on no memory. */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stddef.h>

struct strbuf {
    char *text;      /* NUL-terminated, owned; never NULL after strbuf_init */
    size_t length;   /* bytes before the NUL */
    size_t capacity; /* bytes allocated; 0 while .text points at a shared "" */
};

void strbuf_init(struct strbuf *buf);
void strbuf_release(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf);
void strbuf_append(struct strbuf *buf, const char *text);
void strbuf_append_bytes(struct strbuf *buf, const void *bytes, size_t count);
void strbuf_printf(struct strbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands the string to the caller, who frees it; the buffer is empty again. */
char *strbuf_take(struct strbuf *buf);

#endif
