/* Pieces of HTML, see html.h. */
#include "reports/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const char *entity(uint32_t code)
{
    static const char *const entities[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};

    return code < 128 ? entities[code] : NULL;
}

void html_text(FILE *out, const char *text)
{
    while (*text != '\0') {
        char bytes[4];
        uint32_t code;

        text += utf8_decode(text, &code);
        if ((code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0))
            code = 0xFFFD;
        if (entity(code) != NULL)
            fputs(entity(code), out);
        else
            fwrite(bytes, 1, utf8_encode(code, bytes), out);
    }
}

void html_known(FILE *out, const char *text)
{
    html_text(out, text == NULL || *text == '\0' ? "unknown" : text);
}

void html_badge(FILE *out, const char *verdict)
{
    fputs("<span class=\"badge ", out);
    html_known(out, verdict);
    fputs("\">", out);
    html_known(out, verdict);
    fputs("</span>", out);
}

static void put_file(FILE *out, const char *template, const char *name, size_t length)
{
    char file[64];

    snprintf(file, sizeof file, "%.*s", (int)length, name);
    const char *text = embed_find(report_files, file);
    if (text == NULL) {
        fprintf(stderr, "clprof: html/%s names {{%s}}, which is neither a part nor a file\n", template, file);
        abort();
    }
    fputs(text, out);
}

void html_fill(FILE *out, const char *file, html_put *put, const void *what)
{
    const char *at = embed_find(report_files, file), *open;

    if (at == NULL)
        abort();
    while ((open = strstr(at, "{{")) != NULL) {
        const char *close = strstr(open, "}}");

        fwrite(at, 1, (size_t)(open - at), out);
        open += 2;
        if (!put(what, open, (size_t)(close - open), out))
            put_file(out, file, open, (size_t)(close - open));
        at = close + 2;
    }
    fputs(at, out);
}
