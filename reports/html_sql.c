/* The SQL behind a part of the page, one click away: {{sql NAME NAME...}} in html/template.html. */
#include <string.h>

#include "reports/html.h"
#include "reports/section.h"
#include "reports/text.h"

static void put_query(const struct report *report, FILE *out, enum section section)
{
    struct strbuf text;

    strbuf_init(&text);
    section_title(&text, section);
    fputs("<p>", out);
    html_text(out, text.text);
    strbuf_clear(&text);
    text_shell_word(&text, report->trace_path);
    fputs(".<br><code>sqlite3 ", out);
    html_text(out, text.text);
    fprintf(out, " &lt; reports/sections/%s.sql</code> and <code>clprof query ", section_name(section));
    html_text(out, text.text);
    fprintf(out, " --name %s</code> print the same.</p>\n<pre id=\"sql-%s\" tabindex=\"0\"><code>",
            section_name(section), section_name(section));
    html_text(out, section_sql(section));
    fputs("</code></pre>\n", out);
    strbuf_release(&text);
}

bool html_sql(const struct report *report, const char *names, size_t length, FILE *out)
{
    const char *end = names + length;

    fputs("<details class=\"sql\"><summary>SQL of these numbers</summary>\n", out);
    while (names < end) {
        char name[64];
        size_t size = strcspn(names, " }");
        enum section section;

        snprintf(name, sizeof name, "%.*s", (int)size, names);
        section = section_find(name);
        if (section == SECTION_COUNT)
            return false;
        put_query(report, out, section);
        names += size;
        names += strspn(names, " ");
    }
    fputs("</details>\n", out);
    return true;
}
