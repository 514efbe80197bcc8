/* The runtime's streams, events, captures and graphs. */
#include <stdlib.h>

#include "tests/simgpu/cudart/cudart.h"

#define FIND_STREAM(stream, handle)                        \
    struct simgpu_stream *stream;                          \
    cudaError_t error = cudart_usable();                   \
    if (error == cudaSuccess)                              \
        error = simgpu_stream_find(handle, &stream);       \
    if (error != cudaSuccess)                              \
    END(error)

cudaError_t cudaStreamCreateWithPriority(cudaStream_t *out, unsigned flags, int priority)
{
    BEGIN(cudaStreamCreateWithPriority, 5050, NULL);
    cudaError_t error = cudart_usable();
    (void)priority;
    *out = NULL;
    if (error != cudaSuccess)
        END(error);
    *out = (cudaStream_t)(void *)simgpu_stream_create(!(flags & cudaStreamNonBlocking));
    END(*out ? cudaSuccess : cudaErrorMemoryAllocation);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *out, unsigned flags)
{
    BEGIN(cudaStreamCreateWithFlags, 5000, NULL);
    END(cudaStreamCreateWithPriority(out, flags, 0));
}

cudaError_t cudaStreamCreate(cudaStream_t *out)
{
    BEGIN(cudaStreamCreate, 3020, NULL);
    END(cudaStreamCreateWithPriority(out, cudaStreamDefault, 0));
}

cudaError_t cudaStreamDestroy(cudaStream_t handle)
{
    BEGIN(cudaStreamDestroy, 5050, NULL);
    struct simgpu_stream *stream;
    cudaError_t error = handle ? simgpu_stream_find(handle, &stream) : cudaErrorInvalidResourceHandle;
    if (error != cudaSuccess)
        END(error);
    simgpu_stream_destroy(stream);
    END(cudart_usable());
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle)
{
    BEGIN(cudaStreamSynchronize, 3020, NULL);
    FIND_STREAM(stream, handle);
    END(simgpu_stream_wait(stream));
}

cudaError_t cudaStreamQuery(cudaStream_t handle)
{
    BEGIN(cudaStreamQuery, 3020, NULL);
    FIND_STREAM(stream, handle);
    END(simgpu_stream_poll(stream) ? cudart_usable() : cudaErrorNotReady);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned flags)
{
    BEGIN(cudaStreamWaitEvent, 3020, NULL);
    FIND_STREAM(stream, handle);
    (void)flags;
    if (simgpu_fault("skip_wait"))
        END(cudaSuccess);
    END(simgpu_event_make_wait((struct simgpu_event *)(void *)event, stream));
}

cudaError_t cudaStreamGetId(cudaStream_t handle, unsigned long long *id)
{
    BEGIN(cudaStreamGetId, 12000, NULL);
    FIND_STREAM(stream, handle);
    *id = simgpu_stream_id(stream);
    END(cudaSuccess);
}

/* ---- events ---- */

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned flags)
{
    BEGIN(cudaEventCreateWithFlags, 3020, NULL);
    cudaError_t error = cudart_usable();
    *out = NULL;
    if (error != cudaSuccess)
        END(error);
    *out = (cudaEvent_t)(void *)simgpu_event_create(!(flags & cudaEventDisableTiming));
    END(*out ? cudaSuccess : cudaErrorMemoryAllocation);
}

cudaError_t cudaEventCreate(cudaEvent_t *out)
{
    BEGIN(cudaEventCreate, 3020, NULL);
    END(cudaEventCreateWithFlags(out, cudaEventDefault));
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    BEGIN(cudaEventDestroy, 3020, NULL);
    if (!event)
        END(cudaErrorInvalidResourceHandle);
    simgpu_event_destroy((struct simgpu_event *)(void *)event);
    END(cudart_usable());
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t handle, unsigned flags)
{
    BEGIN(cudaEventRecordWithFlags, 11010, NULL);
    FIND_STREAM(stream, handle);
    (void)flags;
    END(event ? simgpu_event_record((struct simgpu_event *)(void *)event, stream) : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle)
{
    BEGIN(cudaEventRecord, 3020, NULL);
    END(cudaEventRecordWithFlags(event, handle, 0));
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    BEGIN(cudaEventSynchronize, 3020, NULL);
    if (event && simgpu_fault("skip_sync"))
        END(cudart_usable());
    END(event ? simgpu_event_wait((struct simgpu_event *)(void *)event) : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    BEGIN(cudaEventQuery, 3020, NULL);
    END(event ? simgpu_event_query((struct simgpu_event *)(void *)event) : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t from, cudaEvent_t to)
{
    BEGIN(cudaEventElapsedTime, 3020, NULL);
    if (!from || !to)
        END(cudaErrorInvalidResourceHandle);
    END(simgpu_event_elapsed((struct simgpu_event *)(void *)from, (struct simgpu_event *)(void *)to, milliseconds));
}

/* ---- capture and graphs: a graph and what is instantiated of it are one thing with two owners ---- */

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, enum cudaStreamCaptureMode mode)
{
    BEGIN(cudaStreamBeginCapture, 10000, NULL);
    FIND_STREAM(stream, handle);
    (void)mode;
    END(simgpu_capture_begin(stream));
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t *out)
{
    BEGIN(cudaStreamEndCapture, 10000, NULL);
    struct simgpu_stream *stream;
    struct simgpu_graph *graph = NULL;
    cudaError_t error = simgpu_stream_find(handle, &stream);
    if (error == cudaSuccess)
        error = simgpu_capture_end(stream, &graph);
    *out = (cudaGraph_t)(void *)graph;
    END(error);
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, enum cudaStreamCaptureStatus *status)
{
    BEGIN(cudaStreamIsCapturing, 10000, NULL);
    FIND_STREAM(stream, handle);
    *status = simgpu_capture_status(stream);
    END(cudaSuccess);
}

cudaError_t cudaThreadExchangeStreamCaptureMode(enum cudaStreamCaptureMode *mode)
{
    *mode = cudaStreamCaptureModeGlobal;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *out, cudaGraph_t graph, unsigned long long flags)
{
    BEGIN(cudaGraphInstantiate, 10000, NULL);
    (void)flags;
    *out = NULL;
    if (!graph)
        END(cudaErrorInvalidValue);
    if (simgpu_fault("instantiate"))
        END(cudaErrorMemoryAllocation);
    *out = (cudaGraphExec_t)(void *)simgpu_graph_keep((struct simgpu_graph *)(void *)graph);
    END(cudart_usable());
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t handle)
{
    BEGIN(cudaGraphLaunch, 10000, NULL);
    FIND_STREAM(stream, handle);
    END(graph ? simgpu_graph_launch((struct simgpu_graph *)(void *)graph, stream) : cudaErrorInvalidValue);
}

cudaError_t cudaGraphUpload(cudaGraphExec_t graph, cudaStream_t handle)
{
    BEGIN(cudaGraphUpload, 10000, NULL);
    FIND_STREAM(stream, handle);
    END(graph ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph)
{
    BEGIN(cudaGraphExecDestroy, 10000, NULL);
    simgpu_graph_drop((struct simgpu_graph *)(void *)graph);
    END(graph ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    BEGIN(cudaGraphDestroy, 10000, NULL);
    simgpu_graph_drop((struct simgpu_graph *)(void *)graph);
    END(graph ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
    BEGIN(cudaGraphGetNodes, 10000, NULL);
    if (nodes)
        END(cudaErrorNotSupported);
    *count = simgpu_graph_nodes((const struct simgpu_graph *)(void *)graph);
    END(cudaSuccess);
}
