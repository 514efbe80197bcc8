/*
 * The simulated NCCL: communicators of a rank per process on one machine, and all-reduce of float, as a kernel of the stream that
 * meets those of the other ranks in shared memory. As with the real one, who waits for a rank that has died waits for ever.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cupti_driver_cbid.h>
#include <nccl.h>

#include "tests/simgpu/driver/driver.h"

#define CHUNK ((size_t)64 << 10) /* elements that all ranks exchange at a time */

/* What the ranks share. */
struct segment {
    atomic_int arrived, generation; /* of the meeting that is under way */
    int ranks[SIMGPU_DEVICES_MOST]; /* what each was told about their number */
    int device[SIMGPU_DEVICES_MOST];
    size_t count[SIMGPU_DEVICES_MOST];
    float values[SIMGPU_DEVICES_MOST][CHUNK];
};

struct ncclComm {
    struct segment *segment;
    int rank, ranks;
};

static char last[256]; /* ncclGetLastError's */
static char created[64]; /* the segment that nobody has removed yet */

static ncclResult_t fail(ncclResult_t result, const char *text)
{
    snprintf(last, sizeof last, "%s", text);
    return result;
}

static void remove_segment(void)
{
    if (created[0])
        shm_unlink(created);
    created[0] = '\0';
}

/* Waits until all ranks have come here. */
static void meet(struct ncclComm *comm)
{
    struct segment *segment = comm->segment;
    int now = atomic_load(&segment->generation);
    if (atomic_fetch_add(&segment->arrived, 1) + 1 == comm->ranks) {
        atomic_store(&segment->arrived, 0);
        atomic_fetch_add(&segment->generation, 1);
        return;
    }
    while (atomic_load(&segment->generation) == now)
        usleep(20);
}

/* ---- version, words ---- */

ncclResult_t ncclGetVersion(int *version)
{
    *version = NCCL_VERSION_CODE;
    return ncclSuccess;
}

const char *ncclGetErrorString(ncclResult_t result)
{
    static const char *const words[] = {"no error", "unhandled cuda error (run with NCCL_DEBUG=INFO for details)",
                                        "unhandled system error (run with NCCL_DEBUG=INFO for details)", "internal error",
                                        "invalid argument", "invalid usage", "remote process exited or there was a network error",
                                        "NCCL operation in progress"};
    return (unsigned)result < sizeof words / sizeof *words ? words[result] : "unknown result code";
}

const char *ncclGetLastError(ncclComm_t comm)
{
    (void)comm;
    return last;
}

/* ---- communicators ---- */

ncclResult_t ncclGetUniqueId(ncclUniqueId *id)
{
    static int made;
    remove_segment();
    memset(id, 0, sizeof *id);
    snprintf(created, sizeof created, "/simgpu-nccl-%d-%d", (int)getpid(), made++);
    memcpy(id->internal, created, sizeof created);
    int file = shm_open(created, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0 || ftruncate(file, sizeof(struct segment)) != 0)
        return fail(ncclSystemError, "no shared memory");
    close(file);
    if (made == 1)
        atexit(remove_segment);
    return ncclSuccess;
}

static struct segment *attach(const ncclUniqueId *id)
{
    int file = shm_open(id->internal, O_RDWR, 0600);
    void *found = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct segment), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    return found == MAP_FAILED ? NULL : found;
}

/* All ranks look at what all have told, so that all refuse together. */
static ncclResult_t compare(const struct ncclComm *comm)
{
    const struct segment *segment = comm->segment;
    for (int i = 0; i < comm->ranks; i++)
        for (int j = 0; j < i; j++)
            if (segment->device[i] == segment->device[j])
                return fail(ncclInvalidUsage, "Duplicate GPU detected");
    return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t *out, int ranks, ncclUniqueId id, int rank)
{
    *out = NULL;
    if (ranks < 1 || ranks > SIMGPU_DEVICES_MOST || rank < 0 || rank >= ranks)
        return fail(ncclInvalidArgument, "a rank beyond their number, or more of them than are simulated");
    struct ncclComm *comm = calloc(1, sizeof *comm);
    struct segment *segment = simgpu_fault("nccl_join") ? NULL : attach(&id);
    if (!comm || !segment) {
        free(comm);
        return fail(ncclSystemError, "no such group");
    }
    *comm = (struct ncclComm){segment, rank, ranks};
    segment->device[rank] = simgpu_device();
    meet(comm);
    if (rank == 0)
        remove_segment(); /* all have it */
    ncclResult_t result = compare(comm);
    if (result != ncclSuccess)
        ncclCommDestroy(comm);
    else
        *out = comm;
    return result;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm)
{
    if (comm)
        munmap(comm->segment, sizeof *comm->segment);
    free(comm);
    return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm)
{
    return ncclCommDestroy(comm);
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *error)
{
    if (!comm || !error)
        return fail(ncclInvalidArgument, "no communicator");
    *error = simgpu_lost() == cudaSuccess ? ncclSuccess : ncclUnhandledCudaError;
    return ncclSuccess;
}

/* ---- all-reduce ---- */

struct reduction {
    struct ncclComm *comm;
    const float *from;
    float *to;
    size_t count;
    bool average;
};

/* NCCL multiplies by 1/ranks first and adds then (ncclAvg of float is its "PreMulSum"). */
static void add_up(const struct reduction *self, size_t first, size_t count)
{
    const struct segment *segment = self->comm->segment;
    float factor = self->average ? 1.0f / (float)self->comm->ranks : 1;
    for (size_t i = 0; i < count; i++) {
        float sum = 0;
        for (int rank = 0; rank < self->comm->ranks; rank++)
            sum += factor * segment->values[rank][i];
        self->to[first + i] = sum;
    }
}

static bool run(void *closure)
{
    const struct reduction *self = closure;
    struct ncclComm *comm = self->comm;
    comm->segment->count[comm->rank] = self->count;
    meet(comm);
    for (int rank = 0; rank < comm->ranks; rank++)
        if (comm->segment->count[rank] != self->count) {
            simgpu_lose_device(cudaErrorLaunchFailure, "ncclAllReduce: the ranks disagree about the number of elements");
            return false;
        }
    for (size_t first = 0; first < self->count; first += CHUNK) {
        size_t count = self->count - first < CHUNK ? self->count - first : CHUNK;
        memcpy(comm->segment->values[comm->rank], self->from + first, count * sizeof(float));
        meet(comm);
        add_up(self, first, count);
        meet(comm);
    }
    return true;
}

static bool is_device_memory(const void *memory, size_t bytes)
{
    enum simgpu_memory_kind kind;
    size_t left;
    return simgpu_find_memory(memory, &kind, &left) && kind == SIMGPU_DEVICE && left >= bytes;
}

static ncclResult_t enqueue(const struct reduction *given, struct simgpu_stream *stream)
{
    /* As NCCL 2.19 and later name it: reductions of float run in the kernel of sums. */
    static const char name[] = "_Z39ncclDevKernel_AllReduce_Sum_f32_RING_LL24ncclDevKernelArgsStorageILm4096EE";
    struct simgpu_call call = {.driver = true, .number = CUPTI_DRIVER_TRACE_CBID_cuLaunchKernelEx, .name = "cuLaunchKernelEx", .symbol = name};
    struct reduction *reduction = malloc(sizeof *reduction);
    if (!reduction)
        return fail(ncclSystemError, "no memory");
    *reduction = *given;
    struct simgpu_work work = {.kind = SIMGPU_KERNEL, .name = name, .bytes = 2 * given->count * sizeof(float), .grid = {2, 1, 1},
                               .block = {544, 1, 1}, .run = run, .destroy = free, .closure = reduction};
    simgpu_add_access(&work, given->from, SIMGPU_READS);
    simgpu_add_access(&work, given->to, SIMGPU_WRITES);
    simgpu_call_begin(&call);
    cudaError_t error = simgpu_enqueue(stream, &work);
    simgpu_call_end(&call, (int)error);
    return error == cudaSuccess ? ncclSuccess : fail(ncclUnhandledCudaError, "the launch failed");
}

ncclResult_t ncclAllReduce(const void *from, void *to, size_t count, ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm, cudaStream_t handle)
{
    const struct reduction reduction = {comm, from, to, count, op == ncclAvg};
    struct simgpu_stream *stream;
    if (!comm || type != ncclFloat || (op != ncclSum && op != ncclAvg))
        return fail(ncclInvalidArgument, "not simulated: only sums and means of float");
    if (!is_device_memory(from, count * sizeof(float)) || !is_device_memory(to, count * sizeof(float)))
        return fail(ncclInvalidArgument, "no device memory of this length");
    if (simgpu_stream_find(handle, &stream) != cudaSuccess)
        return fail(ncclInvalidArgument, "no stream");
    return simgpu_fault("nccl_launch") ? fail(ncclUnhandledCudaError, "asked for by SIMGPU_FAULT") : enqueue(&reduction, stream);
}
