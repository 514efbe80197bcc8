/* Pieces of HTML onto a stream: text that may hold anything, badges. Output is valid UTF-8. */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/section.h"

/* Text for element content and quoted attributes: & < > " ' escaped, control characters and damage as U+FFFD. */
void html_text(FILE *out, const char *text);

/* html_text, with "unknown" for NULL. */
void html_known(FILE *out, const char *text);

void html_badge(FILE *out, const char *verdict);

/*
 * Writes a template of html/ with its {{names}} filled in: by `put`, which says false for a name it does not know, else by
 * the embedded file of that name. A name that is neither is a mistake in the template, and ends the program.
 */
typedef bool html_put(const void *what, const char *name, size_t length, FILE *out);
void html_fill(FILE *out, const char *file, html_put *put, const void *what);

/* What stands for {{name}} in html/template.html, see html_parts.c. */
struct html_part {
    const char *name;
    void (*write)(const struct report *report, FILE *out);
};
extern const struct html_part html_parts[]; /* ends with a row of zeros */

/* The queries of the sections that `names` (blanks between them) lists, folded up. False: one is no section. */
bool html_sql(const struct report *report, const char *names, size_t length, FILE *out);

#endif
