/* The formats of report_write; each writes a loaded report to a stream whose errors report_write checks. */
#ifndef REPORTS_FORMATS_H
#define REPORTS_FORMATS_H

#include <stdio.h>

#include "reports/section.h"

void report_write_text(const struct report *report, FILE *out);
void report_write_json(const struct report *report, FILE *out);
void report_write_csv(const struct report *report, FILE *out);
void report_write_html(const struct report *report, FILE *out);

/* The object of CONTRACT's `report --format json`; `in_html` as in json_begin. */
struct json;
void report_json_object(struct json *json, const struct report *report);

#endif
