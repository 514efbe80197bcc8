/*
 * The writer thread: takes events from the rings, keeps them until their step ends, then turns them into rows, all of a
 * step in one transaction. So a killed process leaves exactly its finished steps. After a failure it goes on emptying
 * the rings, so that the training never stands still for a trace that cannot be written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/recorder_int.h"
#include "profiler/rows.h"

#define BATCH_EVENTS 512
#define OUTSIDE_EVENTS 4096 /* so many outside steps are written without waiting for the next step */

static bool keep_event(struct channel *channel, const struct event *event)
{
    struct event *larger;
    size_t wanted;

    if (channel->count == channel->capacity) {
        wanted = channel->capacity ? 2 * channel->capacity : 4096;
        larger = realloc(channel->events, wanted * sizeof *larger);
        if (!larger)
            return false;
        channel->events = larger;
        channel->capacity = wanted;
    }
    channel->events[channel->count++] = *event;
    return true;
}

/* Writes and forgets everything the channel kept. */
static void flush_channel(struct recorder *recorder, struct channel *channel)
{
    enum status status = STATUS_OK;

    pthread_mutex_lock(&recorder->lock);
    if (recorder->outcome.failed == STATUS_OK) {
        status = rows_write(recorder, channel);
        if (status != STATUS_OK)
            recorder_stop(recorder, status);
    }
    if (recorder->outcome.failed != STATUS_OK) {
        recorder->outcome.lost_events += (int64_t)channel->count;
        recorder->outcome.lost_steps += channel->in_step;
    }
    pthread_mutex_unlock(&recorder->lock);
    events_release(channel->events, channel->count);
    channel->count = 0;
    channel->in_step = false;
}

/* A step that was begun and never ended is no step. */
static void forget_open_step(struct recorder *recorder, struct channel *channel)
{
    if (!channel->in_step)
        return;
    recorder->outcome.open_steps++;
    recorder->outcome.open_events += (int64_t)(channel->count - channel->step_at);
    events_release(channel->events + channel->step_at, channel->count - channel->step_at);
    channel->count = channel->step_at;
    channel->in_step = false;
}

static void take_event(struct recorder *recorder, struct channel *channel, const struct event *event)
{
    if (event->kind == EVENT_STEP_BEGIN) {
        forget_open_step(recorder, channel);
        channel->step_at = channel->count;
        channel->in_step = true;
    }
    if (!keep_event(channel, event)) {
        pthread_mutex_lock(&recorder->lock);
        recorder_stop(recorder, FAIL(NO_MEMORY, "no memory for a step of %zu events", channel->count));
        pthread_mutex_unlock(&recorder->lock);
        events_release(event, 1);
        flush_channel(recorder, channel);
        return;
    }
    if (event->kind == EVENT_STEP_END ||
        (event->kind == EVENT_OP && !channel->in_step && channel->count >= OUTSIDE_EVENTS && !recorder->device_watch.source))
        flush_channel(recorder, channel);
}

static size_t drain_channel(struct recorder *recorder, struct channel *channel)
{
    struct event batch[BATCH_EVENTS];
    size_t count = ring_pop(&channel->ring, batch, BATCH_EVENTS);

    for (size_t i = 0; i < count; i++)
        take_event(recorder, channel, &batch[i]);
    return count;
}

static size_t drain_all(struct recorder *recorder)
{
    struct channel *channel = atomic_load_explicit(&recorder->channels, memory_order_acquire);
    size_t count = 0;

    for (; channel; channel = channel->next)
        count += drain_channel(recorder, channel);
    return count;
}

void *writer_run(void *argument)
{
    struct recorder *recorder = argument;

    for (;;) {
        /* Read before draining: what was told before closing is then seen. */
        bool closing = atomic_load(&recorder->closing);
        if (drain_all(recorder))
            continue;
        if (closing)
            return NULL;
        sem_wait(&recorder->wake);
    }
}

enum status recorder_add_note(struct recorder *recorder, const char *text)
{
    trace_bind_text(recorder->store.row[ROW_NOTE], 1, text);
    return store_insert(&recorder->store, ROW_NOTE);
}

static enum status note_waits(struct recorder *recorder)
{
    int64_t waits = 0, wait_ns = 0;
    char text[200];

    for (struct channel *channel = atomic_load(&recorder->channels); channel; channel = channel->next) {
        waits += atomic_load(&channel->ring.waits);
        wait_ns += atomic_load(&channel->ring.wait_ns);
    }
    if (!waits)
        return STATUS_OK;
    snprintf(text, sizeof text, "the recorder made the training wait %lld times, %.3f ms in all: its ring was full",
             (long long)waits, (double)wait_ns / 1e6);
    return recorder_add_note(recorder, text);
}

static enum status note_open_steps(struct recorder *recorder)
{
    char text[200];

    if (!recorder->outcome.open_steps)
        return STATUS_OK;
    snprintf(text, sizeof text, "%lld unfinished steps with %lld events are not in this trace",
             (long long)recorder->outcome.open_steps, (long long)recorder->outcome.open_events);
    return recorder_add_note(recorder, text);
}

static enum status note_failure(struct recorder *recorder)
{
    const struct outcome *outcome = &recorder->outcome;
    char text[700];

    if (outcome->failed == STATUS_OK)
        return STATUS_OK;
    snprintf(text, sizeof text, "recording stopped after %lld steps, the next %lld are lost: %s",
             (long long)recorder->committed_steps, (long long)outcome->lost_steps, outcome->reason);
    return recorder_add_note(recorder, text);
}

static enum status write_notes(struct recorder *recorder)
{
    TRY(note_failure(recorder));
    TRY(note_waits(recorder));
    TRY(note_open_steps(recorder));
    return store_commit(&recorder->store);
}

/* Nobody else runs any more, so the lock is only for form. */
void writer_close(struct recorder *recorder)
{
    enum status status;

    for (struct channel *channel = atomic_load(&recorder->channels); channel; channel = channel->next) {
        forget_open_step(recorder, channel);
        if (channel->count)
            flush_channel(recorder, channel);
    }
    /* After a failure, too: there may be room for one more row. */
    status = device_close(recorder);
    if (status != STATUS_OK)
        recorder_stop(recorder, status);
    status = write_notes(recorder);
    if (status != STATUS_OK)
        recorder_stop(recorder, status);
}
