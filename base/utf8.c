/* UTF-8 decoding after RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF; and what a terminal may show. */
#include "base/utf8.h"

#include <stdbool.h>

#define REPLACEMENT 0xFFFD

static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

size_t utf8_decode(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text[0];
    size_t length = sequence_length(lead);
    uint32_t value = length < 2 ? lead : lead & (0xFFu >> (length + 1));

    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];

        if ((next & 0xC0) != 0x80) {
            length = 0;
            break;
        }
        value = value << 6 | (next & 0x3F);
    }
    if (length == 0 || value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        *code = REPLACEMENT;
        return 1;
    }
    *code = value;
    return length;
}

size_t utf8_encode(uint32_t code, char bytes[4])
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        bytes[0] = (char)(0xC0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        bytes[0] = (char)(0xE0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    bytes[0] = (char)(0xF0 | code >> 18);
    bytes[1] = (char)(0x80 | (code >> 12 & 0x3F));
    bytes[2] = (char)(0x80 | (code >> 6 & 0x3F));
    bytes[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

struct range {
    uint32_t first, last;
};

static bool within(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count && code >= ranges[i].first; i++)
        if (code <= ranges[i].last)
            return true;
    return false;
}

#define WITHIN(ranges, code) within(ranges, sizeof(ranges) / sizeof *(ranges), code)

/*
 * Unicode's format characters (category Cf), the separators of lines and paragraphs, blanks that look like nothing, and two
 * that are no characters, which XML forbids.
 */
static const struct range hidden[] = {
    {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},   {0x061C, 0x061C},     {0x115F, 0x1160},
    {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},     {0x2060, 0x206F},
    {0x3164, 0x3164},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},     {0xFFFE, 0xFFFF},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

void utf8_printable(struct strbuf *out, const char *text)
{
    while (*text != '\0') {
        char bytes[4];
        uint32_t code;

        text += utf8_decode(text, &code);
        if (code == '\n')
            strbuf_append(out, "\\n");
        else if (code == '\t')
            strbuf_append(out, "\\t");
        else if (code < 0x20 || (code >= 0x7F && code < 0xA0))
            strbuf_printf(out, "\\x%02x", (unsigned)code);
        else if (WITHIN(hidden, code))
            strbuf_printf(out, "\\u%04x", (unsigned)code);
        else
            strbuf_append_bytes(out, bytes, utf8_encode(code, bytes));
    }
}

void utf8_print(FILE *out, const char *text)
{
    struct strbuf shown;

    strbuf_init(&shown);
    utf8_printable(&shown, text);
    fputs(shown.text, out);
    strbuf_release(&shown);
}

/* The usual blocks of Unicode 15's East_Asian_Width W and F, and of characters that combine with the one before. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
    {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};
static const struct range combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x0E34, 0x0E3A},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

size_t utf8_width(const char *text)
{
    size_t width = 0;

    while (*text != '\0') {
        uint32_t code;

        text += utf8_decode(text, &code);
        width += code < 0x300 ? 1 : WITHIN(wide, code) ? 2 : WITHIN(combining, code) ? 0 : 1;
    }
    return width;
}
