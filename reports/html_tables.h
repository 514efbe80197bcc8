/* The tables of the HTML page, each from one section; see html_parts.c for where they stand. */
#ifndef REPORTS_HTML_TABLES_H
#define REPORTS_HTML_TABLES_H

#include <stdio.h>

#include "reports/section.h"

void html_causes(const struct report *report, FILE *out);
void html_fix_order(const struct report *report, FILE *out);
void html_operators(const struct report *report, FILE *out);
void html_round_trips(const struct report *report, FILE *out);
void html_instances(const struct report *report, FILE *out);
void html_modules(const struct report *report, FILE *out);

#endif
