/* Pieces of HTML onto a stream: text that may hold anything, table cells, badges. Output is valid UTF-8. */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include <stdio.h>

#include "reports/section.h"

/* Text for element content and quoted attributes: & < > " ' escaped, control characters and damage as U+FFFD. */
void html_text(FILE *out, const char *text);

/* html_text, with "unknown" for NULL. */
void html_known(FILE *out, const char *text);

/* <td class="n">: the number, "–" when unknown; data-v holds it for sorting. */
void html_number(FILE *out, double value, int decimals);

/* As html_number with three digits, the interval below it when known. */
void html_interval(FILE *out, double value, double low, double high);

void html_badge(FILE *out, const char *verdict);

/* "<div class=scroll><table ...><caption>..." to "<tbody>". Titles that start with '#' are numeric; ends with NULL. */
void html_table_begin(FILE *out, const char *id, const char *caption, const char *const *titles);
void html_table_end(FILE *out);

/* What stands for {{name}} in html/template.html, see html_parts.c. */
struct html_part {
    const char *name;
    void (*write)(const struct report *report, FILE *out);
};
extern const struct html_part html_parts[]; /* ends with a row of zeros */

#endif
