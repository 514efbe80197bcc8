/*
 * The runtime's memory and copies. A copy from pageable memory takes its bytes at the call, one to pageable memory waits; pinned
 * memory is read and written when the stream gets there.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/cudart/cudart.h"

cudaError_t cudaMalloc(void **out, size_t bytes)
{
    BEGIN(cudaMalloc, 3020, NULL);
    cudaError_t error = cudart_usable();
    if (error == cudaSuccess)
        error = simgpu_capture_forbid();
    *out = NULL;
    if (error != cudaSuccess || bytes == 0)
        END(error);
    END(simgpu_allocate(SIMGPU_DEVICE, bytes, out));
}

cudaError_t cudaFree(void *memory)
{
    BEGIN(cudaFree, 3020, NULL);
    cudaError_t error = cudart_usable();
    if (!memory)
        END(error);
    if (simgpu_lost() == cudaSuccess && error == cudaSuccess)
        error = simgpu_device_wait();
    cudaError_t released = simgpu_release(SIMGPU_DEVICE, memory);
    END(error == cudaSuccess ? released : error);
}

cudaError_t cudaHostAlloc(void **out, size_t bytes, unsigned flags)
{
    BEGIN(cudaHostAlloc, 3020, NULL);
    cudaError_t error = cudart_usable();
    (void)flags;
    *out = NULL;
    END(error == cudaSuccess && bytes > 0 ? simgpu_allocate(SIMGPU_PINNED, bytes, out) : error);
}

cudaError_t cudaMallocHost(void **out, size_t bytes)
{
    return cudaHostAlloc(out, bytes, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void *memory)
{
    BEGIN(cudaFreeHost, 3020, NULL);
    cudaError_t error = cudart_usable();
    if (!memory)
        END(error);
    if (simgpu_lost() == cudaSuccess && error == cudaSuccess)
        error = simgpu_device_wait();
    cudaError_t released = simgpu_release(SIMGPU_PINNED, memory);
    END(error == cudaSuccess ? released : error);
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes)
{
    BEGIN(cudaMemGetInfo, 3020, NULL);
    simgpu_memory_info(free_bytes, total_bytes);
    END(cudart_usable());
}

/* ---- copies and fills ---- */

struct move {
    void *to;
    const void *from; /* NULL: a fill */
    size_t bytes;
    int value;
    char staged[]; /* what pageable memory held */
};

/* Is [at, at + bytes) of the device, or of the host (*pinned)? False: it runs over an allocation's end. */
static bool place_of(const void *at, size_t bytes, bool *device, bool *pinned)
{
    enum simgpu_memory_kind kind;
    size_t left;
    bool known = simgpu_find_memory(at, &kind, &left);

    *device = known && kind == SIMGPU_DEVICE;
    *pinned = known && kind == SIMGPU_PINNED;
    return !known || left >= bytes;
}

static bool run_move(void *closure)
{
    const struct move *move = closure;
    bool to_device, from_device, pinned;

    if (!place_of(move->to, move->bytes, &to_device, &pinned) ||
        (move->from && !place_of(move->from, move->bytes, &from_device, &pinned)) || (!move->from && !to_device)) {
        simgpu_lose_device(cudaErrorIllegalAddress, "a copy or fill of memory that is freed or too short");
        return false;
    }
    if (move->from)
        memmove(move->to, move->from, move->bytes);
    else
        memset(move->to, move->value, move->bytes);
    return true;
}

static cudaError_t enqueue_move(struct simgpu_stream *stream, const struct move *given, enum cudaMemcpyKind kind, bool pinned,
                                bool stage)
{
    struct move *move = malloc(sizeof *move + (stage ? given->bytes : 0));

    if (!move)
        return cudaErrorMemoryAllocation;
    *move = *given;
    if (stage) {
        memcpy(move->staged, given->from, given->bytes);
        move->from = move->staged;
    }
    struct simgpu_work work = {.kind = given->from ? SIMGPU_COPY : SIMGPU_FILL, .copy_kind = kind, .pinned = pinned,
                               .value = (unsigned)given->value, .bytes = given->bytes, .run = run_move, .destroy = free, .closure = move,
                               .from_device = simgpu_memory_device(given->from), .to_device = simgpu_memory_device(given->to)};
    simgpu_add_access(&work, given->to, SIMGPU_WRITES);
    if (!stage)
        simgpu_add_access(&work, given->from, SIMGPU_READS);
    return simgpu_enqueue(stream, &work);
}

static cudaError_t copy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, struct simgpu_stream *stream)
{
    bool to_device, to_pinned, from_device, from_pinned;
    bool fits = place_of(to, bytes, &to_device, &to_pinned) & place_of(from, bytes, &from_device, &from_pinned);
    enum cudaMemcpyKind found = to_device ? from_device ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice
                                          : from_device ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost;

    if (bytes == 0)
        return cudaSuccess;
    if (!fits || (kind != cudaMemcpyDefault && kind != found)) {
        simgpu_report("a copy of %zu bytes %s", bytes, fits ? "whose direction is not what its addresses are" : "runs over an allocation's end");
        return cudaErrorInvalidValue;
    }
    bool capturing = simgpu_capture_status(stream) != cudaStreamCaptureStatusNone;
    bool pageable_from = !from_device && !from_pinned, pageable_to = !to_device && !to_pinned;
    const struct move move = {to, from, bytes, 0};
    cudaError_t error = enqueue_move(stream, &move, found, !pageable_from && !pageable_to, pageable_from && !capturing);
    return error == cudaSuccess && pageable_to && !capturing ? simgpu_stream_wait(stream) : error;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t handle)
{
    BEGIN(cudaMemcpyAsync, 3020, NULL);
    struct simgpu_stream *stream;
    cudaError_t error = cudart_usable();
    if (error == cudaSuccess)
        error = simgpu_stream_find(handle, &stream);
    END(error == cudaSuccess ? copy(to, from, bytes, kind, stream) : error);
}

/* Between two devices, which need not be able to reach each other. */
static cudaError_t copy_peer(void *to, int to_device, const void *from, int from_device, size_t bytes, struct simgpu_stream *stream)
{
    int count = simgpu_devices();

    if (to_device < 0 || to_device >= count || from_device < 0 || from_device >= count)
        return cudaErrorInvalidDevice;
    if (simgpu_memory_device(to) != to_device || simgpu_memory_device(from) != from_device)
        return cudaErrorInvalidValue;
    return copy(to, from, bytes, cudaMemcpyDeviceToDevice, stream);
}

cudaError_t cudaMemcpyPeerAsync(void *to, int to_device, const void *from, int from_device, size_t bytes, cudaStream_t handle)
{
    BEGIN(cudaMemcpyPeerAsync, 4000, NULL);
    struct simgpu_stream *stream;
    cudaError_t error = cudart_usable();
    if (error == cudaSuccess)
        error = simgpu_stream_find(handle, &stream);
    END(error == cudaSuccess ? copy_peer(to, to_device, from, from_device, bytes, stream) : error);
}

cudaError_t cudaMemcpyPeer(void *to, int to_device, const void *from, int from_device, size_t bytes)
{
    BEGIN(cudaMemcpyPeer, 4000, NULL);
    struct simgpu_stream *stream;
    cudaError_t error = cudart_usable();
    if (error == cudaSuccess)
        error = simgpu_stream_find(NULL, &stream);
    END(error == cudaSuccess ? copy_peer(to, to_device, from, from_device, bytes, stream) : error);
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind)
{
    BEGIN(cudaMemcpy, 3020, NULL);
    struct simgpu_stream *stream;
    cudaError_t error = cudart_usable();
    if (error == cudaSuccess)
        error = simgpu_capture_forbid();
    if (error == cudaSuccess)
        error = simgpu_stream_find(NULL, &stream);
    if (error == cudaSuccess)
        error = copy(to, from, bytes, kind, stream);
    END(error == cudaSuccess ? simgpu_stream_wait(stream) : error);
}

static cudaError_t fill(void *to, int value, size_t bytes, struct simgpu_stream *stream)
{
    bool device, pinned;
    const struct move move = {to, NULL, bytes, value & 0xff};

    if (bytes == 0)
        return cudaSuccess;
    if (!place_of(to, bytes, &device, &pinned) || !device) {
        simgpu_report("a fill of %zu bytes of what is not, or not as long, device memory", bytes);
        return cudaErrorInvalidValue;
    }
    return enqueue_move(stream, &move, cudaMemcpyDefault, false, false);
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t handle)
{
    BEGIN(cudaMemsetAsync, 3020, NULL);
    struct simgpu_stream *stream;
    cudaError_t error = cudart_usable();
    if (error == cudaSuccess)
        error = simgpu_stream_find(handle, &stream);
    END(error == cudaSuccess ? fill(to, value, bytes, stream) : error);
}

cudaError_t cudaMemset(void *to, int value, size_t bytes)
{
    BEGIN(cudaMemset, 3020, NULL);
    struct simgpu_stream *stream;
    cudaError_t error = cudart_usable();
    if (error == cudaSuccess)
        error = simgpu_stream_find(NULL, &stream);
    END(error == cudaSuccess ? fill(to, value, bytes, stream) : error);
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *out, const void *at)
{
    BEGIN(cudaPointerGetAttributes, 4000, NULL);
    enum simgpu_memory_kind kind;
    size_t left;
    bool known = simgpu_find_memory(at, &kind, &left);

    memset(out, 0, sizeof *out);
    out->type = !known ? cudaMemoryTypeUnregistered : kind == SIMGPU_DEVICE ? cudaMemoryTypeDevice : cudaMemoryTypeHost;
    out->device = !known ? cudaInvalidDeviceId : kind == SIMGPU_DEVICE ? simgpu_memory_device(at) : 0;
    out->devicePointer = known ? (void *)at : NULL;
    out->hostPointer = known && kind == SIMGPU_PINNED ? (void *)at : NULL;
    END(cudart_usable());
}
