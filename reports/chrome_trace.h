/* A trace as Chrome trace-event JSON ("JSON Object Format"), which ui.perfetto.dev and chrome://tracing open. */
#ifndef REPORTS_CHROME_TRACE_H
#define REPORTS_CHROME_TRACE_H

#include <sqlite3.h>
#include <stdio.h>

#include "base/status.h"

/* Times in us from the trace's first step or operator. Memory does not grow with the trace. */
enum status chrome_trace_write(sqlite3 *db, FILE *out);

#endif
