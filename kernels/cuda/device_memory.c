/*
 * The device's memory, and copies between it and the host. What goes in is staged through a ring of pinned blocks, so that
 * the host waits for nobody unless it runs a whole ring ahead of the device.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernels/cuda/device_ahead.h"

#define RING 16                     /* a step copies about six things: two steps ahead */
#define PIECE_BYTES ((size_t)4 << 20) /* the largest block; longer copies go in pieces */
#define LEAST_BYTES ((size_t)4 << 10)

struct block {
    void *memory; /* pinned */
    size_t bytes;
    cudaEvent_t done; /* the last copy out of it */
};

/* What cuda_alloc handed out, so that failures can say what is held. */
struct allocation {
    void *memory;
    size_t bytes;
};

struct cuda_pinned {
    struct block ring[RING];
    unsigned next;
    struct allocation *held;
    int held_count, held_room;
};

enum status cuda_pinned_create(struct device *device)
{
    device->pinned = calloc(1, sizeof *device->pinned);
    if (!device->pinned)
        return FAIL(NO_MEMORY, "opening the GPU: no memory for %zu bytes", sizeof *device->pinned);
    for (int i = 0; i < RING; i++)
        TRY(cuda_check(device, cudaEventCreateWithFlags(&device->pinned->ring[i].done, cudaEventDisableTiming),
                       "creating an event"));
    return STATUS_OK;
}

void cuda_pinned_destroy(struct device *device)
{
    if (!device->pinned)
        return;
    for (int i = 0; i < RING; i++) {
        struct block *block = &device->pinned->ring[i];
        if (block->memory)
            cudaFreeHost(block->memory);
        if (block->done)
            cudaEventDestroy(block->done);
    }
    free(device->pinned->held);
    free(device->pinned);
    device->pinned = NULL;
}

static enum status remember(struct cuda_pinned *pinned, void *memory, size_t bytes)
{
    struct allocation made = {memory, bytes};
    ARRAY_ADD(pinned, held, made);
    return STATUS_OK;
}

static size_t megabytes(size_t bytes)
{
    return (bytes + (1 << 20) - 1) >> 20;
}

static void fail_alloc(struct device *device, cudaError_t error, size_t bytes, const char *what)
{
    size_t free_bytes = 0, total_bytes = 0;

    if (error != cudaErrorMemoryAllocation) {
        cuda_check(device, error, "taking %zu MB of the GPU's memory for %s", megabytes(bytes), what);
        return;
    }
    cudaGetLastError();
    cudaMemGetInfo(&free_bytes, &total_bytes);
    FAIL(NO_MEMORY, "the GPU's memory is out: %zu MB were asked for %s, clprof holds %zu MB, %zu of %zu MB are free; take a smaller "
         "--batch or --image-size", megabytes(bytes), what, megabytes(device->held_bytes), free_bytes >> 20, total_bytes >> 20);
}

void *cuda_alloc(struct device *device, size_t bytes, const char *what)
{
    void *memory = NULL;
    size_t asked = bytes ? bytes : 1;
    cudaError_t error = device->lost != cudaSuccess ? device->lost : cudaMalloc(&memory, asked);

    if (error == cudaSuccess)
        error = cudaMemsetAsync(memory, 0, asked, device->compute);
    if (error != cudaSuccess) {
        fail_alloc(device, error, asked, what);
        cudaFree(memory);
        return NULL;
    }
    if (remember(device->pinned, memory, asked) != STATUS_OK) {
        cudaFree(memory);
        return NULL;
    }
    device->held_bytes += asked;
    return memory;
}

void cuda_free(struct device *device, void *memory)
{
    struct cuda_pinned *pinned = device->pinned;

    for (int i = 0; i < pinned->held_count; i++) {
        if (pinned->held[i].memory != memory)
            continue;
        device->held_bytes -= pinned->held[i].bytes;
        pinned->held[i] = pinned->held[--pinned->held_count];
        break;
    }
    cudaFree(memory); /* waits for the device; a lost one's error was told before */
}

/* The next block of the ring, free to be written, of at least that many bytes. */
static enum status next_block(struct device *device, size_t bytes, struct block **out)
{
    struct block *block = &device->pinned->ring[device->pinned->next++ % RING];

    TRY(cuda_check(device, cudaEventSynchronize(block->done), "waiting for a copy to the GPU"));
    if (block->bytes < bytes) {
        size_t room = LEAST_BYTES;
        while (room < bytes)
            room *= 2;
        if (block->memory)
            cudaFreeHost(block->memory);
        *block = (struct block){NULL, 0, block->done};
        TRY(cuda_check(device, cudaHostAlloc(&block->memory, room, cudaHostAllocDefault), "pinning %zu KB of memory", room >> 10));
        block->bytes = room;
    }
    *out = block;
    return STATUS_OK;
}

enum status cuda_copy_in(struct device *device, void *to, const void *from, size_t bytes)
{
    bool taken;

    TRY(cuda_ahead_take(device, to, from, bytes, &taken));
    if (taken)
        return STATUS_OK;
    for (size_t at = 0, part; at < bytes; at += part) {
        struct block *block;
        part = bytes - at < PIECE_BYTES ? bytes - at : PIECE_BYTES;
        TRY(cuda_check(device, device->lost, "copying to the GPU"));
        TRY(next_block(device, part, &block));
        memcpy(block->memory, (const char *)from + at, part);
        TRY(cuda_check(device, cudaMemcpyAsync((char *)to + at, block->memory, part, cudaMemcpyHostToDevice, device->compute),
                       "copying %zu bytes to the GPU", part));
        TRY(cuda_check(device, cudaEventRecord(block->done, device->compute), "copying %zu bytes to the GPU", part));
    }
    return STATUS_OK;
}

enum status cuda_copy_out(struct device *device, void *to, const void *from, size_t bytes)
{
    TRY(cuda_check(device, device->lost, "copying from the GPU"));
    TRY(cuda_check(device, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, device->compute),
                   "copying %zu bytes from the GPU", bytes));
    return cuda_synchronize(device);
}

enum status cuda_zero(struct device *device, void *to, size_t bytes)
{
    TRY(cuda_check(device, device->lost, "clearing memory of the GPU"));
    return cuda_check(device, cudaMemsetAsync(to, 0, bytes, device->compute), "clearing %zu bytes of the GPU", bytes);
}

enum status cuda_synchronize(struct device *device)
{
    TRY(cuda_check(device, device->lost, "waiting for the GPU"));
    return cuda_check(device, cudaStreamSynchronize(device->compute), "waiting for the GPU");
}

enum status cuda_mark(struct device *device, int mark)
{
    if (!device->mark[mark])
        TRY(cuda_check(device, cudaEventCreate(&device->mark[mark]), "creating an event"));
    return cuda_check(device, cudaEventRecord(device->mark[mark], device->compute), "reading the GPU's clock");
}

enum status cuda_elapsed(struct device *device, int from, int to, int64_t *dur_ns)
{
    float taken_ms = 0;

    TRY(cuda_check(device, cudaEventElapsedTime(&taken_ms, device->mark[from], device->mark[to]), "reading the GPU's clock"));
    *dur_ns = (int64_t)(1e6 * (double)taken_ms);
    return STATUS_OK;
}
