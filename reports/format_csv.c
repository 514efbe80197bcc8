/* CSV after RFC 4180: the findings, one row each, with their verifications. Unknown is an empty field. */
#include "reports/formats.h"

#include <string.h>

#include "reports/utf8.h"

void csv_field(FILE *out, const char *text)
{
    bool quoted = text != NULL && (*text == '\0' || strpbrk(text, ",\"\r\n") != NULL);

    fputs(quoted ? "\"" : "", out);
    while (text != NULL && *text != '\0') {
        char bytes[4];
        uint32_t code;

        text += utf8_decode(text, &code);
        fputs(code == '"' ? "\"" : "", out);
        fwrite(bytes, 1, utf8_encode(code, bytes), out);
    }
    fputs(quoted ? "\"" : "", out);
}

void report_write_csv(const struct report *report, FILE *out)
{
    const struct table *findings = &report->section[SECTION_findings];

    for (size_t i = 0; i < findings->columns; i++) {
        fputs(i == 0 ? "" : ",", out);
        csv_field(out, findings->names[i]);
    }
    fputs("\r\n", out);
    for (size_t row = 0; row < findings->rows; row++) {
        for (size_t i = 0; i < findings->columns; i++) {
            fputs(i == 0 ? "" : ",", out);
            csv_field(out, findings->cells[row * findings->columns + i].text);
        }
        fputs("\r\n", out);
    }
}
