/* Text for terminals: numbers that may be unknown, columns, wrapping. Widths count characters, not bytes. */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/strbuf.h"

#define TEXT_WIDTH 80

enum text_colour { TEXT_PLAIN, TEXT_BOLD, TEXT_RED, TEXT_YELLOW, TEXT_GREEN };

/*
 * Switches the colour, and back to plain, where colours are wanted: on a terminal whose TERM is set and not "dumb", unless
 * NO_COLOR is set to anything. Elsewhere nothing is written.
 */
void text_colour(FILE *out, enum text_colour colour);

/* Of a verdict: red for thrash, yellow for what deserves a look, green for clean. */
enum text_colour text_verdict_colour(const char *verdict);

struct text_column {
    const char *title;
    int width;
    bool right;                                    /* aligned right */
    enum text_colour (*colour)(const char *cell);  /* NULL = plain */
};

/* "12.30" with that many decimals, "<0.01" for what would round to zero and is not, "-" for NAN. */
const char *number_fixed(char buffer[32], double value, int decimals);

/* Three significant digits, no exponent: "0.0123", "1.23", "1297"; "-" for NAN. */
const char *number_short(char buffer[32], double value);

/* "[12.1, 12.6]" as number_short writes them, "" when either is unknown or both are the same. */
const char *number_interval(char buffer[72], double low, double high);

/*
 * One row; trailing blanks are left out. `cells` has one text per column, NULL is "-". A first cell that is too wide for
 * its column has a line for itself, whole, and the others stand on the next; other left-aligned cells are cut with an
 * ellipsis.
 */
void text_row(FILE *out, const struct text_column *columns, size_t count, const char *const *cells);
void text_titles(FILE *out, const struct text_column *columns, size_t count);

/*
 * Wraps at TEXT_WIDTH: the first line starts with `first`, the others with as many blanks. Line breaks are blanks. A word
 * that is longer than a line has one for itself and is not cut.
 */
void text_wrap(FILE *out, const char *first, const char *text);

/* Goes on at column `at` of a line that is begun; the other lines are indented to there. Any text, made printable. */
void text_wrap_after(FILE *out, size_t at, const char *text);

/* text_wrap of any text, made printable first. */
void text_wrap_safe(FILE *out, const char *first, const char *text);

/* The path as a shell takes it: quoted when it has to be. */
void text_shell_word(struct strbuf *out, const char *word);

#endif
