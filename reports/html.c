/* Pieces of HTML, see html.h. */
#include "reports/html.h"

#include <math.h>
#include <string.h>

#include "reports/json.h"
#include "reports/text.h"
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

static void begin_number(FILE *out, double value)
{
    char text[32] = "";

    if (isfinite(value))
        json_number_text(value, text);
    fprintf(out, "<td class=\"n\" data-v=\"%s\">", text);
}

void html_number(FILE *out, double value, int decimals)
{
    char text[32];

    begin_number(out, value);
    html_text(out, isfinite(value) ? number_fixed(text, value, decimals) : "–");
    fputs("</td>", out);
}

void html_interval(FILE *out, double value, double low, double high)
{
    char text[32], interval[72];

    begin_number(out, value);
    fputs(isfinite(value) ? number_short(text, value) : "–", out);
    number_interval(interval, low, high);
    if (*interval != '\0')
        fprintf(out, "<span class=\"range\">%s</span>", interval);
    fputs("</td>", out);
}

void html_badge(FILE *out, const char *verdict)
{
    fputs("<span class=\"badge ", out);
    html_known(out, verdict);
    fputs("\">", out);
    html_known(out, verdict);
    fputs("</span>", out);
}

void html_table_begin(FILE *out, const char *id, const char *caption, const char *const *titles)
{
    fprintf(out, "<div class=\"scroll\"><table id=\"%s\" class=\"sortable\"><caption>%s</caption>\n<thead><tr>", id,
            caption);
    for (; *titles != NULL; titles++)
        fprintf(out, "<th scope=\"col\"%s>%s</th>", **titles == '#' ? " class=\"n\"" : "", *titles + (**titles == '#'));
    fputs("</tr></thead>\n<tbody>\n", out);
}

void html_table_end(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}
