/*
 * Memory in the order of a stream: handed out at the call, free again when the stream gets there. Other streams must wait for the
 * one that has it, which is looked at as for copies. Not within a capture.
 */
#include "tests/simgpu/cudart/cudart.h"

static bool do_nothing(void *memory)
{
    (void)memory;
    return true;
}

static bool run_free(void *memory)
{
    if (simgpu_release(SIMGPU_DEVICE, memory) == cudaSuccess)
        return true;
    simgpu_lose_device(cudaErrorIllegalAddress, "cudaFreeAsync of memory that is no allocation");
    return false;
}

static cudaError_t enqueue(const char *name, bool (*run)(void *), void *memory, cudaStream_t handle)
{
    struct simgpu_work work = {.kind = SIMGPU_HOST, .name = name, .run = run, .closure = memory};
    struct simgpu_stream *stream;
    cudaError_t error = simgpu_stream_find(handle, &stream);

    if (error != cudaSuccess)
        return error;
    if (simgpu_capture_status(stream) != cudaStreamCaptureStatusNone)
        return cudaErrorStreamCaptureUnsupported;
    simgpu_add_access(&work, memory, SIMGPU_WRITES);
    return simgpu_enqueue(stream, &work);
}

cudaError_t cudaMallocAsync(void **out, size_t bytes, cudaStream_t handle)
{
    BEGIN(cudaMallocAsync, 11020, NULL);
    cudaError_t error = cudart_usable();
    *out = NULL;
    if (error == cudaSuccess && bytes > 0)
        error = simgpu_allocate(SIMGPU_DEVICE, bytes, out);
    if (error != cudaSuccess || bytes == 0)
        END(error);
    error = enqueue("cudaMallocAsync", do_nothing, *out, handle);
    if (error != cudaSuccess) {
        simgpu_release(SIMGPU_DEVICE, *out);
        *out = NULL;
    }
    END(error);
}

cudaError_t cudaFreeAsync(void *memory, cudaStream_t handle)
{
    BEGIN(cudaFreeAsync, 11020, NULL);
    cudaError_t error = cudart_usable();
    END(error == cudaSuccess && memory ? enqueue("cudaFreeAsync", run_free, memory, handle) : error);
}
