/* Finds the fields of an event. Most events are Python functions and flows, left as soon as their first keys tell. */
#include "importers/kineto/event.h"

struct field_row {
    const char *key;
    size_t length;
    enum event_field field;
};

static const struct field_row event_fields[] = {
#define FIELD(symbol, key) {key, sizeof key - 1, FIELD_##symbol},
#define ARGUMENT(symbol, key)
#include "importers/kineto/fields.def"
#undef FIELD
#undef ARGUMENT
};

static const struct field_row argument_fields[] = {
#define FIELD(symbol, key)
#define ARGUMENT(symbol, key) {key, sizeof key - 1, FIELD_##symbol},
#include "importers/kineto/fields.def"
#undef FIELD
#undef ARGUMENT
};

struct category_row {
    const char *word;
    size_t length;
    enum event_role role;
    const char *device;
};

static const struct category_row categories[] = {
#define CATEGORY(word, role, device) {word, sizeof word - 1, EVENT_##role, device},
#include "importers/kineto/categories.def"
#undef CATEGORY
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum event_field find_field(const struct field_row *rows, size_t count, struct json_text key)
{
    size_t length = json_length(key);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].length == length && rows[i].key[0] == *key.at && memcmp(rows[i].key, key.at, length) == 0)
            return rows[i].field;
    }
    return FIELD_COUNT;
}

static void find_role(struct event *event)
{
    struct json_text word = json_bare(event->field[FIELD_CAT]);
    size_t length = json_length(word);
    event->role = EVENT_NOBODYS;
    for (size_t i = 0; i < COUNT(categories); i++) {
        if (categories[i].length != length || categories[i].word[0] != *word.at ||
            memcmp(categories[i].word, word.at, length) != 0)
            continue;
        event->role = categories[i].role;
        event->device = categories[i].device;
        return;
    }
}

static bool begins_with(struct json_text value, const char *prefix, size_t length)
{
    struct json_text text = json_bare(value);
    return json_length(text) >= length && memcmp(text.at, prefix, length) == 0;
}

/* True when what is known by now tells that nobody needs the event. Called after each of its fields. */
static bool is_nobodys(struct event *event, enum event_field newest)
{
    const struct json_text *field = event->field;
    if (newest == FIELD_PH)
        return !json_is(json_bare(field[FIELD_PH]), "X", 1);
    if (newest == FIELD_CAT) {
        find_role(event);
        if (event->role == EVENT_NOBODYS)
            return true;
    }
    return event->role == EVENT_PYTHON && field[FIELD_NAME].at &&
           !begins_with(field[FIELD_NAME], EVENT_MODULE_PREFIX, sizeof EVENT_MODULE_PREFIX - 1);
}

/* Behind the '{' of the arguments; *at then stands behind their '}'. */
static bool read_arguments(struct event *event, const char **at, const char *end)
{
    struct json_text key, value;
    enum json_step step;

    while ((step = json_next_member(at, end, &key, &value)) == JSON_FOUND) {
        enum event_field field = find_field(argument_fields, COUNT(argument_fields), key);
        if (field != FIELD_COUNT)
            event->field[field] = value;
    }
    return step == JSON_END;
}

/* The value at *at, which belongs to `field`. */
static bool read_value(struct event *event, enum event_field field, const char **at, const char *end)
{
    struct json_text value = {*at, NULL};

    if (field == FIELD_ARGS && *at < end && **at == '{') {
        ++*at;
        return read_arguments(event, at, end);
    }
    value.end = json_value_end(*at, end);
    if (!value.end)
        return false;
    *at = value.end;
    if (field != FIELD_COUNT)
        event->field[field] = value;
    return true;
}

bool event_read(struct event *event, struct json_text object)
{
    const char *at = object.at + 1;
    struct json_text key;
    enum json_step step;

    memset(event, 0, sizeof *event);
    while ((step = json_next_key(&at, object.end, &key)) == JSON_FOUND) {
        enum event_field field = find_field(event_fields, COUNT(event_fields), key);
        if (!read_value(event, field, &at, object.end))
            return false;
        if (field <= FIELD_NAME && is_nobodys(event, field)) {
            event->role = EVENT_NOBODYS;
            return true;
        }
    }
    if (!event->field[FIELD_PH].at)
        event->role = EVENT_NOBODYS;
    return step == JSON_END;
}
