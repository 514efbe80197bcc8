/*
 * Capture: calls of captured streams are kept in the order in which they were made, and a launch puts them into one stream in that
 * order. Which of them could run beside each other is not kept.
 */
#include "tests/simgpu/driver/stream_int.h"

#include <stdlib.h>

struct simgpu_graph {
    int owners;
    uint32_t number;
    struct simgpu_stream *origin; /* while it is captured */
    struct simgpu_work *work;
    size_t count, room;
};

static uint32_t graphs_made;

static struct simgpu_graph *graph_create(struct simgpu_stream *origin)
{
    struct simgpu_graph *graph = calloc(1, sizeof *graph);

    if (!graph)
        abort();
    graph->owners = 1;
    graph->number = ++graphs_made;
    graph->origin = origin;
    return graph;
}

struct simgpu_graph *simgpu_graph_keep(struct simgpu_graph *graph)
{
    graph->owners++;
    return graph;
}

void simgpu_graph_drop(struct simgpu_graph *graph)
{
    if (!graph || --graph->owners > 0)
        return;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->work[i].destroy)
            graph->work[i].destroy(graph->work[i].closure);
    free(graph->work);
    free(graph);
}

size_t simgpu_graph_nodes(const struct simgpu_graph *graph)
{
    return graph->count;
}

cudaError_t capture_take(struct simgpu_stream *stream, const struct simgpu_work *work)
{
    struct simgpu_graph *graph = stream->captured;

    if (stream->capture != cudaStreamCaptureStatusActive) {
        if (work->destroy)
            work->destroy(work->closure);
        return cudaErrorStreamCaptureInvalidated;
    }
    if (graph->count == graph->room) {
        graph->room = graph->room ? 2 * graph->room : 64;
        graph->work = realloc(graph->work, graph->room * sizeof *graph->work);
        if (!graph->work)
            abort();
    }
    graph->work[graph->count++] = *work;
    return cudaSuccess;
}

void capture_join(struct simgpu_stream *stream, struct simgpu_graph *graph)
{
    stream->capture = cudaStreamCaptureStatusActive;
    stream->captured = graph;
}

cudaError_t simgpu_capture_begin(struct simgpu_stream *stream)
{
    if (stream == stream_default())
        return cudaErrorStreamCaptureUnsupported;
    if (stream->capture != cudaStreamCaptureStatusNone)
        return cudaErrorIllegalState;
    capture_join(stream, graph_create(stream));
    return cudaSuccess;
}

enum cudaStreamCaptureStatus simgpu_capture_status(const struct simgpu_stream *stream)
{
    return stream->capture;
}

/* Streams that joined the capture go back to what they were. */
static void release_streams(const struct simgpu_graph *graph)
{
    for (struct simgpu_stream *stream = streams_first(); stream; stream = stream->next)
        if (stream->captured == graph) {
            stream->captured = NULL;
            stream->capture = cudaStreamCaptureStatusNone;
        }
}

cudaError_t simgpu_capture_end(struct simgpu_stream *stream, struct simgpu_graph **out)
{
    struct simgpu_graph *graph = stream->captured;
    bool broken = stream->capture == cudaStreamCaptureStatusInvalidated;

    *out = NULL;
    if (!graph)
        return cudaErrorIllegalState;
    if (graph->origin != stream)
        return cudaErrorStreamCaptureUnmatched;
    release_streams(graph);
    graph->origin = NULL;
    if (broken) {
        simgpu_graph_drop(graph);
        return cudaErrorStreamCaptureInvalidated;
    }
    *out = graph;
    return cudaSuccess;
}

cudaError_t simgpu_capture_forbid(void)
{
    cudaError_t error = cudaSuccess;

    for (struct simgpu_stream *stream = streams_first(); stream; stream = stream->next)
        if (stream->capture != cudaStreamCaptureStatusNone) {
            stream->capture = cudaStreamCaptureStatusInvalidated;
            error = cudaErrorStreamCaptureUnsupported;
        }
    return error;
}

cudaError_t simgpu_graph_launch(struct simgpu_graph *graph, struct simgpu_stream *stream)
{
    if (simgpu_lost() != cudaSuccess)
        return simgpu_lost();
    if (stream->capture != cudaStreamCaptureStatusNone)
        return cudaErrorStreamCaptureUnsupported;
    for (size_t i = 0; i < graph->count; i++) {
        struct entry entry = {.kind = ENTRY_WORK, .work = graph->work[i], .graph = simgpu_graph_keep(graph),
                              .graph_node = (uint64_t)graph->number << 32 | (i + 1)};
        stream_push_work(stream, &entry);
    }
    return simgpu_lost();
}
