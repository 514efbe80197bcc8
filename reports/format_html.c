/* The report as one HTML page without any request to a network: html/template.html with its {{names}} filled in. */
#include "reports/formats.h"

#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

static void put_part(const struct report *report, const char *name, size_t length, FILE *out)
{
    static const char sql[] = "sql ";
    char file[64];
    const char *text;

    if (strncmp(name, sql, strlen(sql)) == 0 && html_sql(report, name + strlen(sql), length - strlen(sql), out))
        return;
    for (const struct html_part *part = html_parts; part->name != NULL; part++)
        if (strlen(part->name) == length && memcmp(part->name, name, length) == 0) {
            part->write(report, out);
            return;
        }
    snprintf(file, sizeof file, "%.*s", (int)length, name);
    text = embed_find(report_files, file);
    if (text == NULL) {
        fprintf(stderr, "clprof: html/template.html names {{%s}}, which is neither a part nor a file\n", file);
        abort();
    }
    fputs(text, out);
}

void report_write_html(const struct report *report, FILE *out)
{
    const char *at = embed_find(report_files, "template.html"), *open;

    if (at == NULL)
        abort();
    while ((open = strstr(at, "{{")) != NULL) {
        const char *close = strstr(open, "}}");

        fwrite(at, 1, (size_t)(open - at), out);
        put_part(report, open + 2, (size_t)(close - open - 2), out);
        at = close + 2;
    }
    fputs(at, out);
}
