/* Traces made by SQL, files of the tests, and what a report wrote as one string. */
#ifndef TESTS_REPORTS_SUPPORT_TRACE_H
#define TESTS_REPORTS_SUPPORT_TRACE_H

#include <sqlite3.h>
#include <stdio.h>

#include "base/status.h"
#include "base/strbuf.h"

/* Makes the trace `path` from tests/reports/<script>; a table `generated` holds 1 to 1000. Fails the test on failure. */
void trace_from_script(const char *path, const char *script);

/* A trace from SQL text. */
void trace_from_sql(const char *path, const char *sql);

/* An open trace, read only. */
sqlite3 *trace_opened(const char *path);

/* Writes with `write(argument, stream)` and returns what was written, to be freed. *status gets the outcome. */
char *written(enum status (*write)(void *argument, FILE *out), void *argument, enum status *status);

/* Text of a file of tests/reports, to be freed. With REGENERATE in the environment, `actual` is written there first. */
char *expected_text(const char *name, const char *actual);

#endif
