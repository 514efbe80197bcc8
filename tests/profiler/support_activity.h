/* A device that exists on paper: an activity source whose records the test writes down while a launch is open. */
#ifndef TESTS_PROFILER_SUPPORT_ACTIVITY_H
#define TESTS_PROFILER_SUPPORT_ACTIVITY_H

#include "profiler/activity.h"
#include "profiler/recorder.h"

extern const struct activity_source paper_device;  /* opens; one at a time */
extern const struct activity_source taken_device;  /* is used by another profiler */

/* The device ran this on a stream; it belongs to the launch that is open, if any, and comes with the next drain. */
void paper_ran(enum activity_kind kind, const char *name, int64_t start_ns, int64_t end_ns, int stream);

/* The same under an id of the test's own. */
void paper_ran_for(uint64_t id, const char *name, int64_t start_ns, int64_t end_ns);

/* From now on so many records are said to be dropped; the next drain says why it failed (NULL: it does not). */
void paper_dropped(int64_t records);
void paper_fails(const char *why);

/* How deep launches are nested now, and whether the source is open (2: stopped). */
int paper_depth(void);
int paper_is_open(void);

#endif
