/* Pieces of HTML, see html.h. */
#include "reports/html.h"

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
