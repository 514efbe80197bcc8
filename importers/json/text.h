/*
 * JSON that lies in one piece, read in place: values are stretches of the text, interpreted only by who needs them. As
 * lenient as profilers demand: NaN and Infinity, control characters in strings, commas too many.
 *
 * All text needs JSON_PAD readable bytes behind it.
 */
#ifndef IMPORTERS_JSON_TEXT_H
#define IMPORTERS_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "importers/json/scan.h"

/* A value as it stands in the file, quotes and brackets included; at == NULL: there is none. */
struct json_text {
    const char *at, *end;
};

static inline const char *json_space(const char *at, const char *end)
{
    while (at < end && (unsigned char)*at <= ' ')
        at++;
    return at;
}

static inline size_t json_length(struct json_text text)
{
    return (size_t)(text.end - text.at);
}

/* A string's bytes between its quotes, escapes as they are; of other values their text. */
static inline struct json_text json_bare(struct json_text value)
{
    if (value.at && json_length(value) >= 2 && *value.at == '"')
        return (struct json_text){value.at + 1, value.end - 1};
    return value;
}

static inline bool json_is(struct json_text text, const char *word, size_t length)
{
    return json_length(text) == length && memcmp(text.at, word, length) == 0;
}

/* The byte behind the value that begins at `at`; NULL when it is none or does not end. */
const char *json_value_end(const char *at, const char *end);

enum json_step { JSON_END, JSON_FOUND, JSON_BROKEN };

/*
 * The next key of an object; *at stands behind '{' or behind a value. The key without its quotes; *at then stands at its
 * value, which the caller passes over. At the end *at stands behind the '}'.
 */
enum json_step json_next_key(const char **at, const char *end, struct json_text *key);

/* The same with the value, which is passed over. */
enum json_step json_next_member(const char **at, const char *end, struct json_text *key, struct json_text *value);

/* The next value of an array; *at stands behind '[' or behind a value. */
enum json_step json_next_element(const char **at, const char *end, struct json_text *value);

/* Whole numbers, also in quotes and as 12.0. False (and *out untouched) for all else and beyond int64. */
bool json_integer(struct json_text value, int64_t *out);

/*
 * A decimal number of microseconds in ns, exact and rounded to the nearest (1414456661601.577, 17e11, "12.5"). False for
 * NaN, Infinity, what is no number, and beyond int64.
 */
bool json_microseconds(struct json_text value, int64_t *ns);

/* Appends a string's text: escapes resolved; NUL, lone surrogates and bytes that are no UTF-8 become U+FFFD. */
void json_unescape(struct json_text value, struct strbuf *out);

/*
 * False when [at, end), which begins with a value and may break off anywhere, can't be JSON: two values with nothing
 * between them, as an unescaped quote makes them.
 */
bool json_sound(const char *at, const char *end);

#endif
