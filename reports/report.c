/* report_write: loads a report's sections and hands them to the format. */
#include "reports/report.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "profiler/trace.h"
#include "reports/formats.h"
#include "reports/section.h"
#include "reports/text.h"

static const struct {
    void (*write)(const struct report *report, FILE *out);
    enum section_use most;
} formats[] = {
    [REPORT_TEXT] = {report_write_text, FOR_TEXT},
    [REPORT_HTML] = {report_write_html, FOR_HTML},
    [REPORT_JSON] = {report_write_json, FOR_REPORT},
    [REPORT_CSV] = {report_write_csv, FOR_REPORT},
};

enum report_format report_format_for(const char *path)
{
    static const struct {
        const char *ending;
        enum report_format format;
    } endings[] = {{".html", REPORT_HTML}, {".htm", REPORT_HTML}, {".json", REPORT_JSON}, {".csv", REPORT_CSV}};
    size_t length = path == NULL ? 0 : strlen(path);

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t tail = strlen(endings[i].ending);

        if (length > tail && strcasecmp(path + length - tail, endings[i].ending) == 0)
            return endings[i].format;
    }
    return REPORT_TEXT;
}

static enum status fail_not_analysed(const char *trace_path)
{
    enum status status;
    struct strbuf path;

    strbuf_init(&path);
    text_shell_word(&path, trace_path);
    status = FAIL(NOT_FOUND, "%s has no findings yet: run clprof analyze %s", trace_path, path.text);
    strbuf_release(&path);
    return status;
}

enum status report_write(sqlite3 *db, enum report_format format, const char *trace_path, FILE *out)
{
    enum status status;
    struct report report = {0};

    TRY_OUT(report_load(&report, db, trace_path, formats[format].most));
    if (report_figure(&report, "analysed") == 0) {
        status = fail_not_analysed(trace_path);
        goto out;
    }
    formats[format].write(&report, out);
    if (fflush(out) != 0 || ferror(out))
        status = FAIL(IO, "cannot write the report: %s", strerror(errno));
out:
    report_release(&report);
    return status;
}
