/*
 * A recording that watches a device: an id around each launch, the device's records at each step's end, and what is to be
 * said about them at the end of all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "profiler/recorder_int.h"

enum status recorder_watch(struct recorder *recorder, const struct activity_source *source, int64_t steps, const char **reason)
{
    struct device_watch *watch = &recorder->device_watch;
    char note[600];

    *reason = source->open(&watch->activity);
    if (!*reason) {
        watch->source = source;
        watch->steps_left = steps;
        return STATUS_OK;
    }
    snprintf(note, sizeof note, "device times are unknown: %s: %s", source->name, *reason);
    return recorder_note(recorder, note);
}

static bool is_watching(const struct device_watch *watch)
{
    return watch->source && !watch->stopped;
}

static void tell(struct recorder *recorder, struct event event)
{
    struct channel *channel = channel_of_thread(recorder);

    if (channel)
        ring_push(&channel->ring, &event);
    else
        events_release(&event, 1);
}

void device_launch_begin(void *self, int kernel, int64_t launch_ns)
{
    struct recorder *recorder = self;
    struct device_watch *watch = &recorder->device_watch;
    int64_t id = 0;

    if (is_watching(watch)) {
        id = (int64_t)atomic_fetch_add_explicit(&watch->launches, 1, memory_order_relaxed) + 1;
        watch->source->push(watch->activity, (uint64_t)id);
    }
    tell(recorder, (struct event){EVENT_LAUNCH, kernel, {.integer = launch_ns}, {.integer = id}});
}

void device_launch_end(void *self, int kernel)
{
    struct recorder *recorder = self;
    struct device_watch *watch = &recorder->device_watch;

    (void)kernel;
    if (is_watching(watch))
        watch->source->pop(watch->activity);
}

/* Records of one drain. */
struct drained {
    struct activity_record *records;
    int records_count, records_room;
    enum status status;
};

static enum status keep(struct drained *drained, const struct activity_record *record)
{
    ARRAY_ADD(drained, records, *record);
    return STATUS_OK;
}

static void visit(void *context, const struct activity_record *record)
{
    struct drained *drained = context;

    if (drained->status == STATUS_OK)
        drained->status = keep(drained, record);
}

void device_drain(struct recorder *recorder)
{
    struct device_watch *watch = &recorder->device_watch;
    struct drained drained = {0};

    if (!is_watching(watch))
        return;
    const char *failed = watch->source->drain(watch->activity, visit, &drained);
    if (drained.status != STATUS_OK)
        failed = "no memory for the device's records of a step";
    if (failed) {
        pthread_mutex_lock(&recorder->lock);
        if (!watch->failed[0])
            snprintf(watch->failed, sizeof watch->failed, "%s", failed);
        pthread_mutex_unlock(&recorder->lock);
    }
    if (drained.records_count > 0)
        tell(recorder,
             (struct event){EVENT_DEVICE, 0, {.pointer = drained.records}, {.integer = drained.records_count}});
    else
        free(drained.records);
}

void device_step_end(struct recorder *recorder)
{
    struct device_watch *watch = &recorder->device_watch;

    device_drain(recorder);
    if (!is_watching(watch) || watch->steps_left == 0 || --watch->steps_left > 0)
        return;
    watch->source->stop(watch->activity);
    watch->stopped = true;
}

void events_release(const struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_DEVICE)
            free(events[i].a.pointer);
    }
}

static enum status note_count(struct recorder *recorder, int64_t count, const char *text)
{
    char note[300];

    if (count == 0)
        return STATUS_OK;
    snprintf(note, sizeof note, "%lld %s", (long long)count, text);
    return recorder_add_note(recorder, note);
}

struct remarks {
    struct recorder *recorder;
    enum status status;
};

static void note_remark(void *context, const char *text)
{
    struct remarks *remarks = context;

    if (remarks->status == STATUS_OK)
        remarks->status = recorder_add_note(remarks->recorder, text);
}

static enum status write_notes(struct recorder *recorder)
{
    const struct device_watch *watch = &recorder->device_watch;
    struct remarks remarks = {recorder, STATUS_OK};

    if (watch->failed[0])
        TRY(recorder_add_note(recorder, watch->failed));
    TRY(note_count(recorder, watch->source->dropped(watch->activity),
                   "records of the device were dropped by its profiling library: kernels may be missing"));
    TRY(note_count(recorder, watch->untimed, "records of the device came without times and are left out"));
    TRY(note_count(recorder, watch->unanswered,
                   "launches have no record of the device: their kernels and the times of their conversions are unknown"));
    TRY(note_count(recorder, watch->late, "records of the device came after their step: they are under no operator"));
    watch->source->remarks(watch->activity, note_remark, &remarks);
    return remarks.status;
}

enum status device_close(struct recorder *recorder)
{
    struct device_watch *watch = &recorder->device_watch;
    enum status status = STATUS_OK;

    if (!watch->source)
        return STATUS_OK;
    status = write_notes(recorder);
    watch->source->close(watch->activity);
    watch->source = NULL;
    return status;
}
