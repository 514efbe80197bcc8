/* See check_output.h. */
#include "commands/check_output.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "reports/html.h"
#include "reports/text.h"

void check_write_text(const struct check_list *list, const char *trace, FILE *out)
{
    static const char *const words[] = {[CHECK_PASSED] = "ok", [CHECK_FAILED] = "FAIL", [CHECK_TOLD] = "note"};
    int judged = 0;

    for (int i = 0; i < list->rows; i++) {
        const struct check_row *row = &list->row[i];

        judged += row->outcome != CHECK_TOLD;
        text_colour(out, text_verdict_colour(words[row->outcome]));
        fprintf(out, "%-4s", words[row->outcome]);
        text_colour(out, TEXT_PLAIN);
        fputs("  ", out);
        utf8_print(out, row->name);
        fputs(": ", out);
        utf8_print(out, row->words);
        fputc('\n', out);
    }
    fprintf(out, "%d of %d check%s passed: ", judged - list->failed, judged, judged == 1 ? "" : "s");
    utf8_print(out, trace);
    fputc('\n', out);
}

/* GitHub's escapes: %, and in properties also : and , (line breaks are printable text already). */
static void put_escaped(const char *text, const char *special, FILE *out)
{
    struct strbuf safe;

    strbuf_init(&safe);
    utf8_printable(&safe, text);
    for (const char *at = safe.text; *at != '\0'; at++)
        if (strchr(special, *at) != NULL)
            fprintf(out, "%%%02X", (unsigned char)*at);
        else
            fputc(*at, out);
    strbuf_release(&safe);
}

void check_write_github(const struct check_list *list, const char *trace, FILE *out)
{
    static const char *const levels[] = {[CHECK_FAILED] = "error", [CHECK_TOLD] = "notice"};

    for (int i = 0; i < list->rows; i++) {
        const struct check_row *row = &list->row[i];

        if (row->outcome == CHECK_PASSED)
            continue;
        fprintf(out, "::%s title=clprof%%3A ", levels[row->outcome]);
        put_escaped(row->name, "%:,", out);
        fputs("::", out);
        put_escaped(row->words, "%", out);
        fputs(" (", out);
        put_escaped(trace, "%", out);
        fputs(")\n", out);
    }
}

static void put_xml(const char *text, FILE *out)
{
    struct strbuf safe;

    strbuf_init(&safe);
    utf8_printable(&safe, text);
    html_text(out, safe.text); /* the five entities are XML's, too */
    strbuf_release(&safe);
}

static void put_case(const struct check_row *row, const char *trace, FILE *out)
{
    fputs("    <testcase classname=\"clprof.", out);
    put_xml(trace, out);
    fputs("\" name=\"", out);
    put_xml(row->name, out);
    if (row->outcome == CHECK_PASSED) {
        fputs("\"/>\n", out);
        return;
    }
    fputs("\">\n      <failure type=\"clprof check\" message=\"", out);
    put_xml(row->words, out);
    fputs("\"/>\n    </testcase>\n", out);
}

void check_write_junit(const struct check_list *list, const char *trace, FILE *out)
{
    int judged = 0;

    for (int i = 0; i < list->rows; i++)
        judged += list->row[i].outcome != CHECK_TOLD;
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%d\" failures=\"%d\">\n", judged,
            list->failed);
    fprintf(out, "  <testsuite name=\"clprof check\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\">\n", judged,
            list->failed);
    for (int i = 0; i < list->rows; i++)
        if (list->row[i].outcome != CHECK_TOLD)
            put_case(&list->row[i], trace, out);
    fputs("    <system-out>", out);
    for (int i = 0; i < list->rows; i++) {
        if (list->row[i].outcome != CHECK_TOLD)
            continue;
        put_xml(list->row[i].name, out);
        fputs(": ", out);
        put_xml(list->row[i].words, out);
        fputc('\n', out);
    }
    fputs("</system-out>\n  </testsuite>\n</testsuites>\n", out);
}
