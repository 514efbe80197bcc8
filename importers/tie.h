/*
 * Ties device spans to the host calls that launched them, by correlation number. Numbers come again (a profiler that was restarted,
 * files joined), so of the launches with a kernel's number the latest that begins before the kernel is taken; where there is none,
 * the first that begins little later.
 */
#ifndef IMPORTERS_TIE_H
#define IMPORTERS_TIE_H

#include "importers/sorter.h"
#include "importers/span.h"

/*
 * A device's clock is mapped onto the host's by interpolation; kernels seem to begin before their launch by up to some
 * tens of microseconds, seldom more.
 */
#define TIE_SKEW_NS 1000000

/* A host call, as it is sorted by (correlation, start). */
struct launch {
    int64_t correlation, start_ns;
    int32_t lane, order;
};

/* A device span before it is tied, sorted by (correlation, start). */
struct device_span {
    int64_t correlation;
    struct span span;
};

/* A device span at the place in time where the sweep meets it: its launch's start, else its own. */
struct tied_span {
    int64_t place_ns;
    int64_t launch_ns;   /* -1 = unknown; then so is the launch's lane, except on a CPU, where it is the span's own */
    int32_t launch_lane; /* -1 */
    int32_t unused;
    struct span span;
};

int launch_compare(const void *a, const void *b);
int device_span_compare(const void *a, const void *b);
int tied_span_compare(const void *a, const void *b);

/* Both sorted already (sorter_sort); adds to `tied`, which is not sorted. */
enum status tie_spans(struct sorter *launches, struct sorter *devices, struct sorter *tied);

/* A span of its own place in time. */
enum status tie_alone(struct sorter *tied, const struct span *span, int32_t launch_lane);

#endif
