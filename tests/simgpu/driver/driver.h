/*
 * The simulated driver: device memory, streams, clock, faults. libcudart, libcudnn, libcublasLt and libcupti of the simulator are
 * built on it, as the real ones are on libcuda. Work runs when somebody waits for it, on the thread that waits, never sooner than
 * it must: what forgot to wait for an event meets memory that isn't written yet.
 *
 * Not thread-safe against each other: one host thread at a time may call (the clprof trainer's), except simgpu_now_ns.
 */
#ifndef SIMGPU_DRIVER_H
#define SIMGPU_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <driver_types.h>

#include "tests/simgpu/simt_abi.h"

#define SIMGPU_MULTIPROCESSORS 4
#define SIMGPU_CAPABILITY_MAJOR 9
#define SIMGPU_CAPABILITY_MINOR 0
#define SIMGPU_SHARED_BYTES (48u << 10)        /* of a block without asking */
#define SIMGPU_SHARED_OPTIN_BYTES (227u << 10)
#define SIMGPU_DRIVER_VERSION 13000
#define SIMGPU_DEVICES_MOST 4 /* SIMGPU_DEVICES of them are there (1) */

/* ---- devices ---- */

int simgpu_devices(void);
/* The calling program's current one: memory and streams are made on it. */
int simgpu_device(void);
cudaError_t simgpu_set_device(int device);

/* ---- faults: SIMGPU_FAULT=name[:n],... ---- */

/* True when `name` is asked for: at its n-th call, counted from 1, or at every call when no n was given. */
bool simgpu_fault(const char *name);
/* The same without counting. */
bool simgpu_fault_set(const char *name);

/* ---- errors ---- */

/* The error that every call answers from now on; the first one stays. `reason` is told on stderr and by simgpu_last_fault. */
void simgpu_lose_device(cudaError_t error, const char *reason);
cudaError_t simgpu_lost(void);
/* What was found wrong last (a kernel out of bounds, a leak, a race), in words; "" when nothing was. */
const char *simgpu_last_fault(void);
/* Counts of what was found wrong, lost device or not. */
int simgpu_fault_count(void);
void simgpu_report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- memory ---- */

enum simgpu_memory_kind { SIMGPU_DEVICE, SIMGPU_PINNED };
/* 256-byte aligned, filled with 0xff, guarded on both sides. cudaErrorMemoryAllocation beyond SIMGPU_MEMORY bytes (default 16 GiB). */
cudaError_t simgpu_allocate(enum simgpu_memory_kind kind, size_t bytes, void **out);
/* The memory must have come from simgpu_allocate of the same kind and be free of work that is to come. */
cudaError_t simgpu_release(enum simgpu_memory_kind kind, void *memory);
/* Device memory or pinned? False when it is neither. *left_bytes: from `at` to the allocation's end. */
bool simgpu_find_memory(const void *at, enum simgpu_memory_kind *kind, size_t *left_bytes);
void simgpu_memory_info(size_t *free_bytes, size_t *total_bytes);
/* The device that device memory lies on; -1: it is none. */
int simgpu_memory_device(const void *at);
/* Device memory that is allocated now, for tests. */
int simgpu_allocations(void);

/* Within work: this process may touch memory; what it does touch is opened then (by the signal handler: opening all of it would take
 * longer than most work) and closed at the end. Nested. */
void simgpu_memory_open(void);
void simgpu_memory_close(void);
/* Looks for writes beside allocations; tells whose work was last. */
bool simgpu_check_red_zones(const char *work);

/* ---- time ---- */

/* Nanoseconds since the epoch, as CUPTI's default clock. */
int64_t simgpu_now_ns(void);

/* ---- work ---- */

enum simgpu_work_kind { SIMGPU_KERNEL, SIMGPU_COPY, SIMGPU_FILL, SIMGPU_HOST };

/* What work does with an allocation; kernels, whose code is not looked into, touch what they have a pointer into. */
enum simgpu_access_kind { SIMGPU_READS, SIMGPU_WRITES, SIMGPU_TOUCHES, SIMGPU_ACCESS_KINDS };
struct simgpu_access {
    const void *memory; /* where it begins */
    enum simgpu_access_kind kind;
};
#define SIMGPU_ACCESSES 12 /* a kernel with more allocations is looked at as far as these go */

/* One piece of a stream's work. Facts are what CUPTI tells; run does it and may be called again (graphs). */
struct simgpu_work {
    enum simgpu_work_kind kind;
    const char *name; /* kernels: mangled; borrowed for life */
    enum cudaMemcpyKind copy_kind;
    bool pinned;      /* copies: the host's side is pinned */
    unsigned value;   /* fills */
    size_t bytes;     /* moved; kernels: what the clock reckons with */
    double flops;
    struct simt_index grid, block;
    size_t shared_bytes;
    struct simgpu_access access[SIMGPU_ACCESSES];
    int accesses;
    int from_device, to_device; /* copies: where the memory lies, -1 the host */
    /* Returns false when the device is lost (it has said so by simgpu_lose_device). */
    bool (*run)(void *closure);
    void (*destroy)(void *closure);
    void *closure;
};

struct simgpu_stream;
struct simgpu_event;
struct simgpu_graph;

/* Adds an access of the allocation that holds `memory`, if there is one, it is new and there is room. */
void simgpu_add_access(struct simgpu_work *work, const void *memory, enum simgpu_access_kind kind);

/* NULL, cudaStreamLegacy: the default stream. cudaErrorInvalidResourceHandle for what is no stream. */
cudaError_t simgpu_stream_find(cudaStream_t handle, struct simgpu_stream **out);
struct simgpu_stream *simgpu_stream_create(bool blocking);
void simgpu_stream_destroy(struct simgpu_stream *stream);
unsigned simgpu_stream_number(const struct simgpu_stream *stream);
uint64_t simgpu_stream_id(const struct simgpu_stream *stream);

/* Puts work behind everything in the stream and looks for races; the closure is the stream's from here on, whatever is answered. */
cudaError_t simgpu_enqueue(struct simgpu_stream *stream, const struct simgpu_work *work);
/* Runs the stream, and what it waits for, to its end. */
cudaError_t simgpu_stream_wait(struct simgpu_stream *stream);
/* True when nothing is left to do; else does a piece of it. */
bool simgpu_stream_poll(struct simgpu_stream *stream);
cudaError_t simgpu_device_wait(void);

struct simgpu_event *simgpu_event_create(bool timed);
void simgpu_event_destroy(struct simgpu_event *event);
cudaError_t simgpu_event_record(struct simgpu_event *event, struct simgpu_stream *stream);
cudaError_t simgpu_event_make_wait(struct simgpu_event *event, struct simgpu_stream *stream);
cudaError_t simgpu_event_wait(struct simgpu_event *event);
cudaError_t simgpu_event_query(struct simgpu_event *event);
cudaError_t simgpu_event_elapsed(struct simgpu_event *from, struct simgpu_event *to, float *milliseconds);

/* ---- capture ---- */

cudaError_t simgpu_capture_begin(struct simgpu_stream *stream);
cudaError_t simgpu_capture_end(struct simgpu_stream *stream, struct simgpu_graph **out);
enum cudaStreamCaptureStatus simgpu_capture_status(const struct simgpu_stream *stream);
/* For calls that may not be made while anything is captured: breaks the capture and answers the error. */
cudaError_t simgpu_capture_forbid(void);
size_t simgpu_graph_nodes(const struct simgpu_graph *graph);
struct simgpu_graph *simgpu_graph_keep(struct simgpu_graph *graph); /* one more owner */
void simgpu_graph_drop(struct simgpu_graph *graph);
cudaError_t simgpu_graph_launch(struct simgpu_graph *graph, struct simgpu_stream *stream);

/* ---- what is told to CUPTI ---- */

struct simgpu_activity {
    const struct simgpu_work *work;
    int64_t start_ns, end_ns;
    uint32_t correlation; /* of the call that launched it */
    unsigned stream;
    int device;
    uint32_t graph;       /* 0: none */
    uint64_t graph_node;
};
struct simgpu_call {
    bool driver;      /* cu..., not cuda... */
    uint32_t number;  /* CUPTI's CBID */
    const char *name; /* "cudaLaunchKernel"; borrowed for life */
    uint32_t correlation;
    const void *parameters;
    const char *symbol; /* of launches: the kernel's name */
};
struct simgpu_tracer {
    void (*call_begin)(const struct simgpu_call *call);
    void (*call_end)(const struct simgpu_call *call, int result);
    void (*activity)(const struct simgpu_activity *activity);
};
/* NULL: nobody listens. One listener. */
void simgpu_trace(const struct simgpu_tracer *tracer);

/* Brackets of an API call; work enqueued between them bears its number. Calls within calls are not told. */
void simgpu_call_begin(struct simgpu_call *call);
void simgpu_call_end(const struct simgpu_call *call, int result);

/* ---- kernels ---- */

/* Runs a kernel that was compiled for the host; NULL when there is no such kernel. */
const struct simt_kernel *simgpu_kernel(const char *mangled_name);
cudaError_t simgpu_launch(struct simgpu_stream *stream, const struct simt_kernel *kernel, struct simt_index grid,
                          struct simt_index block, size_t shared_bytes, void *const *arguments);

/* First use of the device: signal handler, CUDA_INJECTION64_PATH. Again is cheap. */
void simgpu_start(void);

#endif
