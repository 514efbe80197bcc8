/*
 * From CUPTI's buffers to what it told: device work, and the calls that it belongs to. The records' layouts grow at their ends
 * only, from version to version of libcupti, so they are read by their beginnings, whatever library filled them.
 */
#ifndef PROFILER_CUPTI_RECORDS_H
#define PROFILER_CUPTI_RECORDS_H

#include "profiler/activity.h"
#include "profiler/cupti/buffers.h"
#include "profiler/cupti/api.h"
#include "profiler/cupti/names.h"

#define OVERHEAD_KINDS 10 /* CUPTI_ACTIVITY_OVERHEAD_*: 0 unknown, 1 the driver's compiler, 2.. those above bit 16 */

/* A call of the host, by its correlation number. */
struct call {
    uint32_t correlation, thread;
    uint64_t external;           /* id that was pushed, 0 = none */
    uint64_t start_ns, end_ns;   /* CUPTI's clock; 0 = not told */
    int drains;                  /* since it was told */
};

/* Device work; start 0: CUPTI lost the times. */
struct work {
    enum activity_kind kind;
    const char *name;
    uint64_t start_ns, end_ns;
    int64_t bytes;
    uint32_t device, stream, correlation;
};

struct records {
    struct kernel_texts texts;
    struct work *work;
    int work_count, work_room;
    struct call *call; /* sorted by correlation after records_settle */
    int call_count, call_room;
    int call_drains; /* a call is kept for so many drains, since its work may come later */
    uint64_t newest_external;
    int64_t overhead_ns[OVERHEAD_KINDS];
    int64_t unread; /* records of kinds that nobody asked for, and those without memory */
};

void records_init(struct records *self);
void records_release(struct records *self);

/* Adds a buffer's records. */
void records_read(struct records *self, const struct cupti_api *api, struct buffer *buffer);

/* A call that a callback saw under an id. */
enum status records_add_call(struct records *self, struct call call);

/* Orders the calls, one entry each, so that records_call finds them. */
void records_settle(struct records *self);
const struct call *records_call(const struct records *self, uint32_t correlation); /* NULL = not told */

/* Forgets the work, and calls whose work does not come any more. */
void records_forget(struct records *self);

/* "buffers", "instrumentation": what CUPTI spent time on. */
const char *records_overhead_words(int kind);

#endif
