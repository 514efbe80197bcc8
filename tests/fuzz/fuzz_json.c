/* Fuzz target: the walk through a JSON file, and the fast scan for a value's end against the slow one. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "importers/json/walk.h"

/* Looks at every member and below it, two levels deep. */
static void look(struct json_text value, int levels, struct strbuf *text)
{
    const char *at = value.at + 1;
    struct json_text key, inside;
    int64_t number;

    strbuf_clear(text);
    json_unescape(value, text);
    json_integer(value, &number);
    json_microseconds(value, &number);
    if (levels == 0 || json_length(value) < 2)
        return;
    if (*value.at == '{') {
        while (json_next_member(&at, value.end, &key, &inside) == JSON_FOUND)
            look(inside, levels - 1, text);
    } else if (*value.at == '[') {
        while (json_next_element(&at, value.end, &inside) == JSON_FOUND)
            look(inside, levels - 1, text);
    }
}

static enum status element(void *user, struct json_text object, bool *broken)
{
    look(object, 3, user);
    *broken = !json_sound(object.at, object.end);
    return STATUS_OK;
}

static enum status member(void *user, struct json_text key, struct json_text value)
{
    (void)key;
    look(value, 3, user);
    return STATUS_OK;
}

static void compare_scans(const uint8_t *data, size_t size)
{
    char *text = calloc(size + JSON_PAD, 1);
    struct json_scan fast = {0}, slow = {0};
    fuzz_must(text != NULL, "no memory");
    memcpy(text, data, size);
    const char *a = json_scan(&fast, text, text + size), *b = json_scan_plain(&slow, text, text + size);
    fuzz_must(a == b, "the fast scan ends elsewhere than the slow one");
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf text, note;
    struct json_outcome outcome;

    if (size && (*data == '{' || *data == '['))
        compare_scans(data, size);
    strbuf_init(&text);
    strbuf_init(&note);
    const struct json_walk walk = {"traceEvents", &text, element, member};
    if (json_walk_file(fuzz_file(data, size), &walk, &outcome) == STATUS_OK) {
        for (int i = 0; i < 4; i++) {
            strbuf_clear(&note);
            fuzz_must(json_outcome_note(&outcome, i, &note) == (note.length > 0), "a note that is empty, or none that is not");
        }
    } else {
        fuzz_must(status_message()[0] != 0, "a failure without a line");
    }
    strbuf_release(&text);
    strbuf_release(&note);
    return 0;
}
