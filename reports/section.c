/* Sections by number and name, and a report's data, see section.h. */
#include "reports/section.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/trace.h"

static const char *const section_names[] = {
#define SECTION(name, use) #name,
#include "reports/sections.def"
#undef SECTION
};

static const enum section_use section_uses[] = {
#define SECTION(name, use) use,
#include "reports/sections.def"
#undef SECTION
};

const char *section_name(enum section section)
{
    return section_names[section];
}

enum section_use section_use(enum section section)
{
    return section_uses[section];
}

const char *section_sql(enum section section)
{
    char file[80];
    const char *sql;

    snprintf(file, sizeof file, "%s.sql", section_names[section]);
    sql = embed_find(report_files, file);
    if (sql == NULL) {
        fprintf(stderr, "clprof: built without reports/sections/%s\n", file);
        abort();
    }
    return sql;
}

void section_title(struct strbuf *out, enum section section)
{
    const char *sql = section_sql(section);

    sql += strspn(sql, "- ");
    strbuf_append_bytes(out, sql, strcspn(sql, "\n"));
}

enum section section_find(const char *name)
{
    int i = 0;

    while (i < SECTION_COUNT && strcmp(section_names[i], name) != 0)
        i++;
    return (enum section)i;
}

enum status report_load(struct report *report, sqlite3 *db, const char *trace_path, enum section_use most)
{
    enum status status = STATUS_OK;

    *report = (struct report){.trace_path = trace_path};
    TRY(trace_exec(db, "SAVEPOINT report")); /* all sections see one state of a trace that may still grow */
    for (int i = 0; i < SECTION_COUNT; i++)
        if (section_uses[i] <= most)
            TRY_OUT(table_load(&report->section[i], db, section_sql((enum section)i)));
out:
    sqlite3_exec(db, "RELEASE report", NULL, NULL, NULL);
    if (status != STATUS_OK)
        report_release(report);
    return status;
}

void report_release(struct report *report)
{
    for (int i = 0; i < SECTION_COUNT; i++)
        table_release(&report->section[i]);
}

double report_figure(const struct report *report, const char *column)
{
    return table_number(&report->section[SECTION_summary], 0, column);
}
