/* The root of a JSON file as a small state machine over a sliding window; elements are found by json_scan. */
#include "importers/json/walk.h"

#include <stdio.h>

#include "importers/source.h"

#define KEY_BYTES 64      /* of an element's first key and of a root's keys: longer ones are nobody's */
#define FIRST_KEYS 8      /* kinds of elements that are told apart by theirs */
#define FIRST_REACH (16 << 10) /* longer elements are rare */
#define RESUME_BYTES 4096 /* the most that may stand between "}" and the key of the next element */

struct walker {
    const char *path;
    const struct json_walk *walk;
    struct json_outcome *outcome;
    struct source *source;
    const char *at, *end; /* the window, from the next byte on */
    bool over;            /* the stream has ended: nothing more can come */
    /* First keys of good elements: the next after a broken one begins with one of them. */
    char first_key[FIRST_KEYS][KEY_BYTES];
    size_t first_key_length[FIRST_KEYS];
    int first_keys;
};

static int64_t here(const struct walker *self)
{
    return source_offset(self->source, self->at);
}

/* More bytes behind the window; false (and `over`) at the end of the stream. */
static enum status more(struct walker *self, bool *got)
{
    TRY(source_more(self->source, &self->at, &self->end, got));
    self->over |= !*got;
    return STATUS_OK;
}

/* The next byte that is no space, left where it is; 0 at the end of the stream. */
static enum status peek(struct walker *self, char *c)
{
    bool got = true;
    for (*c = 0; got; ) {
        self->at = json_space(self->at, self->end);
        if (self->at < self->end) {
            *c = *self->at;
            return STATUS_OK;
        }
        TRY(more(self, &got));
    }
    return STATUS_OK;
}

static void breaks_off(struct walker *self)
{
    self->outcome->end_offset = here(self);
}

static enum status unexpected(struct walker *self, const char *wanted)
{
    unsigned char c = (unsigned char)*self->at;
    char shown[8];
    snprintf(shown, sizeof shown, c > ' ' && c < 127 ? "'%c'" : "0x%02x", c);
    return FAIL(CORRUPT, "%s: byte %lld: %s is expected, %s is there; is this a whole JSON trace?", self->path,
                (long long)here(self), wanted, shown);
}

/* The end of a string from within it, byte by byte: of the root's, which are short or nobody's. */
static const char *string_rest(struct json_scan *scan, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (scan->escaped)
            scan->escaped = 0;
        else if (*at == '\\')
            scan->escaped = 1;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* The end of the value that began with `first`, from the byte `from` within it; NULL: not in this window. */
static const char *value_rest(struct walker *self, char first, struct json_scan *scan, const char *from)
{
    if (first == '{' || first == '[')
        return json_scan(scan, from, self->end);
    if (first == '"')
        return string_rest(scan, from, self->end);
    while (from < self->end && !strchr(",:{}[]\" \t\r\n", *from))
        from++;
    return from < self->end || self->over ? from : NULL;
}

/* Passes over the value at hand. value->at == NULL: it is longer than JSON_MEMBER_BYTES, or the stream ends within it. */
static enum status pass_value(struct walker *self, struct json_text *value)
{
    char first = *self->at;
    struct json_scan scan = {.depth = 1};
    const char *from = self->at + 1, *last;
    int64_t begin = here(self);
    bool kept = true;

    while (!(last = value_rest(self, first, &scan, from)) && !self->over) {
        bool got;
        size_t seen = (size_t)(self->end - self->at);
        kept = kept && seen <= JSON_MEMBER_BYTES;
        if (!kept)
            self->at = self->end;
        TRY(more(self, &got));
        from = self->at + (kept ? seen : 0);
    }
    *value = (struct json_text){kept && last ? self->at : NULL, last};
    if (last)
        self->at = last;
    else
        self->outcome->end_offset = begin;
    return STATUS_OK;
}

/* The first key of an object, so far as it is told. */
static struct json_text first_key(struct json_text object)
{
    const char *at = object.at + 1;
    struct json_text key = {0};
    return json_next_key(&at, object.end, &key) == JSON_FOUND ? key : (struct json_text){0};
}

static bool is_known_key(const struct walker *self, struct json_text key)
{
    for (int i = 0; i < self->first_keys; i++) {
        if (json_is(key, self->first_key[i], self->first_key_length[i]))
            return true;
    }
    return false;
}

static void remember_key(struct walker *self, struct json_text object)
{
    struct json_text key = first_key(object);
    if (!key.at || json_length(key) > KEY_BYTES || self->first_keys == FIRST_KEYS || is_known_key(self, key))
        return;
    memcpy(self->first_key[self->first_keys], key.at, json_length(key));
    self->first_key_length[self->first_keys++] = json_length(key);
}

/* Whether an element may begin at this '{': with a key that a good one began with, if there was one. */
static bool may_begin(const struct walker *self, const char *at)
{
    struct json_text key = first_key((struct json_text){at, self->end});
    return key.at && (!self->first_keys || is_known_key(self, key));
}

/* The '{' of the next element behind a "}" and a comma within the window, NULL when there is none. */
static const char *find_next(const struct walker *self)
{
    for (const char *brace = self->at; brace < self->end; brace++) {
        brace = memchr(brace, '}', (size_t)(self->end - brace));
        if (!brace)
            break;
        const char *at = json_space(brace + 1, self->end);
        if (at < self->end && *at == ',')
            at = json_space(at + 1, self->end);
        if (at < self->end && *at == '{' && may_begin(self, at))
            return at;
    }
    return NULL;
}

/* Leaves the element at hand out and goes on at the next; at the stream's end the file breaks off here. */
static enum status leave_out(struct walker *self)
{
    int64_t begin = here(self);
    const char *next;

    if (self->outcome->broken++ == 0)
        self->outcome->broken_offset = begin;
    self->at++;
    while (!(next = find_next(self)) && !self->over) {
        bool got;
        if (self->end - self->at > RESUME_BYTES)
            self->at = self->end - RESUME_BYTES;
        TRY(more(self, &got));
    }
    if (next)
        self->at = next;
    else
        self->outcome->end_offset = begin;
    return STATUS_OK;
}

/*
 * The end of the element at hand within the window, NULL when it is not there. *sound is false when it can't come: a little
 * is looked at first, for an unescaped quote can hide the end, and there may be many such elements.
 */
static const char *find_end(const struct walker *self, bool *sound)
{
    for (ptrdiff_t reach = FIRST_REACH;; reach *= 8) {
        struct json_scan scan = {.depth = 1};
        const char *limit = self->end - self->at > reach ? self->at + reach : self->end;
        const char *last = json_scan(&scan, self->at + 1, limit);
        *sound = last || json_sound(self->at, limit);
        if (last || !*sound || limit == self->end)
            return last;
    }
}

/* The element at hand ('{'). */
static enum status take_element(struct walker *self)
{
    const char *last;
    bool sound, broken = false;

    while (!(last = find_end(self, &sound))) {
        bool got;
        if (!sound)
            return leave_out(self);
        TRY(more(self, &got));
        if (!got) {
            breaks_off(self);
            return STATUS_OK;
        }
    }
    struct json_text object = {self->at, last};
    TRY(self->walk->element(self->walk->user, object, &broken));
    if (broken)
        return leave_out(self);
    /* All of the first ones, then a sample: it costs 15 ns. */
    if (self->outcome->elements++ < 64 || self->outcome->elements % 16 == 0)
        remember_key(self, object);
    self->at = last;
    return STATUS_OK;
}

/* Whether the walk has come to where the file breaks off. */
static bool stopped(const struct walker *self)
{
    return self->outcome->end_offset >= 0;
}

/* Behind the '[' of the array. */
static enum status take_elements(struct walker *self)
{
    struct json_text value;
    char c;

    self->outcome->array_seen = true;
    while (!stopped(self)) {
        TRY(peek(self, &c));
        if (c == 0 && self->over) {
            breaks_off(self);
        } else if (c == ']') {
            self->at++;
            break;
        } else if (c == ',') {
            self->at++;
        } else if (c == '{') {
            TRY(take_element(self));
        } else if (c == '}' || c == ':') {
            TRY(leave_out(self));
        } else {
            TRY(pass_value(self, &value));
        }
    }
    return STATUS_OK;
}

/* "key": value of the root; the key is copied, for its bytes move when the value is read. */
static enum status take_member(struct walker *self)
{
    char copy[KEY_BYTES + JSON_PAD], c;
    struct json_text key, value;

    TRY(pass_value(self, &key));
    if (stopped(self))
        return STATUS_OK;
    key = json_bare(key);
    size_t length = key.at && json_length(key) <= KEY_BYTES ? json_length(key) : 0;
    memcpy(copy, key.at, length);
    key = (struct json_text){copy, copy + length};

    TRY(peek(self, &c));
    if (c == ':') {
        self->at++;
        TRY(peek(self, &c));
    } else if (c) {
        return unexpected(self, "':'");
    }
    if (c == 0 && self->over) {
        breaks_off(self);
        return STATUS_OK;
    }
    if (c == '[' && json_is(key, self->walk->array, strlen(self->walk->array))) {
        self->at++;
        return take_elements(self);
    }
    if (strchr(",:}]", c))
        return unexpected(self, "a value");
    TRY(pass_value(self, &value));
    return value.at && self->walk->member ? self->walk->member(self->walk->user, key, value) : STATUS_OK;
}

/* Behind the '{' of the root. */
static enum status take_members(struct walker *self)
{
    char c;

    while (!stopped(self)) {
        TRY(peek(self, &c));
        if (c == 0 && self->over)
            breaks_off(self);
        else if (c == '"')
            TRY(take_member(self));
        else if (c == '}' || c == ',')
            self->at++;
        else
            return unexpected(self, "a key in quotes");
        if (c == '}')
            break;
    }
    return STATUS_OK;
}

static enum status take_root(struct walker *self)
{
    char c;

    TRY(peek(self, &c));
    if (self->end - self->at >= 3 && memcmp(self->at, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        self->at += 3;
        TRY(peek(self, &c));
    }
    if (c == 0 && self->over) {
        const char *trouble = source_trouble(self->source);
        return FAIL(CORRUPT, "%s: byte 0: nothing is in the file%s%s", self->path, trouble ? "; " : "", trouble ? trouble : "");
    }
    if (c != '{' && c != '[')
        return unexpected(self, "'{' or '['");
    self->at++;
    TRY(c == '{' ? take_members(self) : take_elements(self));
    if (stopped(self))
        return STATUS_OK;
    TRY(peek(self, &c));
    if (c || self->at < self->end)
        return FAIL(CORRUPT, "%s: byte %lld: something follows the end of the JSON; are these two files in one?", self->path,
                    (long long)here(self));
    return STATUS_OK;
}

enum status json_walk_file(const char *path, const struct json_walk *walk, struct json_outcome *outcome)
{
    struct walker self = {.path = path, .walk = walk, .outcome = outcome};
    bool got;
    enum status status;

    *outcome = (struct json_outcome){.end_offset = -1, .broken_offset = -1};
    TRY_OUT(source_open(path, &self.source));
    TRY_OUT(more(&self, &got));
    TRY_OUT(take_root(&self));
    outcome->trouble = source_trouble(self.source);
out:
    source_close(self.source);
    return status;
}

bool json_outcome_note(const struct json_outcome *outcome, int which, struct strbuf *out)
{
    bool breaks = outcome->end_offset >= 0;

    if (which == 0 && breaks)
        strbuf_printf(out, "the file breaks off at byte %lld%s%s%s; what is whole before it was imported",
                      (long long)outcome->end_offset, outcome->trouble ? " (" : "", outcome->trouble ? outcome->trouble : "",
                      outcome->trouble ? ")" : "");
    else if (which == 0 && outcome->trouble)
        strbuf_printf(out, "%s; what was read before it is whole and was imported", outcome->trouble);
    else if (which == 1 && outcome->broken)
        strbuf_printf(out, "%lld events that are no JSON were left out, the first at byte %lld", (long long)outcome->broken,
                      (long long)outcome->broken_offset);
    return out->length > 0;
}
