/* The JSON header of a safetensors file: a strict parser of exactly this shape, which nests two levels and never recurses. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "trainer/safetensors_int.h"

struct parser {
    struct safetensors *file;
    const char *text; /* NUL-terminated; a NUL within stops every rule below */
    size_t length, at;
};

static enum status wrong(const struct parser *self, const char *what)
{
    return FAIL(CORRUPT, "%s: byte %zu: %s; the file is damaged or no safetensors file", self->file->path,
                SAFETENSORS_PREFIX + self->at, what);
}

static char next(struct parser *self)
{
    while (strchr(" \t\r\n", self->text[self->at]) && self->text[self->at])
        self->at++;
    return self->text[self->at];
}

static enum status expect(struct parser *self, char wanted)
{
    if (next(self) == wanted) {
        self->at++;
        return STATUS_OK;
    }
    char what[] = "'?' is missing";
    what[1] = wanted;
    return wrong(self, what);
}

/* After a value: true and past the comma when another follows, false and past `closing` at the end. */
static enum status more(struct parser *self, char closing, bool *goes_on)
{
    char found = next(self);
    *goes_on = found == ',';
    if (found != ',' && found != closing)
        return wrong(self, "neither ',' nor an end");
    self->at++;
    return STATUS_OK;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex_word(const char *text, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return false;
        *out = *out * 16 + (unsigned)digit;
    }
    return true;
}

static void append_utf8(struct strbuf *out, unsigned code)
{
    char bytes[4];
    int count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (int i = count - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(lead[count] | code);
    strbuf_append_bytes(out, bytes, (size_t)count);
}

/* "\uXXXX" from its first digit on, with the second half of a pair. */
static enum status unicode(struct parser *self, struct strbuf *out)
{
    unsigned code, low;
    if (!hex_word(self->text + self->at, &code))
        return wrong(self, "\\u without four hex digits");
    self->at += 4;
    if (code >= 0xd800 && code < 0xdc00 && strncmp(self->text + self->at, "\\u", 2) == 0 &&
        hex_word(self->text + self->at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
        self->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code == 0 || (code >= 0xd800 && code < 0xe000))
        return wrong(self, "NUL, or half a character");
    append_utf8(out, code);
    return STATUS_OK;
}

static enum status escape(struct parser *self, struct strbuf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = self->text[self->at];
    if (c == 'u') {
        self->at++;
        return unicode(self, out);
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return wrong(self, "an unknown escape");
    self->at++;
    strbuf_append_bytes(out, &to[found - from], 1);
    return STATUS_OK;
}

/* A string; *out is the caller's. */
static enum status string(struct parser *self, char **out)
{
    struct strbuf text;
    enum status status;
    *out = NULL;
    TRY(expect(self, '"'));
    strbuf_init(&text);
    for (;;) {
        char c = self->text[self->at];
        if ((unsigned char)c < 0x20) {
            status = wrong(self, c || self->at < self->length ? "a control character in a string" : "a string has no end");
            goto out;
        }
        self->at++;
        if (c == '"')
            break;
        if (c == '\\')
            TRY_OUT(escape(self, &text));
        else
            strbuf_append_bytes(&text, &c, 1);
    }
    *out = strbuf_take(&text);
    status = STATUS_OK;
out:
    strbuf_release(&text);
    return status;
}

/* A whole number from 0 on. */
static enum status number(struct parser *self, int64_t *out)
{
    char c = next(self);
    *out = 0;
    if (c < '0' || c > '9')
        return wrong(self, "no whole number");
    size_t first = self->at;
    for (; (c = self->text[self->at]) >= '0' && c <= '9'; self->at++) {
        if (*out > (INT64_MAX - 9) / 10)
            return wrong(self, "a number beyond 63 bits");
        *out = *out * 10 + (c - '0');
    }
    if ((self->text[first] == '0' && self->at > first + 1) || (c && strchr(".eE", c)))
        return wrong(self, "no whole number");
    return STATUS_OK;
}

/* "[1, 2]" into out[most]; more numbers are refused. */
static enum status numbers(struct parser *self, int64_t *out, int most, int *count)
{
    *count = 0;
    TRY(expect(self, '['));
    bool goes_on = next(self) != ']';
    if (!goes_on)
        self->at++;
    while (goes_on) {
        if (*count == most)
            return wrong(self, "more numbers in a list than it may have");
        TRY(number(self, &out[(*count)++]));
        TRY(more(self, ']', &goes_on));
    }
    return STATUS_OK;
}

static enum status type(struct parser *self, struct safetensor *tensor)
{
    char *name;
    TRY(string(self, &name));
    int found = 0;
    while (found < SAFETENSORS_TYPES && strcmp(name, safetensors_type_name((enum safetensors_type)found)) != 0)
        found++;
    free(name);
    if (found == SAFETENSORS_TYPES)
        return wrong(self, "an unknown dtype");
    tensor->type = (enum safetensors_type)found;
    return STATUS_OK;
}

enum { SEEN_TYPE = 1, SEEN_SHAPE = 2, SEEN_OFFSETS = 4, SEEN_ALL = 7 };

static enum status tensor_member(struct parser *self, struct safetensor *tensor, const char *key, int *seen)
{
    int64_t offset[2];
    int count = 0, which = strcmp(key, "dtype") == 0          ? SEEN_TYPE
                           : strcmp(key, "shape") == 0        ? SEEN_SHAPE
                           : strcmp(key, "data_offsets") == 0 ? SEEN_OFFSETS
                                                              : 0;
    if (!which || (*seen & which))
        return wrong(self, which ? "a member of a tensor is there twice" : "a tensor has an unknown member");
    *seen |= which;
    if (which == SEEN_TYPE)
        return type(self, tensor);
    if (which == SEEN_SHAPE)
        return numbers(self, tensor->size, SAFETENSORS_MAX_DIMS, &tensor->dims);
    TRY(numbers(self, offset, 2, &count));
    if (count != 2)
        return wrong(self, "data_offsets are two numbers");
    tensor->begin = offset[0];
    tensor->end = offset[1];
    return STATUS_OK;
}

static enum status check_bytes(const struct parser *self, const struct safetensor *tensor)
{
    int64_t bytes = safetensors_type_bytes(tensor->type);
    for (int i = 0; i < tensor->dims; i++) {
        if (__builtin_mul_overflow(bytes, tensor->size[i], &bytes))
            return wrong(self, "a shape beyond 63 bits");
    }
    if (tensor->end < tensor->begin || tensor->end > self->file->data_bytes)
        return FAIL(CORRUPT, "%s: byte %lld: the bytes %lld to %lld of %s lie outside the file's %lld bytes of data; the file "
                    "breaks off or is damaged", self->file->path, (long long)tensor->entry, (long long)tensor->begin,
                    (long long)tensor->end, tensor->name, (long long)self->file->data_bytes);
    if (tensor->end - tensor->begin != bytes)
        return FAIL(CORRUPT, "%s: byte %lld: %s has %lld bytes, its dtype and shape make %lld; the file is damaged",
                    self->file->path, (long long)tensor->entry, tensor->name, (long long)(tensor->end - tensor->begin),
                    (long long)bytes);
    return STATUS_OK;
}

/* Takes the name in any case. */
static enum status tensor_entry(struct parser *self, char *name, int64_t entry)
{
    struct safetensors *file = self->file;
    struct safetensor tensor = {.name = name, .entry = entry};
    int seen = 0;
    bool goes_on = true;
    enum status status;
    TRY_OUT(expect(self, '{'));
    while (goes_on) {
        char *key;
        TRY_OUT(string(self, &key));
        status = expect(self, ':');
        if (status == STATUS_OK)
            status = tensor_member(self, &tensor, key, &seen);
        free(key);
        TRY_OUT(status);
        TRY_OUT(more(self, '}', &goes_on));
    }
    TRY_OUT(seen == SEEN_ALL ? STATUS_OK : wrong(self, "a tensor lacks dtype, shape or data_offsets"));
    TRY_OUT(check_bytes(self, &tensor));
    TRY_OUT(array_room(&file->tensor, &file->tensor_room, file->tensor_count, sizeof *file->tensor));
    file->tensor[file->tensor_count++] = tensor;
    return STATUS_OK;
out:
    free(name);
    return status;
}

static enum status metadata(struct parser *self)
{
    struct safetensors *file = self->file;
    TRY(expect(self, '{'));
    bool goes_on = next(self) != '}';
    if (!goes_on)
        self->at++;
    while (goes_on) {
        struct safetensors_pair pair = {NULL, NULL};
        enum status status = string(self, &pair.key);
        if (status == STATUS_OK)
            status = expect(self, ':');
        if (status == STATUS_OK)
            status = string(self, &pair.value);
        if (status == STATUS_OK)
            status = array_room(&file->pair, &file->pair_room, file->pair_count, sizeof *file->pair);
        if (status != STATUS_OK) {
            free(pair.key);
            free(pair.value);
            return status;
        }
        file->pair[file->pair_count++] = pair;
        TRY(more(self, '}', &goes_on));
    }
    return STATUS_OK;
}

/* Names are printed. Metadata may hold anything. */
static bool is_plain(const char *name)
{
    while ((unsigned char)*name >= 0x20)
        name++;
    return !*name;
}

static enum status entry(struct parser *self)
{
    char *name;
    next(self);
    int64_t place = (int64_t)(SAFETENSORS_PREFIX + self->at);
    TRY(string(self, &name));
    enum status status = is_plain(name) ? expect(self, ':')
                                        : FAIL(CORRUPT, "%s: byte %lld: a control character in a name; the file is damaged",
                                               self->file->path, (long long)place);
    if (status == STATUS_OK && strcmp(name, "__metadata__") != 0)
        return tensor_entry(self, name, place);
    free(name);
    return status == STATUS_OK ? metadata(self) : status;
}

enum status safetensors_parse(struct safetensors *file, const char *text, size_t length)
{
    struct parser self = {file, text, length, 0};
    if (text[0] != '{')
        return wrong(&self, "the header does not begin with '{'");
    self.at = 1;
    bool goes_on = next(&self) != '}';
    if (!goes_on)
        self.at++;
    while (goes_on) {
        TRY(entry(&self));
        TRY(more(&self, '}', &goes_on));
    }
    next(&self);
    return self.at == length ? STATUS_OK : wrong(&self, "something stands behind the header's end");
}
