/*
 * A JSON writer onto a stream: RFC 8259, valid UTF-8 whatever comes in, NAN and infinities as null, numbers in the
 * shortest form that reads back the same. The writer keeps commas and line breaks; the caller keeps begin and end
 * paired.
 */
#ifndef REPORTS_JSON_H
#define REPORTS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/table.h"

struct json {
    FILE *out;
    int depth;
    int line_depth;    /* members of this depth and outer ones start on a line of their own; 0 = all on one line */
    bool in_html;      /* also escapes < > &, so that the text can stand inside a script element */
    bool started;      /* the innermost object or array has a member */
};

void json_begin(struct json *json, FILE *out, int line_depth, bool in_html);

/* Members: `key` is NULL inside arrays. */
void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);
void json_text(struct json *json, const char *key, const char *text); /* NULL is null */
void json_whole(struct json *json, const char *key, int64_t value);
void json_number(struct json *json, const char *key, double value);
void json_null(struct json *json, const char *key);
void json_cell(struct json *json, const char *key, const struct cell *cell);

/* All columns of a row from `first` up to, without, `end`, as members of the open object. */
void json_row(struct json *json, const struct table *table, size_t row, int first, int end);

/* {"columns": [..], "rows": [[..], ..]}: half the bytes of an array of objects. */
void json_table(struct json *json, const char *key, const struct table *table);

/* The shortest of 15 to 17 digits that reads back as `value`, which is finite. */
void json_number_text(double value, char text[32]);

/* The text with JSON's escapes, with its quotes, and nothing else. */
void json_quote(FILE *out, const char *text, bool in_html);

#endif
