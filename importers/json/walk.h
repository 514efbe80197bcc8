/*
 * Walks once through a JSON file whose bulk is one array of objects ("traceEvents", "nodes", or a bare array as root), of
 * any size, in constant memory: each element is handed over as text in one piece, all else of the root is passed over or
 * handed over when it is small.
 *
 * Forgiving where profilers and crashes make files bad: an element that is no JSON is left out, counted, and the walk goes on at
 * the next that looks like one; a file that breaks off gives what is whole.
 */
#ifndef IMPORTERS_JSON_WALK_H
#define IMPORTERS_JSON_WALK_H

#include "base/status.h"
#include "importers/json/text.h"

#define JSON_MEMBER_BYTES (1 << 20) /* other members of the root that are longer are passed over */

struct json_walk {
    const char *array; /* key of the array in the root object */
    void *user;
    /* An object of the array; the text is borrowed. Sets *broken when it turns out not to be JSON. */
    enum status (*element)(void *user, struct json_text object, bool *broken);
    /* Another member of the root. NULL = not wanted. */
    enum status (*member)(void *user, struct json_text key, struct json_text value);
};

struct json_outcome {
    int64_t elements;
    int64_t broken, broken_offset; /* elements left out; where the first of them begins */
    int64_t end_offset;            /* where the file breaks off, or the element that it breaks off in begins; -1 = it is whole */
    const char *trouble;           /* why it breaks off, where the compression tells; NULL */
    bool array_seen;
};

/* Fails (NOT_FOUND, IO, NO_MEMORY, CORRUPT) naming file and byte, and as `element` and `member` fail. */
enum status json_walk_file(const char *path, const struct json_walk *walk, struct json_outcome *outcome);

/* "the file breaks off at byte 123 (its gzip stream breaks off)", ... : the outcome's defects, one line each; false when none. */
bool json_outcome_note(const struct json_outcome *outcome, int which, struct strbuf *out);

#endif
