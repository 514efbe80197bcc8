/* Walking through objects and arrays in place. */
#include "importers/json/text.h"

static bool ends_literal(char c)
{
    return (unsigned char)c <= ' ' || c == ',' || c == ':' || c == '}' || c == ']' || c == '{' || c == '[' || c == '"';
}

static const char *literal_end(const char *at, const char *end)
{
    while (at < end && !ends_literal(*at))
        at++;
    return at;
}

const char *json_value_end(const char *at, const char *end)
{
    if (at >= end)
        return NULL;
    if (*at == '"') {
        const char *quote = json_string_end(at + 1, end);
        return quote ? quote + 1 : NULL;
    }
    if (*at == '{' || *at == '[') {
        struct json_scan scan = {.depth = 1};
        return json_scan(&scan, at + 1, end);
    }
    const char *last = literal_end(at, end);
    return last > at ? last : NULL;
}

/* Past spaces and commas. */
static const char *next_item(const char *at, const char *end)
{
    at = json_space(at, end);
    while (at < end && *at == ',')
        at = json_space(at + 1, end);
    return at;
}

enum json_step json_next_key(const char **at, const char *end, struct json_text *key)
{
    const char *here = next_item(*at, end);

    if (here < end && *here == '}') {
        *at = here + 1;
        return JSON_END;
    }
    if (here >= end || *here != '"')
        return JSON_BROKEN;
    key->at = here + 1;
    key->end = json_string_end(here + 1, end);
    if (!key->end)
        return JSON_BROKEN;
    here = json_space(key->end + 1, end);
    if (here >= end || *here != ':')
        return JSON_BROKEN;
    *at = json_space(here + 1, end);
    return JSON_FOUND;
}

/* After a value stands a comma or a closing bracket. */
static bool followed_well(const char *at, const char *end)
{
    at = json_space(at, end);
    return at < end && (*at == ',' || *at == '}' || *at == ']');
}

enum json_step json_next_member(const char **at, const char *end, struct json_text *key, struct json_text *value)
{
    enum json_step step = json_next_key(at, end, key);
    if (step != JSON_FOUND)
        return step;
    value->at = *at;
    value->end = json_value_end(*at, end);
    if (!value->end || !followed_well(value->end, end))
        return JSON_BROKEN;
    *at = value->end;
    return JSON_FOUND;
}

enum json_step json_next_element(const char **at, const char *end, struct json_text *value)
{
    const char *here = next_item(*at, end);

    if (here < end && *here == ']') {
        *at = here + 1;
        return JSON_END;
    }
    value->at = here;
    value->end = json_value_end(here, end);
    if (!value->end || !followed_well(value->end, end))
        return JSON_BROKEN;
    *at = value->end;
    return JSON_FOUND;
}

bool json_sound(const char *at, const char *end)
{
    bool after_value = false; /* a value has ended and nothing has come since */

    while ((at = json_space(at, end)) < end) {
        if (*at == ',' || *at == ':') {
            after_value = false;
            at++;
        } else if (*at == '}' || *at == ']') {
            after_value = true;
            at++;
        } else if (after_value) {
            return false;
        } else if (*at == '{' || *at == '[') {
            at++;
        } else if (*at == '"') {
            const char *quote = json_string_end(at + 1, end);
            if (!quote)
                return true;
            after_value = true;
            at = quote + 1;
        } else {
            after_value = true;
            at = literal_end(at, end);
        }
    }
    return true;
}
