/*
 * CUPTI's clock and the host's. CUPTI stamps records with the wall clock, which drifts against the monotonic one of the trace
 * and may be set; two moments at which both were read make a line between them.
 */
#ifndef PROFILER_CUPTI_JOIN_H
#define PROFILER_CUPTI_JOIN_H

#include "profiler/cupti/api.h"

struct clock_pair {
    int64_t host_ns;
    uint64_t cupti_ns;
};

struct clock_join {
    struct clock_pair pair[2]; /* the older one, the newer one */
    int pairs;
    int64_t set;               /* how often the wall clock was set between two readings */
};

/* Reads both clocks now; false when CUPTI doesn't tell. Readings closer than 10 ms replace each other. */
int clock_join_read(struct clock_join *self, const struct cupti_api *api);

/* The same with a pair read by the caller. */
void clock_join_add(struct clock_join *self, struct clock_pair pair);

/* clock_ns() at a moment of CUPTI's; after at least one reading. */
int64_t clock_join_host(const struct clock_join *self, uint64_t cupti_ns);

#endif
