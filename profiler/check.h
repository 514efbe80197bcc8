/* Is a trace consistent? Runs sql/checks.sql, whose every query names a rule and returns the rows that break it. */
#ifndef PROFILER_CHECK_H
#define PROFILER_CHECK_H

#include "base/strbuf.h"
#include "profiler/trace.h"

/* Appends a line "rule: what" per broken row (at most 20 a rule) to `report`; *broken = number of such rows. */
enum status trace_check(sqlite3 *db, struct strbuf *report, int64_t *broken);

#endif
