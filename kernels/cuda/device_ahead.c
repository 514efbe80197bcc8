/*
 * The next batch on its way while the device computes: through one of two pinned blocks, over the copy stream, into memory of its
 * own, from where cuda_copy_in takes it when the trainer hands over the same host memory.
 */
#include "kernels/cuda/device_ahead.h"

#include <string.h>

static enum status make_room(struct device *device, struct cuda_ahead *ahead, size_t bytes)
{
    if (!ahead->arrived) {
        TRY(cuda_check(device, cudaEventCreateWithFlags(&ahead->arrived, cudaEventDisableTiming), "creating an event"));
        TRY(cuda_check(device, cudaEventCreateWithFlags(&ahead->taken, cudaEventDisableTiming), "creating an event"));
    }
    if (ahead->room >= bytes)
        return STATUS_OK;
    cuda_ahead_release_memory(device, ahead);
    TRY(cuda_check(device, cudaHostAlloc(&ahead->pinned, bytes, cudaHostAllocDefault), "pinning %zu KB of memory", bytes >> 10));
    ahead->memory = cuda_alloc(device, bytes, "the next batch");
    if (!ahead->memory)
        return STATUS_NO_MEMORY;
    ahead->room = bytes;
    /* Zeroed on the compute stream: the copy stream must not be faster. */
    return cuda_check(device, cudaEventRecord(ahead->taken, device->compute), "bringing the next batch");
}

enum status cuda_prefetch(struct device *device, const void *from, size_t bytes)
{
    struct cuda_ahead *ahead = &device->ahead[device->next_ahead++ % CUDA_AHEAD];

    if (!from) {
        for (int i = 0; i < CUDA_AHEAD; i++)
            device->ahead[i].from = NULL;
        return STATUS_OK;
    }
    ahead->from = NULL;
    TRY(cuda_check(device, device->lost, "bringing the next batch"));
    TRY(make_room(device, ahead, bytes));
    TRY(cuda_check(device, cudaEventSynchronize(ahead->arrived), "bringing the next batch")); /* the pinned block is free */
    memcpy(ahead->pinned, from, bytes);
    TRY(cuda_check(device, cudaStreamWaitEvent(device->copy, ahead->taken, 0), "bringing the next batch"));
    TRY(cuda_check(device, cudaMemcpyAsync(ahead->memory, ahead->pinned, bytes, cudaMemcpyHostToDevice, device->copy),
                   "bringing the next batch"));
    TRY(cuda_check(device, cudaEventRecord(ahead->arrived, device->copy), "bringing the next batch"));
    ahead->from = from;
    ahead->bytes = bytes;
    return STATUS_OK;
}

enum status cuda_ahead_take(struct device *device, void *to, const void *from, size_t bytes, bool *taken)
{
    *taken = false;
    for (int i = 0; i < CUDA_AHEAD; i++) {
        struct cuda_ahead *ahead = &device->ahead[i];
        if (!ahead->from || ahead->from != from || ahead->bytes != bytes)
            continue;
        ahead->from = NULL;
        *taken = true;
        TRY(cuda_check(device, cudaStreamWaitEvent(device->compute, ahead->arrived, 0), "taking the next batch"));
        TRY(cuda_check(device, cudaMemcpyAsync(to, ahead->memory, bytes, cudaMemcpyDeviceToDevice, device->compute),
                       "taking the next batch"));
        return cuda_check(device, cudaEventRecord(ahead->taken, device->compute), "taking the next batch");
    }
    return STATUS_OK;
}

void cuda_ahead_release_memory(struct device *device, struct cuda_ahead *ahead)
{
    if (ahead->memory)
        cuda_free(device, ahead->memory);
    if (ahead->pinned)
        cudaFreeHost(ahead->pinned);
    ahead->memory = ahead->pinned = NULL;
    ahead->room = 0;
}

void cuda_ahead_destroy(struct device *device)
{
    for (int i = 0; i < CUDA_AHEAD; i++) {
        struct cuda_ahead *ahead = &device->ahead[i];
        cuda_ahead_release_memory(device, ahead);
        if (ahead->arrived)
            cudaEventDestroy(ahead->arrived);
        if (ahead->taken)
            cudaEventDestroy(ahead->taken);
    }
}
