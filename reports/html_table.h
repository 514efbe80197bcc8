/*
 * Tables of the page, described as data: a section, and for each column its title, its name in the section and how a
 * cell is written. Rows carry their number in the section (data-row), column heads the column's name (data-c), numbers
 * their exact value (data-v), so that a script sorts by them and a test compares all of them with what sqlite3 prints
 * for the section.
 */
#ifndef REPORTS_HTML_TABLE_H
#define REPORTS_HTML_TABLE_H

#include <stdio.h>

#include "reports/section.h"

struct html_column;
typedef void html_cell(FILE *out, const struct table *table, size_t row, const struct html_column *column);

struct html_column {
    const char *title;
    const char *name; /* of the section's column; NULL: the cell is of several */
    html_cell *put;
    int decimals; /* of html_cell_number */
};

html_cell html_cell_text;     /* "–" for NULL and nothing */
html_cell html_cell_phase;    /* of a finding: NULL is all phases that the operator has */
html_cell html_cell_code;     /* the row's head, as code */
html_cell html_cell_place;    /* the row's head: a module's path */
html_cell html_cell_badge;    /* a verdict */
html_cell html_cell_format;   /* a memory format with its colour */
html_cell html_cell_number;   /* "–" when unknown */
html_cell html_cell_interval; /* html_cell_number with three digits and the columns <name>_low, <name>_high */

struct html_table {
    const char *id, *caption;
    enum section section;
    const struct html_column *columns; /* ends with a row of zeros */
};

/* Head, rows, end. html_table_rows writes rows from `first` up to, without, `end`. */
void html_table_begin(FILE *out, const struct html_table *form);
void html_table_rows(FILE *out, const struct report *report, const struct html_table *form, size_t first, size_t end);
void html_table_end(FILE *out);

/* All of a section; nothing when it is empty. */
void html_table(FILE *out, const struct report *report, const struct html_table *form);

/* <span data-section data-row data-c data-v>text</span>: a number outside of tables. `decimals` < 0: three digits. */
void html_figure(FILE *out, const struct report *report, enum section section, size_t row, const char *column,
                 int decimals);

/* Swatch and name of a memory format, "–" for NULL. */
void html_format(FILE *out, const char *format);

/* The class of its colour: its name where it is one of the five, else "unknown". Never what a trace holds. */
const char *html_format_class(const char *format);

#endif
