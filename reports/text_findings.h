/* The findings of a text report: operators with their advice, places, round trips, what to fix first. */
#ifndef REPORTS_TEXT_FINDINGS_H
#define REPORTS_TEXT_FINDINGS_H

#include <stdio.h>

#include "reports/section.h"

/* Each writes a part with an empty line before it, or nothing where the trace has nothing of it. */
void text_operators(const struct report *report, FILE *out);
void text_instances(const struct report *report, FILE *out);
void text_map(const struct report *report, FILE *out); /* text_map.c */
void text_modules(const struct report *report, FILE *out);
void text_paths(const struct report *report, FILE *out);
void text_fix_order(const struct report *report, FILE *out);

#endif
