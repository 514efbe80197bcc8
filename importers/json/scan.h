/*
 * Finds where a JSON value ends, 64 bytes at a time, without looking into it: brackets outside of strings are counted,
 * so depth costs nothing and nothing recurses. The state may cross from one block of a file to the next.
 *
 * [at, end) needs JSON_PAD readable bytes behind it (source.h's windows have them).
 */
#ifndef IMPORTERS_JSON_SCAN_H
#define IMPORTERS_JSON_SCAN_H

#include <stdint.h>

#define JSON_PAD 64

struct json_scan {
    int64_t depth;      /* open brackets of either kind; the scan ends where it becomes 0 */
    uint64_t in_string; /* all ones within a string, else 0 */
    uint64_t escaped;   /* 1 when a backslash stands before `at`, in force */
};

/* The byte after the one that closes the last bracket; NULL when `end` comes first (go on with the next bytes). */
const char *json_scan(struct json_scan *scan, const char *at, const char *end);

/* The same, byte by byte: what the fast ones are tested against, and what other processors run. */
const char *json_scan_plain(struct json_scan *scan, const char *at, const char *end);

/* `at` stands behind a string's opening quote: its closing one, NULL when there is none. */
const char *json_string_end(const char *at, const char *end);

#endif
