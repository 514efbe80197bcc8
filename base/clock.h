/* Time: one monotonic clock for every duration in the program, one wall clock for "when". Both in nanoseconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Monotonic time in ns (CLOCK_MONOTONIC); about 20 ns a call. */
int64_t clock_ns(void);

/* Wall clock in ns since 1970-01-01 UTC. */
int64_t clock_unix_ns(void);

#endif
