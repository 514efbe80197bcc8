/*
 * UTF-8 that may be damaged, and text fit for a terminal: names in a trace come from anywhere; what is written is always
 * valid and never more than text.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/strbuf.h"

/* Decodes one character of a NUL-terminated text, not at its end; returns its bytes. Damage: U+FFFD, one byte. */
size_t utf8_decode(const char *text, uint32_t *code);

/* Writes the character's bytes (at most 4, no NUL) and returns how many. */
size_t utf8_encode(uint32_t code, char bytes[4]);

/*
 * Appends text as a terminal may show it: control characters (C0, DEL, C1) as \n, \t, \x1b; characters that turn the
 * direction of writing, break lines or are invisible (Unicode's bidi controls, U+2028, zero-width ones, tags) as \u202e;
 * damage as U+FFFD.
 */
void utf8_printable(struct strbuf *out, const char *text);

/* The same onto a stream. */
void utf8_print(FILE *out, const char *text);

/* Columns that a terminal needs for printable text: 2 for East Asian wide characters and emoji, 0 for combining ones. */
size_t utf8_width(const char *text);

#endif
