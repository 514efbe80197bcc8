/* Text for terminals: numbers that may be unknown, columns, wrapping. Widths count characters, not bytes. */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/strbuf.h"

#define TEXT_WIDTH 100

struct text_column {
    const char *title;
    int width;
    bool right; /* aligned right; left-aligned cells that are too long are cut with an ellipsis */
};

/* Appends text with control characters written as \n, \t, \x1b and damaged UTF-8 as U+FFFD: fit for a terminal. */
void text_safe(struct strbuf *out, const char *text);

/* Characters of safe text. */
size_t text_width(const char *text);

/* "12.30" with that many decimals, "<0.01" for what would round to zero and is not, "-" for NAN. */
const char *number_fixed(char buffer[32], double value, int decimals);

/* Three significant digits, no exponent: "0.0123", "1.23", "1297"; "-" for NAN. */
const char *number_short(char buffer[32], double value);

/* "[12.1, 12.6]" as number_short writes them, "" when either is unknown or both are the same. */
const char *number_interval(char buffer[72], double low, double high);

/* One row; trailing blanks are left out. `cells` has one text per column, NULL is "-". */
void text_row(FILE *out, const struct text_column *columns, size_t count, const char *const *cells);
void text_titles(FILE *out, const struct text_column *columns, size_t count);

/* Wraps at TEXT_WIDTH: the first line starts with `first`, the others with as many blanks. Line breaks are blanks. */
void text_wrap(FILE *out, const char *first, const char *text);

/* The path as a shell takes it: quoted when it has to be. */
void text_shell_word(struct strbuf *out, const char *word);

#endif
