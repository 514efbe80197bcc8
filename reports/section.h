/* The report's queries (sections.def, sections/NAME.sql) and a report's data: the loaded results of those queries. */
#ifndef REPORTS_SECTION_H
#define REPORTS_SECTION_H

#include <sqlite3.h>

#include "base/embed.h"
#include "base/status.h"
#include "base/strbuf.h"
#include "reports/table.h"

enum section_use { FOR_REPORT, FOR_TEXT, FOR_HTML, FOR_QUERY };

enum section {
#define SECTION(name, use) SECTION_##name,
#include "reports/sections.def"
#undef SECTION
    SECTION_COUNT
};

/* Every file of sections/ and html/, made by the build. */
extern const struct embedded_text report_files[];

const char *section_name(enum section section);
enum section_use section_use(enum section section);
const char *section_sql(enum section section);

/* The rest of the query's first line after "-- ". */
void section_title(struct strbuf *out, enum section section);

/* The section of that name, SECTION_COUNT when there is none. */
enum section section_find(const char *name);

/* What a report is written from. */
struct report {
    const char *trace_path; /* as the reader would type it, borrowed */
    struct table section[SECTION_COUNT];
};

/* Runs the queries of all sections up to `most` (FOR_REPORT to FOR_HTML). The report is empty on failure. */
enum status report_load(struct report *report, sqlite3 *db, const char *trace_path, enum section_use most);
void report_release(struct report *report);

/* A figure of the summary section, NAN when unknown. */
double report_figure(const struct report *report, const char *column);

#endif
