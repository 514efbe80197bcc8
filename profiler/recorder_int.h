/*
 * The recorder's inside, shared by recorder.c (what callers see), channel.c (threads that run steps) and writer.c (the
 * thread that writes). One lock guards table, store and outcome; the hot path takes it once per thread, to get a
 * channel.
 */
#ifndef PROFILER_RECORDER_INT_H
#define PROFILER_RECORDER_INT_H

#include <pthread.h>

#include "base/intern.h"
#include "profiler/activity.h"
#include "profiler/register.h"
#include "profiler/recorder.h"
#include "profiler/ring.h"
#include "profiler/store.h"

/* One producing thread. A step is what one thread tells between step_begin and step_end. */
struct channel {
    struct ring ring;
    struct channel *next;
    uint64_t thread_serial; /* never reused, unlike thread ids */
    int64_t thread_id;      /* as ps and perf show it */
    /* The writer's: events taken from the ring that wait for their step to end. */
    struct event *events;
    size_t count, capacity;
    size_t step_at; /* where the open step begins */
    bool in_step;
};

/* How the recording stands; the first failure stays. */
struct outcome {
    enum status failed; /* STATUS_OK while all is well */
    char reason[512];
    int64_t lost_steps, lost_events; /* after a failure */
    int64_t open_steps, open_events; /* begun, never ended */
};

/* Newest ids given out; rows are numbered from 1. */
struct row_ids {
    int64_t step, op, kernel, conversion;
};

/* A kernel that a device ran, as a definition of its own: its name and stream are known only now. */
struct found_kernel {
    int number;     /* of the declared things in the register */
    int conversion; /* number of the conversion that it does inside a library; -1 = none */
};

/* The device's part of a recording (device.c tells, launches.c writes). */
struct device_watch {
    const struct activity_source *source; /* NULL = nobody tells of the device */
    struct activity *activity;
    atomic_uint_fast64_t launches; /* newest id */
    int64_t steps_left;            /* until the source is stopped; 0 = it isn't before the end */
    bool stopped;                  /* these two are those of the thread that runs steps */
    /* The writer's, under the lock. */
    struct intern found_keys; /* of found[] */
    struct found_kernel *found;
    int found_count, found_room;
    int64_t untimed, late, unanswered; /* records without times; of launches written before; launches without a record */
    char failed[256];                  /* the first failure of a drain */
};

struct recorder {
    struct observer observer;
    struct device_watch device_watch;
    uint64_t serial; /* tells recorders apart in the threads' caches, where an address could come again */
    char *path, *device;
    pthread_mutex_t lock;
    struct register_table table;
    struct store store;
    struct outcome outcome;
    struct row_ids ids;
    int64_t committed_steps;
    const struct event **held; /* the writer's: kernels told whose operator has not ended */
    size_t held_count, held_capacity;
    _Atomic(struct channel *) channels;
    sem_t wake;
    atomic_bool closing;
    pthread_t writer;
};

/* Keeps the first failure (this thread's status_message) and rolls the open transaction back. Under the lock. */
void recorder_stop(struct recorder *recorder, enum status failed);

/* The calling thread's channel, made at its first call; NULL when there is no memory (recording has stopped then). */
struct channel *channel_of_thread(struct recorder *recorder);
void channels_destroy(struct recorder *recorder);

/* Thread function: drains rings until `closing` is set and they are empty. */
void *writer_run(void *recorder);

/* device.c: the observer's launch_begin and launch_end; the device's records since the last time, told as one event. */
void device_launch_begin(void *recorder, int kernel, int64_t launch_ns);
void device_launch_end(void *recorder, int kernel);
void device_drain(struct recorder *recorder);
void device_step_end(struct recorder *recorder); /* drains, and stops after the last step that is watched */

/* Stops watching the device, after the writer ended; what the source has to say becomes notes. */
enum status device_close(struct recorder *recorder);

/* Frees what events own. Whoever forgets events calls it. */
void events_release(const struct event *events, size_t count);

/* One row of table note. */
enum status recorder_add_note(struct recorder *recorder, const char *text);

/* After the writer ended: writes what lies outside steps, forgets open steps, adds notes. */
void writer_close(struct recorder *recorder);

#endif
