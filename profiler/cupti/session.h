/*
 * One CUPTI session of this process: subscribed, its kinds of records on, its buffers. Used by the activity source (source.c)
 * and by the injection (inject.c). CUPTI hands callbacks no context, so the open session is the one global of this plugin.
 */
#ifndef PROFILER_CUPTI_SESSION_H
#define PROFILER_CUPTI_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "profiler/cupti/join.h"
#include "profiler/cupti/records.h"

#define STRAYS_MOST 4096 /* calls of other threads within one drain */

struct activity {
    struct cupti_api api;
    CUpti_SubscriberHandle subscriber;
    struct buffers buffers;
    struct records records;
    struct clock_join join;
    atomic_int_fast64_t dropped;
    atomic_uint_fast64_t open_id;  /* innermost launch of the thread that launches; what other threads call for belongs to it */
    uint64_t newest_pushed;
    struct call stray[STRAYS_MOST]; /* calls of other threads, under buffers.lock */
    int strays;
    int64_t untimed;               /* records whose times CUPTI lost */
    bool stopped;
    atomic_bool dead;              /* this is a fork's child: CUPTI is the parent's */
};

/* Starts recording; NULL, or why not (kept until the next call). */
const char *session_open(struct activity **out);
void session_stop(struct activity *self);
void session_close(struct activity *self);

void session_push(struct activity *self, uint64_t id);
void session_pop(struct activity *self);

/* call NULL: not told. */
typedef void session_visit(void *context, const struct activity_record *record, const struct call *call);

/* Visits what came since the last time. forced: also what CUPTI holds back because some of it is unfinished. */
const char *session_drain(struct activity *self, bool forced, session_visit *visit, void *context);

void session_remarks(const struct activity *self, activity_tell *tell, void *context);

/* Why CUPTI can't be used here, NULL when it can, as far as is known without touching a device. */
const char *session_probe(void);

#endif
