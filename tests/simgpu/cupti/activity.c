/* The activity API: what the driver tells becomes records in the layout of CUPTI 13's headers. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "tests/simgpu/cupti/cupti_int.h"

#define CONTEXT(device) ((uint32_t)(device) + 1) /* one for each device */

static bool enabled[CUPTI_ACTIVITY_KIND_COUNT];

bool cupti_enabled(CUpti_ActivityKind kind)
{
    return enabled[kind];
}

/* ---- the API ---- */

CUptiResult cuptiGetVersion(uint32_t *version)
{
    *version = CUPTI_API_VERSION;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetTimestamp(uint64_t *time_ns)
{
    *time_ns = (uint64_t)simgpu_now_ns();
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetResultString(CUptiResult result, const char **text)
{
    static const struct {
        CUptiResult result;
        const char *name;
    } names[] = {
#define RESULT(name) {name, #name}
        RESULT(CUPTI_SUCCESS), RESULT(CUPTI_ERROR_INVALID_PARAMETER), RESULT(CUPTI_ERROR_NOT_INITIALIZED), RESULT(CUPTI_ERROR_INVALID_KIND),
        RESULT(CUPTI_ERROR_MAX_LIMIT_REACHED), RESULT(CUPTI_ERROR_QUEUE_EMPTY), RESULT(CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED),
        RESULT(CUPTI_ERROR_UNKNOWN),
#undef RESULT
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].result == result) {
            *text = names[i].name;
            return CUPTI_SUCCESS;
        }
    return CUPTI_ERROR_INVALID_PARAMETER;
}

static CUptiResult switch_kind(CUpti_ActivityKind kind, bool on)
{
    if (kind <= CUPTI_ACTIVITY_KIND_INVALID || kind >= CUPTI_ACTIVITY_KIND_COUNT)
        return CUPTI_ERROR_INVALID_KIND;
    cupti_listen();
    enabled[kind] = on;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityEnable(CUpti_ActivityKind kind)
{
    return switch_kind(kind, true);
}

CUptiResult cuptiActivityDisable(CUpti_ActivityKind kind)
{
    return switch_kind(kind, false);
}

CUptiResult cuptiActivityRegisterCallbacks(CUpti_BuffersCallbackRequestFunc request, CUpti_BuffersCallbackCompleteFunc complete)
{
    if (!request || !complete)
        return CUPTI_ERROR_INVALID_PARAMETER;
    cupti_set_callbacks(request, complete);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityFlushAll(uint32_t flag)
{
    (void)flag; /* records are written when they are complete, so that both ways are one */
    cupti_deliver_all();
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityGetNumDroppedRecords(CUcontext context, uint32_t stream, size_t *dropped)
{
    (void)context, (void)stream;
    if (!dropped)
        return CUPTI_ERROR_INVALID_PARAMETER;
    *dropped = cupti_take_dropped();
    return CUPTI_SUCCESS;
}

/* Of the kinds that are written here. */
static size_t record_bytes(const CUpti_Activity *record)
{
    switch (record->kind) {
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
        return sizeof(CUpti_ActivityKernel10);
    case CUPTI_ACTIVITY_KIND_MEMCPY:
        return sizeof(CUpti_ActivityMemcpy6);
    case CUPTI_ACTIVITY_KIND_MEMCPY2:
        return sizeof(CUpti_ActivityMemcpyPtoP4);
    case CUPTI_ACTIVITY_KIND_MEMSET:
        return sizeof(CUpti_ActivityMemset4);
    case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION:
        return sizeof(CUpti_ActivityExternalCorrelation);
    case CUPTI_ACTIVITY_KIND_OVERHEAD:
        return sizeof(CUpti_ActivityOverhead3);
    default:
        return sizeof(CUpti_ActivityAPI);
    }
}

CUptiResult cuptiActivityGetNextRecord(uint8_t *buffer, size_t valid_bytes, CUpti_Activity **record)
{
    uint8_t *next = *record ? (uint8_t *)*record + record_bytes(*record) : buffer;

    if (!buffer)
        return CUPTI_ERROR_INVALID_PARAMETER;
    if (next >= buffer + valid_bytes)
        return CUPTI_ERROR_MAX_LIMIT_REACHED;
    *record = (CUpti_Activity *)(void *)next;
    return CUPTI_SUCCESS;
}

/* ---- what the driver tells ---- */

static void tell_kernel(const struct simgpu_activity *activity)
{
    CUpti_ActivityKernel10 record;
    const struct simgpu_work *work = activity->work;

    memset(&record, 0, sizeof record);
    record.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
    record.registersPerThread = 32;
    record.start = (uint64_t)activity->start_ns;
    record.end = (uint64_t)activity->end_ns;
    record.deviceId = (uint32_t)activity->device;
    record.contextId = CONTEXT(activity->device);
    record.streamId = activity->stream;
    record.gridX = (int32_t)work->grid.x;
    record.gridY = (int32_t)work->grid.y;
    record.gridZ = (int32_t)work->grid.z;
    record.blockX = (int32_t)work->block.x;
    record.blockY = (int32_t)work->block.y;
    record.blockZ = (int32_t)work->block.z;
    record.dynamicSharedMemory = (int32_t)work->shared_bytes;
    record.correlationId = activity->correlation;
    record.name = work->name;
    record.graphId = activity->graph;
    record.graphNodeId = activity->graph_node;
    cupti_record(&record, sizeof record);
}

static void tell_copy(const struct simgpu_activity *activity)
{
    static const uint8_t kinds[] = {[cudaMemcpyHostToHost] = CUPTI_ACTIVITY_MEMCPY_KIND_HTOH,
                                    [cudaMemcpyHostToDevice] = CUPTI_ACTIVITY_MEMCPY_KIND_HTOD,
                                    [cudaMemcpyDeviceToHost] = CUPTI_ACTIVITY_MEMCPY_KIND_DTOH,
                                    [cudaMemcpyDeviceToDevice] = CUPTI_ACTIVITY_MEMCPY_KIND_DTOD};
    const struct simgpu_work *work = activity->work;
    uint8_t host = work->pinned ? CUPTI_ACTIVITY_MEMORY_KIND_PINNED : CUPTI_ACTIVITY_MEMORY_KIND_PAGEABLE;
    bool from_host = work->copy_kind == cudaMemcpyHostToHost || work->copy_kind == cudaMemcpyHostToDevice;
    bool to_host = work->copy_kind == cudaMemcpyHostToHost || work->copy_kind == cudaMemcpyDeviceToHost;
    CUpti_ActivityMemcpy6 record;

    memset(&record, 0, sizeof record);
    record.kind = CUPTI_ACTIVITY_KIND_MEMCPY;
    record.copyKind = kinds[work->copy_kind];
    record.srcKind = from_host ? host : CUPTI_ACTIVITY_MEMORY_KIND_DEVICE;
    record.dstKind = to_host ? host : CUPTI_ACTIVITY_MEMORY_KIND_DEVICE;
    record.bytes = work->bytes;
    record.start = (uint64_t)activity->start_ns;
    record.end = (uint64_t)activity->end_ns;
    record.deviceId = (uint32_t)activity->device;
    record.contextId = CONTEXT(activity->device);
    record.streamId = activity->stream;
    record.correlationId = activity->correlation;
    record.graphId = activity->graph;
    record.graphNodeId = activity->graph_node;
    record.copyCount = 1;
    cupti_record(&record, sizeof record);
}

static void tell_peer_copy(const struct simgpu_activity *activity)
{
    const struct simgpu_work *work = activity->work;
    CUpti_ActivityMemcpyPtoP4 record;

    memset(&record, 0, sizeof record);
    record.kind = CUPTI_ACTIVITY_KIND_MEMCPY2;
    record.copyKind = CUPTI_ACTIVITY_MEMCPY_KIND_PTOP;
    record.srcKind = record.dstKind = CUPTI_ACTIVITY_MEMORY_KIND_DEVICE;
    record.bytes = work->bytes;
    record.start = (uint64_t)activity->start_ns;
    record.end = (uint64_t)activity->end_ns;
    record.deviceId = (uint32_t)activity->device;
    record.contextId = CONTEXT(activity->device);
    record.streamId = activity->stream;
    record.srcDeviceId = (uint32_t)work->from_device;
    record.srcContextId = CONTEXT(work->from_device);
    record.dstDeviceId = (uint32_t)work->to_device;
    record.dstContextId = CONTEXT(work->to_device);
    record.correlationId = activity->correlation;
    record.graphId = activity->graph;
    record.graphNodeId = activity->graph_node;
    cupti_record(&record, sizeof record);
}

static void tell_fill(const struct simgpu_activity *activity)
{
    CUpti_ActivityMemset4 record;

    memset(&record, 0, sizeof record);
    record.kind = CUPTI_ACTIVITY_KIND_MEMSET;
    record.value = activity->work->value;
    record.bytes = activity->work->bytes;
    record.start = (uint64_t)activity->start_ns;
    record.end = (uint64_t)activity->end_ns;
    record.deviceId = (uint32_t)activity->device;
    record.contextId = CONTEXT(activity->device);
    record.streamId = activity->stream;
    record.correlationId = activity->correlation;
    record.memoryKind = CUPTI_ACTIVITY_MEMORY_KIND_DEVICE;
    record.graphId = activity->graph;
    record.graphNodeId = activity->graph_node;
    cupti_record(&record, sizeof record);
}

static bool is_peer_copy(const struct simgpu_work *work)
{
    return work->from_device >= 0 && work->to_device >= 0 && work->from_device != work->to_device;
}

static void on_activity(const struct simgpu_activity *activity)
{
    const struct simgpu_work *work = activity->work;

    if (work->kind == SIMGPU_KERNEL && cupti_enabled(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL)) {
        cupti_overhead_of_kernel(activity);
        tell_kernel(activity);
    }
    if (work->kind == SIMGPU_COPY && is_peer_copy(work) && cupti_enabled(CUPTI_ACTIVITY_KIND_MEMCPY2))
        tell_peer_copy(activity);
    if (work->kind == SIMGPU_COPY && !is_peer_copy(work) && cupti_enabled(CUPTI_ACTIVITY_KIND_MEMCPY))
        tell_copy(activity);
    if (work->kind == SIMGPU_FILL && cupti_enabled(CUPTI_ACTIVITY_KIND_MEMSET))
        tell_fill(activity);
}

static _Thread_local int64_t call_start_ns;

static CUpti_ActivityKind kind_of(const struct simgpu_call *call)
{
    return call->driver ? CUPTI_ACTIVITY_KIND_DRIVER : CUPTI_ACTIVITY_KIND_RUNTIME;
}

static void on_call_begin(const struct simgpu_call *call)
{
    int result = 0;

    call_start_ns = simgpu_now_ns();
    if (cupti_enabled(CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION) && cupti_enabled(kind_of(call)))
        cupti_tell_external(call->correlation);
    cupti_call_subscriber(CUPTI_API_ENTER, call, &result);
}

static void on_call_end(const struct simgpu_call *call, int result)
{
    const CUpti_ActivityAPI record = {.kind = kind_of(call), .cbid = call->number, .start = (uint64_t)call_start_ns,
                                      .end = (uint64_t)simgpu_now_ns(), .processId = (uint32_t)getpid(),
                                      .threadId = (uint32_t)gettid(), .correlationId = call->correlation,
                                      .returnValue = (uint32_t)result};

    cupti_call_subscriber(CUPTI_API_EXIT, call, &result);
    if (cupti_enabled(kind_of(call)))
        cupti_record(&record, sizeof record);
}

void cupti_listen(void)
{
    static const struct simgpu_tracer tracer = {on_call_begin, on_call_end, on_activity};
    simgpu_trace(&tracer);
}
