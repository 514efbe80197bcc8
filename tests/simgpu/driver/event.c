/* Events: each recording makes a mark in its stream; who waits, waits for the mark that was the newest at that time. */
#include "tests/simgpu/driver/stream_int.h"

#include <stdlib.h>

struct simgpu_event *simgpu_event_create(bool timed)
{
    struct simgpu_event *event = calloc(1, sizeof *event);

    if (event)
        event->timed = timed;
    return event;
}

void simgpu_event_destroy(struct simgpu_event *event)
{
    mark_drop(event->mark);
    free(event);
}

cudaError_t simgpu_event_record(struct simgpu_event *event, struct simgpu_stream *stream)
{
    if (simgpu_lost() != cudaSuccess)
        return simgpu_lost();
    event->captured = NULL;
    if (stream->capture != cudaStreamCaptureStatusNone) {
        event->captured = stream->captured;
        return stream->capture == cudaStreamCaptureStatusActive ? cudaSuccess : cudaErrorStreamCaptureInvalidated;
    }
    mark_drop(event->mark);
    event->mark = mark_create(stream);
    event->mark->owners++;
    struct entry entry = {.kind = ENTRY_RECORD, .mark = event->mark};
    stream_push(stream, &entry);
    return cudaSuccess;
}

cudaError_t simgpu_event_make_wait(struct simgpu_event *event, struct simgpu_stream *stream)
{
    if (simgpu_lost() != cudaSuccess)
        return simgpu_lost();
    if (event->captured) {
        capture_join(stream, event->captured);
        return cudaSuccess;
    }
    if (stream->capture != cudaStreamCaptureStatusNone) /* of a capture, for something outside it */
        return event->mark ? (simgpu_capture_forbid(), cudaErrorStreamCaptureIsolation) : cudaSuccess;
    if (!event->mark)
        return cudaSuccess;
    event->mark->owners++;
    order_learn(&stream->known, &event->mark->known);
    struct entry entry = {.kind = ENTRY_WAIT, .mark = event->mark};
    stream_push(stream, &entry);
    return cudaSuccess;
}

cudaError_t simgpu_event_wait(struct simgpu_event *event)
{
    if (event->captured)
        return cudaErrorCapturedEvent;
    if (event->mark && !event->mark->reached) {
        simgpu_memory_open();
        stream_run(event->mark->stream, event->mark);
        simgpu_memory_close();
    }
    if (event->mark)
        order_host_learns(&event->mark->known);
    return simgpu_lost();
}

cudaError_t simgpu_event_query(struct simgpu_event *event)
{
    if (event->captured)
        return cudaErrorCapturedEvent;
    if (simgpu_lost() != cudaSuccess)
        return simgpu_lost();
    if (event->mark && !event->mark->reached)
        simgpu_stream_poll(event->mark->stream);
    if (event->mark && !event->mark->reached)
        return cudaErrorNotReady;
    if (event->mark)
        order_host_learns(&event->mark->known);
    return cudaSuccess;
}

cudaError_t simgpu_event_elapsed(struct simgpu_event *from, struct simgpu_event *to, float *milliseconds)
{
    if (!from->timed || !to->timed || !from->mark || !to->mark)
        return cudaErrorInvalidResourceHandle;
    if (!from->mark->reached || !to->mark->reached)
        return simgpu_lost() != cudaSuccess ? simgpu_lost() : cudaErrorNotReady;
    *milliseconds = (float)(to->mark->time_ns - from->mark->time_ns) / 1e6f;
    return cudaSuccess;
}
