/* Is a text well-formed? Independent of the code that writes it: a JSON reader, a UTF-8 check and an HTML tag check. */
#ifndef TESTS_REPORTS_SUPPORT_FORM_H
#define TESTS_REPORTS_SUPPORT_FORM_H

#include <stdbool.h>
#include <stddef.h>

/* The offset of the first error, or -1 when the whole text is one JSON value. */
long json_error(const char *text);

/*
 * The value at a path like "findings.0.verdict" in valid JSON: *length bytes from the returned place, NULL = no such
 * member. Strings with their quotes.
 */
const char *json_at(const char *text, const char *path, size_t *length);

/* Does the value at the path have this JSON text? */
bool json_is(const char *text, const char *path, const char *value);

/* Offset of the first byte that is no valid UTF-8, -1 = none. */
long utf8_error(const char *text);

/*
 * Checks that start and end tags pair up, attributes are quoted and unique ids are unique; the insides of script and
 * style are skipped up to the next "</". Returns NULL or what is wrong (static buffer).
 */
const char *html_error(const char *text);

/* How often `part` occurs. */
size_t occurrences(const char *text, const char *part);

#endif
