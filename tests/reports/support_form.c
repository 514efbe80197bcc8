/* See support_form.h. */
#include "reports/support_form.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- JSON: each reader returns the place behind the value, NULL with *bad set on an error. */

static const char *read_value(const char *at, const char **bad);

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static const char *fail_at(const char *at, const char **bad)
{
    *bad = at;
    return NULL;
}

static const char *read_string(const char *at, const char **bad)
{
    if (*at++ != '"')
        return fail_at(at - 1, bad);
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return fail_at(at, bad);
        if (*at != '\\')
            continue;
        at++;
        if (*at == 'u') {
            for (int i = 0; i < 4; i++)
                if (!isxdigit((unsigned char)*++at))
                    return fail_at(at, bad);
        } else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL) {
            return fail_at(at, bad);
        }
    }
    return at + 1;
}

static const char *read_number(const char *at, const char **bad)
{
    const char *start = at;
    size_t digits;

    at += *at == '-';
    digits = strspn(at, "0123456789");
    if (digits == 0 || (digits > 1 && *at == '0'))
        return fail_at(start, bad);
    at += digits;
    if (*at == '.') {
        digits = strspn(++at, "0123456789");
        if (digits == 0)
            return fail_at(at, bad);
        at += digits;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        digits = strspn(at, "0123456789");
        if (digits == 0)
            return fail_at(at, bad);
        at += digits;
    }
    return at;
}

static const char *read_group(const char *at, const char **bad)
{
    bool object = *at == '{';
    char end = object ? '}' : ']';

    at = skip_blanks(at + 1);
    if (*at == end)
        return at + 1;
    for (;;) {
        if (object) {
            at = read_string(skip_blanks(at), bad);
            if (at == NULL)
                return NULL;
            at = skip_blanks(at);
            if (*at++ != ':')
                return fail_at(at - 1, bad);
        }
        at = read_value(at, bad);
        if (at == NULL)
            return NULL;
        at = skip_blanks(at);
        if (*at == end)
            return at + 1;
        if (*at++ != ',')
            return fail_at(at - 1, bad);
    }
}

static const char *read_value(const char *at, const char **bad)
{
    static const char *const words[] = {"null", "true", "false"};

    at = skip_blanks(at);
    if (*at == '{' || *at == '[')
        return read_group(at, bad);
    if (*at == '"')
        return read_string(at, bad);
    for (size_t i = 0; i < 3; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return at + strlen(words[i]);
    return read_number(at, bad);
}

long json_error(const char *text)
{
    const char *bad = NULL, *end = read_value(text, &bad);

    if (end == NULL)
        return bad - text;
    end = skip_blanks(end);
    return *end == '\0' ? -1 : end - text;
}

/* The member of an object or array in valid JSON. */
static const char *find_member(const char *at, const char *name, size_t name_length)
{
    const char *bad;
    bool object = *at == '{';
    long wanted = strtol(name, NULL, 10);

    at = skip_blanks(at + 1);
    for (long i = 0; *at != '}' && *at != ']'; i++) {
        const char *key = at;

        if (object) {
            at = skip_blanks(read_string(at, &bad)) + 1;
            if (strncmp(key + 1, name, name_length) == 0 && key[name_length + 1] == '"')
                return skip_blanks(at);
        } else if (i == wanted) {
            return at;
        }
        at = skip_blanks(read_value(at, &bad));
        at = skip_blanks(at + (*at == ','));
    }
    return NULL;
}

const char *json_at(const char *text, const char *path, size_t *length)
{
    const char *bad, *at = skip_blanks(text);

    while (at != NULL && *path != '\0') {
        size_t name_length = strcspn(path, ".");

        if (*at != '{' && *at != '[')
            return NULL;
        at = find_member(at, path, name_length);
        path += name_length + (path[name_length] == '.');
    }
    if (at != NULL)
        *length = (size_t)(read_value(at, &bad) - at);
    return at;
}

bool json_is(const char *text, const char *path, const char *value)
{
    size_t length;
    const char *at = json_at(text, path, &length);

    return at != NULL && length == strlen(value) && memcmp(at, value, length) == 0;
}

/* ---- UTF-8, by the table of the Unicode standard (3-7): lead byte, range of the second byte, length. */

long utf8_error(const char *text)
{
    static const struct {
        unsigned char lead_low, lead_high, second_low, second_high;
        int length;
    } forms[] = {{0x01, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                 {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
                 {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    const unsigned char *at = (const unsigned char *)text;

    while (*at != 0) {
        size_t form = 0;

        while (form < 9 && (*at < forms[form].lead_low || *at > forms[form].lead_high))
            form++;
        if (form == 9)
            return (long)((const char *)at - text);
        for (int i = 1; i < forms[form].length; i++)
            if (at[i] < (i == 1 ? forms[form].second_low : 0x80) || at[i] > (i == 1 ? forms[form].second_high : 0xBF))
                return (long)((const char *)at - text);
        at += forms[form].length;
    }
    return -1;
}

/* ---- HTML */

#define DEEPEST 64
#define MOST_IDS 256

struct page {
    char open[DEEPEST][24];
    int depth;
    char ids[MOST_IDS][48];
    int id_count;
    bool self_closed; /* the tag that was read last ended in "/>", as elements of drawings do */
    char error[256];
};

static bool complain(struct page *page, const char *what, const char *at)
{
    snprintf(page->error, sizeof page->error, "%s at: %.60s", what, at);
    return false;
}

static bool is_void(const char *name)
{
    static const char *const names[] = {"meta", "input", "br", "img", "link", "hr"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

static bool take_id(struct page *page, const char *value, size_t length)
{
    for (int i = 0; i < page->id_count; i++)
        if (strlen(page->ids[i]) == length && memcmp(page->ids[i], value, length) == 0)
            return complain(page, "an id occurs twice", value);
    if (page->id_count < MOST_IDS)
        snprintf(page->ids[page->id_count++], sizeof page->ids[0], "%.*s", (int)length, value);
    return true;
}

/* Attributes up to '>'; each is name="value" or a bare name. */
static bool read_attributes(struct page *page, const char **at)
{
    const char *tag = *at;

    for (;;) {
        const char *name, *value;
        size_t length;

        *at += strspn(*at, " \n");
        page->self_closed = strncmp(*at, "/>", 2) == 0;
        if (**at == '>' || page->self_closed) {
            *at += 1 + page->self_closed;
            return true;
        }
        name = *at;
        length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
        if (length == 0)
            return complain(page, "a bad attribute", tag);
        *at += length;
        if (**at != '=')
            continue;
        if (*++*at != '"')
            return complain(page, "an attribute without quotes", tag);
        value = *at + 1;
        *at = strchr(value, '"');
        if (*at == NULL || strcspn(value, "<") < (size_t)(*at - value))
            return complain(page, "a bad attribute value", tag);
        if (length == 2 && memcmp(name, "id", 2) == 0 && !take_id(page, value, (size_t)(*at - value)))
            return false;
        ++*at;
    }
}

static bool read_tag(struct page *page, const char **at)
{
    const char *tag = *at;
    bool end = tag[1] == '/';
    size_t length = strspn(tag + 1 + end, "abcdefghijklmnopqrstuvwxyz0123456789");
    char name[24];

    if (strncasecmp(tag, "<!doctype html>", 15) == 0) {
        *at += 15;
        return true;
    }
    if (length == 0 || length >= sizeof name)
        return complain(page, "a bare <", tag);
    snprintf(name, sizeof name, "%.*s", (int)length, tag + 1 + end);
    *at += 1 + end + length;
    if (!read_attributes(page, at))
        return false;
    if (end && (page->depth == 0 || strcmp(page->open[--page->depth], name) != 0))
        return complain(page, "an end tag without its start", tag);
    if (end || is_void(name) || page->self_closed)
        return true;
    if (page->depth == DEEPEST)
        return complain(page, "too deep", tag);
    strcpy(page->open[page->depth++], name);
    if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0)
        *at = strstr(*at, "</");
    return *at != NULL || complain(page, "no end of", tag);
}

static bool read_text(struct page *page, const char **at)
{
    const char *text = *at;
    size_t length = strcspn(text, "<");

    for (size_t i = 0; i < length; i++)
        if (text[i] == '&' && (strcspn(text + i, ";") > 8 || strcspn(text + i, " ") < strcspn(text + i, ";")))
            return complain(page, "a bare &", text + i);
    *at += length;
    return true;
}

const char *html_error(const char *text)
{
    static struct page page;
    const char *at = text;
    bool good = true;

    memset(&page, 0, sizeof page);
    while (good && *at != '\0')
        good = *at == '<' ? read_tag(&page, &at) : read_text(&page, &at);
    if (good && page.depth > 0)
        good = complain(&page, "never closed", page.open[page.depth - 1]);
    return good ? NULL : page.error;
}

size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part)) != NULL) {
        count++;
        text += strlen(part);
    }
    return count;
}
