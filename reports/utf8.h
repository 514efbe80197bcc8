/* UTF-8 that may be damaged: names in a trace come from anywhere, what reports write is always valid. */
#ifndef REPORTS_UTF8_H
#define REPORTS_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decodes one character of a NUL-terminated text, not at its end; returns its bytes. Damage: U+FFFD, one byte. */
size_t utf8_decode(const char *text, uint32_t *code);

/* Writes the character's bytes (at most 4, no NUL) and returns how many. */
size_t utf8_encode(uint32_t code, char bytes[4]);

#endif
