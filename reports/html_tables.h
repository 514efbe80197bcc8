/* The larger parts of the HTML page, see html_parts.c for where they stand. */
#ifndef REPORTS_HTML_TABLES_H
#define REPORTS_HTML_TABLES_H

#include <stdio.h>

#include "reports/section.h"

void html_headline(const struct report *report, FILE *out); /* html_verdict.c */
void html_tiles(const struct report *report, FILE *out);
void html_next(const struct report *report, FILE *out);
void html_mood(const struct report *report, FILE *out);

void html_causes(const struct report *report, FILE *out); /* html_tables.c */
void html_fix_order(const struct report *report, FILE *out);
void html_operators(const struct report *report, FILE *out);
void html_instances(const struct report *report, FILE *out);
void html_modules(const struct report *report, FILE *out);
void html_policy(const struct report *report, FILE *out);

void html_operator_sections(const struct report *report, FILE *out); /* html_operators.c */
void html_layout_map(const struct report *report, FILE *out);        /* html_map.c */
void html_round_trips(const struct report *report, FILE *out);       /* html_paths.c */
void html_steps(const struct report *report, FILE *out);             /* html_steps.c */

/* Whether a row of the operators has a section of its own: it has a finding, not merely nothing against it. */
bool html_has_section(const struct table *operators, size_t row);

/* A bar of that share of its cell's width. */
void html_bar(FILE *out, double part);

#endif
