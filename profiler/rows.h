/* From events to rows: one thread's events up to the end of a step, written and committed together. */
#ifndef PROFILER_ROWS_H
#define PROFILER_ROWS_H

#include "profiler/recorder_int.h"

/* Under the lock. After a failure the transaction is still open. */
enum status rows_write(struct recorder *recorder, const struct channel *channel);

#endif
