/* Escaping by table; nothing else in shell/ writes a backslash into a page's text. */
#include "shell/roff.h"

#include <stdbool.h>
#include <string.h>

static const char *const escapes[256] = {
    ['\\'] = "\\e", ['-'] = "\\-", ['\''] = "\\(aq", ['`'] = "\\(ga", ['^'] = "\\(ha", ['~'] = "\\(ti", ['"'] = "\\(dq",
};

static void append_escaped(struct strbuf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const char *escape = escapes[(unsigned char)text[i]];
        if (escape)
            strbuf_append(out, escape);
        else
            strbuf_append_bytes(out, &text[i], 1);
    }
}

void roff_text(struct strbuf *out, const char *text)
{
    bool line_start = !out->length || out->text[out->length - 1] == '\n';

    if (line_start && *text == '.')
        strbuf_append(out, "\\&");
    append_escaped(out, text, strlen(text));
}

/* Input lines break where a sentence ends, so that the formatter sees it, and where they get long. */
#define LINE_MOST 72 /* bytes, before what escapes add */

static bool sentence_ends(const char *text, size_t at, size_t length)
{
    return at && text[at - 1] == '.' && at + 1 < length && text[at + 1] >= 'A' && text[at + 1] <= 'Z';
}

/* The blank before `next`. */
static void append_blank(struct strbuf *out, bool broken, const char *next)
{
    const char *line = strrchr(out->text, '\n');
    size_t column = out->length - (line ? (size_t)(line + 1 - out->text) : 0);

    if (!broken && column + strcspn(next, " ") < LINE_MOST)
        strbuf_append(out, " ");
    else
        strbuf_append(out, *next == '.' ? "\n\\&" : "\n");
}

static void append_paragraph(struct strbuf *out, const char *text, size_t length)
{
    bool bold = false;

    if (length && *text == '.')
        strbuf_append(out, "\\&");
    for (size_t i = 0; i < length; i++) {
        bool closed = memchr(text + i + 1, '`', length - i - 1) != NULL;
        if (text[i] == '`' && (bold || closed)) {
            bold = !bold;
            strbuf_append(out, bold ? "\\fB" : "\\fR");
        } else if (text[i] == ' ') {
            append_blank(out, sentence_ends(text, i, length), text + i + 1);
        } else {
            append_escaped(out, text + i, 1);
        }
    }
    strbuf_append(out, "\n");
}

void roff_paragraphs(struct strbuf *out, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        append_paragraph(out, text, length);
        text += length + strspn(text + length, "\n");
        if (*text)
            strbuf_append(out, ".PP\n");
    }
}

void roff_section(struct strbuf *out, const char *name)
{
    strbuf_printf(out, ".SH %s\n", name);
}

static void append_macro(struct strbuf *out, const char *macro, const char *text)
{
    strbuf_printf(out, "%s ", macro);
    roff_text(out, text);
    strbuf_append(out, "\n");
}

void roff_bold(struct strbuf *out, const char *text)
{
    append_macro(out, ".B", text);
}

void roff_italic(struct strbuf *out, const char *text)
{
    append_macro(out, ".I", text);
}
