/*
 * A trace that is made in one go from something that is already there (an import): it grows under a temporary name, without a
 * log, and gets its final name when it is whole. Until then an older trace of that name stays as it is.
 */
#ifndef PROFILER_TRACE_DRAFT_H
#define PROFILER_TRACE_DRAFT_H

#include "profiler/trace.h"

struct trace_draft;

/*
 * Opens an empty trace beside `path`, within a transaction that lasts until the end. Fails (IO) naming path and reason, as
 * trace_create does. The draft's database is used by one thread at a time (SQLite's own locks are off).
 */
enum status trace_draft_create(const char *path, struct trace_draft **out);

sqlite3 *trace_draft_db(const struct trace_draft *draft);

/* Indexes and statistics, then the final name. All statements must be finalized. The draft is gone, also after a failure. */
enum status trace_draft_finish(struct trace_draft *draft);

/* Leaves nothing behind; harmless with NULL. */
void trace_draft_abandon(struct trace_draft *draft);

/* For a process that a signal ends (base/interrupt.h): removes what its draft for `path`, if there is one, has in the folder. */
void trace_draft_remove(const char *path);

#endif
