/* The simulated CUPTI's insides: records go into buffers, buffers go home on a thread of their own. */
#ifndef SIMGPU_CUPTI_INT_H
#define SIMGPU_CUPTI_INT_H

#include <stdbool.h>
#include <stddef.h>

#include <cupti.h>

#include "tests/simgpu/driver/driver.h"

/* Is the kind of record asked for? */
bool cupti_enabled(CUpti_ActivityKind kind);

/* Appends a record; dropped and counted when no buffer is to be had. */
void cupti_record(const void *record, size_t bytes);

/* Delivers what is in buffers and waits until the client has it. */
void cupti_deliver_all(void);
size_t cupti_take_dropped(void);
void cupti_set_callbacks(CUpti_BuffersCallbackRequestFunc request, CUpti_BuffersCallbackCompleteFunc complete);

/* CUPTI's own work, in the record of this header's version. Nothing when that kind is not asked for. */
void cupti_overhead(CUpti_ActivityOverheadKind kind, int64_t start_ns, int64_t end_ns, uint32_t correlation);
/* A kernel that is seen for the first time is instrumented before it runs. */
void cupti_overhead_of_kernel(const struct simgpu_activity *activity);

/* Calls the subscriber where it asked for the call. */
void cupti_call_subscriber(CUpti_ApiCallbackSite site, const struct simgpu_call *call, int *result);

/* The newest ids pushed by the calling thread, one for each kind that has any; told for the call. */
void cupti_tell_external(uint32_t correlation);

/* Begins to listen to the driver. Again is cheap. */
void cupti_listen(void);

#endif
