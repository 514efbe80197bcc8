/* The report as one HTML page without any request to a network: html/template.html with its {{names}} filled in. */
#include "reports/formats.h"

#include <string.h>

#include "reports/html.h"

static bool put_part(const void *what, const char *name, size_t length, FILE *out)
{
    static const char sql[] = "sql ";
    const struct report *report = what;

    if (strncmp(name, sql, strlen(sql)) == 0 && html_sql(report, name + strlen(sql), length - strlen(sql), out))
        return true;
    for (const struct html_part *part = html_parts; part->name != NULL; part++)
        if (strlen(part->name) == length && memcmp(part->name, name, length) == 0) {
            part->write(report, out);
            return true;
        }
    return false;
}

void report_write_html(const struct report *report, FILE *out)
{
    html_fill(out, "template.html", put_part, report);
}
