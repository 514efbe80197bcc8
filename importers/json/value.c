/* What numbers and strings mean. Decimals never pass through a double: epoch microseconds with three decimals need 61 bits. */
#include <limits.h>

#include "importers/json/text.h"

/* value = digits * 10^exponent, sign apart. */
struct decimal {
    uint64_t digits;
    int64_t exponent;
    bool negative;
};

#define DIGITS_MOST (UINT64_MAX / 10 - 1)

static bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

/* Digits beyond what 64 bits hold only move the exponent. */
static const char *read_digits(const char *at, const char *end, struct decimal *out, bool fraction)
{
    for (; is_digit(at, end); at++) {
        if (out->digits <= DIGITS_MOST) {
            out->digits = out->digits * 10 + (uint64_t)(*at - '0');
            out->exponent -= fraction;
        } else {
            out->exponent += !fraction;
        }
    }
    return at;
}

static const char *read_exponent(const char *at, const char *end, struct decimal *out)
{
    if (at >= end || (*at != 'e' && *at != 'E'))
        return at;
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (!is_digit(at, end))
        return NULL;
    int64_t value = 0;
    for (; is_digit(at, end); at++)
        value = value < 100000 ? value * 10 + (*at - '0') : value;
    out->exponent += negative ? -value : value;
    return at;
}

static bool read_decimal(struct json_text value, struct decimal *out)
{
    struct json_text text = json_bare(value);
    const char *at = text.at, *end = text.end;

    *out = (struct decimal){0};
    if (!at)
        return false;
    out->negative = at < end && *at == '-';
    at += out->negative;
    if (!is_digit(at, end))
        return false;
    at = read_digits(at, end, out, false);
    if (at < end && *at == '.')
        at = read_digits(at + 1, end, out, true);
    at = read_exponent(at, end, out);
    return at == end;
}

/* digits * 10^(exponent + shift) rounded to the nearest; false beyond int64. */
static bool to_integer(const struct decimal *decimal, int shift, int64_t *out)
{
    uint64_t value = decimal->digits;
    int64_t exponent = decimal->exponent + shift;
    unsigned last = 0;

    for (; exponent > 0 && value; exponent--) {
        if (value > INT64_MAX / 10)
            return false;
        value *= 10;
    }
    for (; exponent < 0 && (value || last); exponent++) {
        last = value % 10;
        value /= 10;
    }
    value += last >= 5;
    if (value > INT64_MAX)
        return false;
    *out = decimal->negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* "1234": what nearly all are. Up to 18 digits fit without a check. */
static bool plain_digits(struct json_text value, int64_t *out)
{
    size_t length = json_length(value);
    int64_t sum = 0;

    if (length == 0 || length > 18)
        return false;
    for (const char *at = value.at; at < value.end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        sum = sum * 10 + (*at - '0');
    }
    *out = sum;
    return true;
}

bool json_integer(struct json_text value, int64_t *out)
{
    struct decimal decimal;
    if (value.at && plain_digits(value, out))
        return true;
    if (!read_decimal(value, &decimal))
        return false;
    while (decimal.exponent < 0 && decimal.digits % 10 == 0 && decimal.digits) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return (decimal.exponent >= 0 || !decimal.digits) && to_integer(&decimal, 0, out);
}

bool json_microseconds(struct json_text value, int64_t *ns)
{
    struct decimal decimal;
    return read_decimal(value, &decimal) && to_integer(&decimal, 3, ns);
}

#define REPLACEMENT 0xfffd

static void append_utf8(struct strbuf *out, uint32_t code)
{
    char bytes[4];
    size_t count;

    if (code < 0x80) {
        bytes[0] = (char)code;
        count = 1;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
        count = 2;
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
        count = 3;
    } else {
        bytes[0] = (char)(0xf0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (code & 0x3f));
        count = 4;
    }
    strbuf_append_bytes(out, bytes, count);
}

/* Four hexadecimal digits; -1 when they are none. */
static int32_t read_hex(const char *at, const char *end)
{
    int32_t value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Behind "\u": appends the character and returns the byte after it; a pair of surrogates is one character. */
static const char *unescape_unicode(const char *at, const char *end, struct strbuf *out)
{
    int32_t code = read_hex(at, end), low;

    if (code < 0) {
        append_utf8(out, REPLACEMENT);
        return at;
    }
    at += 4;
    if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
        (low = read_hex(at + 2, end)) >= 0xdc00 && low < 0xe000) {
        append_utf8(out, 0x10000u + ((uint32_t)(code - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
        return at + 6;
    }
    append_utf8(out, code == 0 || (code >= 0xd800 && code < 0xe000) ? REPLACEMENT : (uint32_t)code);
    return at;
}

/* Bytes of the well-formed UTF-8 character at `at` (Unicode 15, table 3-7), 0 for none. */
static size_t utf8_length(const unsigned char *at, const unsigned char *end)
{
    unsigned char first = at[0];
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

    if (length < 2 || (size_t)(end - at) < length)
        return length < 2 ? length : 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    bool wrong = (first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) || (first == 0xf0 && at[1] < 0x90) ||
                 (first == 0xf4 && at[1] > 0x8f);
    return wrong ? 0 : length;
}

void json_unescape(struct json_text value, struct strbuf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    struct json_text text = json_bare(value);
    const char *at = text.at;

    while (at < text.end) {
        if (*at == '\\' && at + 1 < text.end) {
            const char *known = at[1] ? strchr(from, at[1]) : NULL;
            if (at[1] == 'u') {
                at = unescape_unicode(at + 2, text.end, out);
                continue;
            }
            /* An unknown escape is a backslash that somebody forgot to escape. */
            strbuf_append_bytes(out, known ? &to[known - from] : at, 1);
            at += known ? 2 : 1;
            continue;
        }
        size_t length = *at ? utf8_length((const unsigned char *)at, (const unsigned char *)text.end) : 0;
        if (length)
            strbuf_append_bytes(out, at, length);
        else
            append_utf8(out, REPLACEMENT);
        at += length ? length : 1;
    }
}
