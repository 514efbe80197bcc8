/*
 * Streams: queues that run when somebody waits, and only as far as that waiting needs. The device's clock is reckoned, not
 * measured: work starts when the stream and what it waits for are done, and takes a time made from its bytes and flops.
 */
#include "tests/simgpu/driver/memory_int.h"
#include "tests/simgpu/driver/stream_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A device of round numbers; nothing here claims to be any card's. */
#define LAUNCH_NS 1500        /* from the call to the start, on an idle stream */
#define SHORTEST_NS 1000
#define BYTES_PER_NS 100.0
#define FLOPS_PER_NS 20000.0
#define QUEUE_MOST 20000      /* a host that runs further ahead waits, as it would for a full channel */

static struct {
    struct simgpu_stream *first;
    struct simgpu_stream standard;
    unsigned made;
    const struct simgpu_tracer *tracer;
    uint32_t calls;       /* correlation numbers given out */
    uint32_t correlation; /* of the call that is being made */
    int depth;
    int device;
    struct order gone; /* what streams that are destroyed did */
} state = {.standard = {.blocking = true, .number = 7, .id = 7, .actor = ORDER_DEFAULT}};

int64_t simgpu_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- devices ---- */

int simgpu_devices(void)
{
    const char *given = getenv("SIMGPU_DEVICES");
    long count = given ? strtol(given, NULL, 10) : 1;
    return count < 1 ? 1 : count > SIMGPU_DEVICES_MOST ? SIMGPU_DEVICES_MOST : (int)count;
}

int simgpu_device(void)
{
    return state.device;
}

cudaError_t simgpu_set_device(int device)
{
    if (device < 0 || device >= simgpu_devices())
        return cudaErrorInvalidDevice;
    state.device = device;
    return cudaSuccess;
}

/* ---- marks ---- */

struct mark *mark_create(struct simgpu_stream *stream)
{
    struct mark *mark = calloc(1, sizeof *mark);

    if (!mark)
        abort();
    mark->owners = 1;
    mark->stream = stream;
    order_learn_host(&stream->known);
    mark->known = stream->known;
    return mark;
}

void mark_drop(struct mark *mark)
{
    if (mark && --mark->owners == 0)
        free(mark);
}

/* ---- API calls ---- */

void simgpu_trace(const struct simgpu_tracer *tracer)
{
    state.tracer = tracer;
}

void simgpu_call_begin(struct simgpu_call *call)
{
    if (state.depth++ > 0)
        return;
    call->correlation = state.correlation = ++state.calls;
    if (state.tracer)
        state.tracer->call_begin(call);
}

void simgpu_call_end(const struct simgpu_call *call, int result)
{
    if (--state.depth == 0 && state.tracer)
        state.tracer->call_end(call, result);
}

/* ---- streams ---- */

struct simgpu_stream *streams_first(void)
{
    return state.first;
}

struct simgpu_stream *stream_default(void)
{
    return &state.standard;
}

cudaError_t simgpu_stream_find(cudaStream_t handle, struct simgpu_stream **out)
{
    *out = &state.standard;
    if (handle == NULL || handle == cudaStreamLegacy || handle == cudaStreamPerThread)
        return cudaSuccess;
    for (struct simgpu_stream *stream = state.first; stream; stream = stream->next) {
        *out = stream;
        if ((cudaStream_t)stream == handle)
            return cudaSuccess;
    }
    return cudaErrorInvalidResourceHandle;
}

struct simgpu_stream *simgpu_stream_create(bool blocking)
{
    struct simgpu_stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->blocking = blocking;
    stream->number = 13 + state.made++;
    stream->id = stream->number;
    stream->device = state.device;
    stream->actor = order_new_actor();
    stream->next = state.first;
    state.first = stream;
    return stream;
}

void simgpu_stream_destroy(struct simgpu_stream *stream)
{
    struct simgpu_stream **link = &state.first;

    stream_run(stream, NULL);
    while (*link && *link != stream)
        link = &(*link)->next;
    if (*link)
        *link = stream->next;
    order_learn(&state.gone, &stream->known);
    free(stream->queue);
    free(stream);
}

unsigned simgpu_stream_number(const struct simgpu_stream *stream)
{
    return stream->number;
}

uint64_t simgpu_stream_id(const struct simgpu_stream *stream)
{
    return stream->id;
}

void stream_push(struct simgpu_stream *stream, const struct entry *entry)
{
    if (stream->count >= QUEUE_MOST)
        stream_run(stream, NULL);
    if (stream->head + stream->count == stream->room) {
        if (stream->head > 0) {
            memmove(stream->queue, stream->queue + stream->head, stream->count * sizeof *stream->queue);
            stream->head = 0;
        }
        if (stream->count == stream->room) {
            stream->room = stream->room ? 2 * stream->room : 64;
            stream->queue = realloc(stream->queue, stream->room * sizeof *stream->queue);
            if (!stream->queue)
                abort();
        }
    }
    struct entry *to = &stream->queue[stream->head + stream->count++];
    *to = *entry;
    to->issued_ns = simgpu_now_ns();
    to->correlation = state.correlation;
}

static void drop_work(const struct simgpu_work *work)
{
    if (work->destroy)
        work->destroy(work->closure);
}

/* The default stream and the blocking ones wait for each other. */
static void settle_default(struct simgpu_stream *stream)
{
    if (stream != &state.standard) {
        if (stream->blocking) {
            stream_run(&state.standard, NULL);
            order_learn(&stream->known, &state.standard.known);
        }
        return;
    }
    for (struct simgpu_stream *other = state.first; other; other = other->next)
        if (other->blocking) {
            stream_run(other, NULL);
            order_learn(&stream->known, &other->known);
        }
}

void stream_push_work(struct simgpu_stream *stream, const struct entry *entry)
{
    settle_default(stream);
    order_work(&stream->known, stream->actor, stream->number, &entry->work);
    stream_push(stream, entry);
}

void simgpu_add_access(struct simgpu_work *work, const void *memory, enum simgpu_access_kind kind)
{
    memory = simgpu_memory_base(memory);
    if (!memory || work->accesses == SIMGPU_ACCESSES)
        return;
    for (int i = 0; i < work->accesses; i++)
        if (work->access[i].memory == memory && work->access[i].kind == kind)
            return;
    work->access[work->accesses++] = (struct simgpu_access){memory, kind};
}

/* SIMGPU_EAGER=1: everything runs at once, in the order of the calls, which hides what forgets to wait. */
static bool eager(void)
{
    const char *given = getenv("SIMGPU_EAGER");
    return given && *given == '1';
}

cudaError_t simgpu_enqueue(struct simgpu_stream *stream, const struct simgpu_work *work)
{
    struct entry entry = {.kind = ENTRY_WORK, .work = *work};

    if (simgpu_lost() != cudaSuccess) {
        drop_work(work);
        return simgpu_lost();
    }
    if (stream->capture != cudaStreamCaptureStatusNone)
        return capture_take(stream, work);
    stream_push_work(stream, &entry);
    if (eager())
        stream_run(stream, NULL);
    return cudaSuccess;
}

/* ---- running ---- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t duration(const struct simgpu_work *work)
{
    double by_bytes = (double)work->bytes / BYTES_PER_NS, by_flops = work->flops / FLOPS_PER_NS;
    return SHORTEST_NS + (int64_t)(by_bytes > by_flops ? by_bytes : by_flops);
}

static void tell_activity(const struct simgpu_stream *stream, const struct entry *entry, int64_t start_ns)
{
    struct simgpu_activity activity = {.work = &entry->work, .start_ns = start_ns, .end_ns = stream->ready_ns,
                                       .correlation = entry->correlation, .stream = stream->number,
                                       .device = stream->device, .graph_node = entry->graph_node};

    activity.graph = entry->graph ? (uint32_t)(entry->graph_node >> 32) : 0;
    if (state.tracer && entry->work.kind != SIMGPU_HOST)
        state.tracer->activity(&activity);
}

static void do_work(struct simgpu_stream *stream, const struct entry *entry)
{
    int64_t start_ns = later(stream->ready_ns, entry->issued_ns + LAUNCH_NS);

    if (simgpu_lost() == cudaSuccess) {
        simgpu_memory_open();
        if (entry->work.run(entry->work.closure))
            simgpu_check_red_zones(entry->work.name ? entry->work.name : "a copy");
        simgpu_memory_close();
        stream->ready_ns = start_ns + duration(&entry->work);
        tell_activity(stream, entry, start_ns);
    }
    if (entry->graph)
        simgpu_graph_drop(entry->graph);
    else
        drop_work(&entry->work);
}

/* The stream's oldest entry, which waits for nothing. */
static void run_head(struct simgpu_stream *stream)
{
    struct entry entry = stream->queue[stream->head++];

    stream->count--;
    if (entry.kind == ENTRY_WORK) {
        do_work(stream, &entry);
        return;
    }
    if (entry.kind == ENTRY_RECORD) {
        entry.mark->time_ns = stream->ready_ns = later(stream->ready_ns, entry.issued_ns);
        entry.mark->reached = true;
    } else {
        stream->ready_ns = later(stream->ready_ns, entry.mark->time_ns);
    }
    mark_drop(entry.mark);
}

void stream_run(struct simgpu_stream *stream, const struct mark *until)
{
    while (stream->count > 0 && !(until && until->reached)) {
        const struct entry *head = &stream->queue[stream->head];
        if (head->kind == ENTRY_WAIT && !head->mark->reached && head->mark->stream != stream)
            stream_run(head->mark->stream, head->mark);
        run_head(stream);
    }
}

/* The host goes on no sooner than the device's clock says that the work is done. */
static void sleep_until(int64_t end_ns)
{
    int64_t left_ns = end_ns - simgpu_now_ns();
    struct timespec time = {left_ns / 1000000000, left_ns % 1000000000};

    if (left_ns > 0)
        nanosleep(&time, NULL);
}

cudaError_t simgpu_stream_wait(struct simgpu_stream *stream)
{
    if (stream->capture != cudaStreamCaptureStatusNone)
        return simgpu_capture_forbid();
    settle_default(stream);
    simgpu_memory_open();
    stream_run(stream, NULL);
    simgpu_memory_close();
    order_host_learns(&stream->known);
    sleep_until(stream->ready_ns);
    return simgpu_lost();
}

bool simgpu_stream_poll(struct simgpu_stream *stream)
{
    if (stream->count > 0) {
        const struct entry *head = &stream->queue[stream->head];
        if (head->kind == ENTRY_WAIT && !head->mark->reached && head->mark->stream != stream)
            stream_run(head->mark->stream, head->mark);
        run_head(stream);
        return false;
    }
    if (stream->ready_ns > simgpu_now_ns())
        return false;
    order_host_learns(&stream->known);
    return true;
}

/* All streams, in an order made from SIMGPU_SEED. */
cudaError_t simgpu_device_wait(void)
{
    cudaError_t error = simgpu_capture_forbid();

    if (error != cudaSuccess)
        return error;
    for (struct simgpu_stream *stream = state.first; stream; stream = stream->next)
        simgpu_stream_wait(stream);
    order_host_learns(&state.gone);
    return simgpu_stream_wait(&state.standard);
}
