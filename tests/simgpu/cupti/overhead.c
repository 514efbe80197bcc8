/*
 * What CUPTI's own work takes: measured where it is the client's (asking for a buffer, delivering), reckoned where it would be the
 * device's (instrumenting a kernel, once for each).
 */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "tests/simgpu/cupti/cupti_int.h"

#define INSTRUMENTING_NS 20000
#define MOST_KERNELS 4096

static const char *seen[MOST_KERNELS];
static int seen_count;

void cupti_overhead(CUpti_ActivityOverheadKind kind, int64_t start_ns, int64_t end_ns, uint32_t correlation)
{
    CUpti_ActivityOverhead3 record;

    if (!cupti_enabled(CUPTI_ACTIVITY_KIND_OVERHEAD))
        return;
    memset(&record, 0, sizeof record);
    record.kind = CUPTI_ACTIVITY_KIND_OVERHEAD;
    record.overheadKind = kind;
    record.objectKind = CUPTI_ACTIVITY_OBJECT_THREAD;
    record.objectId.pt.processId = (uint32_t)getpid();
    record.objectId.pt.threadId = (uint32_t)gettid();
    record.start = (uint64_t)start_ns;
    record.end = (uint64_t)end_ns;
    record.correlationId = correlation;
    cupti_record(&record, sizeof record);
}

void cupti_overhead_of_kernel(const struct simgpu_activity *activity)
{
    const char *name = activity->work->name;

    for (int i = 0; i < seen_count; i++)
        if (strcmp(seen[i], name) == 0)
            return;
    if (seen_count == MOST_KERNELS)
        return;
    seen[seen_count++] = name;
    cupti_overhead(CUPTI_ACTIVITY_OVERHEAD_CUPTI_INSTRUMENTATION, activity->start_ns - INSTRUMENTING_NS, activity->start_ns,
                   activity->correlation);
}
