/* Opening, feeding and closing a CUPTI session. */
#include "profiler/cupti/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic(struct activity *) opened;
static char reason[300];
static _Thread_local int depth; /* of launches that this thread has open */

static const CUpti_ActivityKind kinds[] = {
    CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, CUPTI_ACTIVITY_KIND_RUNTIME, CUPTI_ACTIVITY_KIND_DRIVER,
    CUPTI_ACTIVITY_KIND_OVERHEAD,             CUPTI_ACTIVITY_KIND_MEMCPY,  CUPTI_ACTIVITY_KIND_MEMCPY2,
    CUPTI_ACTIVITY_KIND_MEMSET,               CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL,
};

/* Calls that start device work; a thread without a launch of its own makes them for the one that has. */
static const struct {
    CUpti_CallbackDomain domain;
    CUpti_CallbackId call;
} watched[] = {
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaLaunchKernel_v7000},
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID___cudaLaunchKernel_v13000},
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaLaunchKernelExC_v11060},
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaLaunchCooperativeKernel_v9000},
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaGraphLaunch_v10000},
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyAsync_v3020},
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyPeerAsync_v4000},
    {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaMemsetAsync_v3020},
    {CUPTI_CB_DOMAIN_DRIVER_API, CUPTI_DRIVER_TRACE_CBID_cuLaunchKernel},
    {CUPTI_CB_DOMAIN_DRIVER_API, CUPTI_DRIVER_TRACE_CBID_cuLaunchKernelEx},
    {CUPTI_CB_DOMAIN_DRIVER_API, CUPTI_DRIVER_TRACE_CBID_cuLaunchCooperativeKernel},
    {CUPTI_CB_DOMAIN_DRIVER_API, CUPTI_DRIVER_TRACE_CBID_cuGraphLaunch},
};

static void on_request(uint8_t **bytes, size_t *size, size_t *most_records)
{
    struct activity *self = atomic_load(&opened);

    *bytes = self ? buffers_lend(&self->buffers) : NULL;
    *size = *bytes ? BUFFER_BYTES : 0;
    *most_records = 0;
}

static void count_dropped(struct activity *self, CUcontext context, uint32_t stream)
{
    size_t dropped = 0;

    if (self->api.cuptiActivityGetNumDroppedRecords(context, stream, &dropped) == CUPTI_SUCCESS)
        atomic_fetch_add(&self->dropped, (int_fast64_t)dropped);
}

static void on_complete(CUcontext context, uint32_t stream, uint8_t *bytes, size_t size, size_t valid_bytes)
{
    struct activity *self = atomic_load(&opened);

    (void)size;
    if (!self || !bytes)
        return;
    count_dropped(self, context, stream);
    buffers_return(&self->buffers, bytes, valid_bytes);
}

/* On any thread, in the midst of a CUDA call: as little as possible, and no CUDA. */
static void on_call(void *context, CUpti_CallbackDomain domain, CUpti_CallbackId call, const void *data)
{
    struct activity *self = context;
    const CUpti_CallbackData *about = data;

    (void)domain, (void)call;
    if (about->callbackSite != CUPTI_API_ENTER || depth > 0)
        return;
    uint64_t id = atomic_load_explicit(&self->open_id, memory_order_relaxed);
    if (!id)
        return;
    pthread_mutex_lock(&self->buffers.lock);
    if (self->strays < STRAYS_MOST)
        self->stray[self->strays++] = (struct call){.correlation = about->correlationId, .external = id};
    pthread_mutex_unlock(&self->buffers.lock);
}

const char *session_probe(void)
{
    struct cupti_api api;

    return cupti_api_load(&api, reason, sizeof reason) ? NULL : reason;
}

static const char *failed(const struct activity *self, const char *what, CUptiResult result)
{
    snprintf(reason, sizeof reason, "%s failed: %s", what, cupti_api_words(&self->api, result));
    return reason;
}

/* The one subscriber of the process; says who has the place. */
static const char *subscribe(struct activity *self)
{
    char holder[128] = "";
    CUpti_SubscriberParams about = {.structSize = CUpti_SubscriberParams_STRUCT_SIZE,
                                    .subscriberName = "clprof",
                                    .oldSubscriberName = holder,
                                    .oldSubscriberSize = sizeof holder};
    CUptiResult result = self->api.cuptiSubscribe_v2
                             ? self->api.cuptiSubscribe_v2(&self->subscriber, on_call, self, &about)
                             : self->api.cuptiSubscribe(&self->subscriber, on_call, self);

    if (result == CUPTI_SUCCESS)
        return NULL;
    self->subscriber = NULL;
    if (result != CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED)
        return failed(self, "subscribing to CUPTI (is there an NVIDIA driver?)", result);
    holder[sizeof holder - 1] = '\0';
    snprintf(reason, sizeof reason,
             "%s has CUPTI already, and a process has room for one: end it (nsys, ncu, cuda-gdb, torch.profiler), or import its trace",
             holder[0] ? holder : "another profiler");
    return reason;
}

/* Calls that start nothing and come by the thousand; CUDA 12.5 and later need not record them. */
static void leave_out_noise(const struct activity *self)
{
    static const CUpti_CallbackId runtime[] = {
        CUPTI_RUNTIME_TRACE_CBID_cudaGetDevice_v3020, CUPTI_RUNTIME_TRACE_CBID_cudaSetDevice_v3020,
        CUPTI_RUNTIME_TRACE_CBID_cudaGetLastError_v3020, CUPTI_RUNTIME_TRACE_CBID_cudaPeekAtLastError_v3020};
    static const CUpti_CallbackId driver[] = {
        CUPTI_DRIVER_TRACE_CBID_cuCtxGetCurrent, CUPTI_DRIVER_TRACE_CBID_cuKernelGetAttribute,
        CUPTI_DRIVER_TRACE_CBID_cuDevicePrimaryCtxGetState};

    for (size_t i = 0; self->api.cuptiActivityEnableRuntimeApi && i < sizeof runtime / sizeof *runtime; i++)
        self->api.cuptiActivityEnableRuntimeApi(runtime[i], 0);
    for (size_t i = 0; self->api.cuptiActivityEnableDriverApi && i < sizeof driver / sizeof *driver; i++)
        self->api.cuptiActivityEnableDriverApi(driver[i], 0);
}

static const char *enable(struct activity *self)
{
    CUptiResult result = self->api.cuptiActivityRegisterCallbacks(on_request, on_complete);

    if (result != CUPTI_SUCCESS)
        return failed(self, "giving CUPTI buffers", result);
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        self->api.cuptiEnableCallback(1, self->subscriber, watched[i].domain, watched[i].call); /* older ones lack some */
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        result = self->api.cuptiActivityEnable(kinds[i]);
        if (result == CUPTI_SUCCESS)
            continue;
        snprintf(reason, sizeof reason, "CUPTI refuses records of kind %d: %s", (int)kinds[i],
                 cupti_api_words(&self->api, result));
        return reason;
    }
    leave_out_noise(self);
    return NULL;
}

static void forked(void)
{
    struct activity *self = atomic_load(&opened);

    if (self)
        atomic_store(&self->dead, true);
    atomic_store(&opened, NULL);
}

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forked);
}

const char *session_open(struct activity **out)
{
    struct activity *self = calloc(1, sizeof *self), *none = NULL;
    const char *problem = NULL;

    *out = NULL;
    if (!self)
        return "no memory for a CUPTI session";
    if (!cupti_api_load(&self->api, reason, sizeof reason)) {
        free(self);
        return reason;
    }
    buffers_init(&self->buffers, self->api.version < CUPTI_MAY_LACK_BUFFERS);
    records_init(&self->records);
    if (!atomic_compare_exchange_strong(&opened, &none, self))
        problem = "this process records its device already";
    else if (!(problem = subscribe(self)) && !clock_join_read(&self->join, &self->api))
        problem = "CUPTI tells no time";
    if (!problem)
        problem = enable(self);
    if (problem) {
        session_close(self);
        return problem;
    }
    pthread_once(&fork_once, watch_forks);
    *out = self;
    return NULL;
}

void session_stop(struct activity *self)
{
    if (self->stopped || !self->subscriber || atomic_load(&self->dead))
        return;
    self->stopped = true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        self->api.cuptiActivityDisable(kinds[i]);
    self->api.cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED); /* buffers come home */
    self->api.cuptiUnsubscribe(self->subscriber);
}

void session_close(struct activity *self)
{
    struct activity *mine = self;

    if (!self)
        return;
    session_stop(self);
    atomic_compare_exchange_strong(&opened, &mine, NULL);
    records_release(&self->records);
    buffers_release(&self->buffers);
    free(self);
}

void session_push(struct activity *self, uint64_t id)
{
    if (atomic_load_explicit(&self->dead, memory_order_relaxed))
        return;
    self->api.cuptiActivityPushExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, id);
    depth++;
    self->newest_pushed = id;
    atomic_store_explicit(&self->open_id, id, memory_order_relaxed);
}

void session_pop(struct activity *self)
{
    uint64_t last;

    if (atomic_load_explicit(&self->dead, memory_order_relaxed))
        return;
    self->api.cuptiActivityPopExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last);
    if (--depth == 0)
        atomic_store_explicit(&self->open_id, 0, memory_order_relaxed);
}

static void take_strays(struct activity *self)
{
    pthread_mutex_lock(&self->buffers.lock);
    for (int i = 0; i < self->strays; i++)
        self->records.unread += records_add_call(&self->records, self->stray[i]) != STATUS_OK;
    self->strays = 0;
    pthread_mutex_unlock(&self->buffers.lock);
}

static const char *flush(struct activity *self, uint32_t flag)
{
    CUptiResult result = self->api.cuptiActivityFlushAll(flag);
    struct buffer *list = buffers_take(&self->buffers);

    for (struct buffer *buffer = list; buffer; buffer = buffer->next)
        records_read(&self->records, &self->api, buffer);
    buffers_recycle(&self->buffers, list);
    return result == CUPTI_SUCCESS ? NULL : failed(self, "flushing CUPTI's buffers", result);
}

static void visit_work(struct activity *self, const struct work *work, session_visit *visit, void *context)
{
    const struct call *call = records_call(&self->records, work->correlation);
    bool timed = work->start_ns > 0 && work->end_ns >= work->start_ns;
    struct activity_record record = {
        .kind = work->kind,
        .name = work->name,
        .id = call ? call->external : 0,
        .start_ns = timed ? clock_join_host(&self->join, work->start_ns) : -1,
        .launch_ns = call && call->start_ns ? clock_join_host(&self->join, call->start_ns) : -1,
        .correlation_id = work->correlation,
        .bytes = work->bytes,
        .device = (int)work->device,
        .stream = (int)work->stream,
    };

    record.end_ns = timed ? record.start_ns + (int64_t)(work->end_ns - work->start_ns) : -1;
    self->untimed += !timed;
    visit(context, &record, call);
}

const char *session_drain(struct activity *self, bool forced, session_visit *visit, void *context)
{
    if (atomic_load(&self->dead))
        return "a forked process has no device records";
    if (self->stopped)
        return NULL;
    const char *problem = flush(self, forced ? CUPTI_ACTIVITY_FLAG_FLUSH_FORCED : 0);
    /* One unfinished copy of the next batch holds a whole buffer back. */
    if (!problem && self->records.newest_external < self->newest_pushed)
        problem = flush(self, CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    count_dropped(self, NULL, 0); /* no buffer comes back where none was given */
    take_strays(self);
    clock_join_read(&self->join, &self->api);
    records_settle(&self->records);
    for (int i = 0; i < self->records.work_count; i++)
        visit_work(self, &self->records.work[i], visit, context);
    records_forget(&self->records);
    return problem;
}

static void remark_overhead(const struct activity *self, activity_tell *tell, void *context)
{
    char text[300] = "CUPTI's own time:";
    size_t length = strlen(text);
    int told = 0;

    for (int i = 0; i < OVERHEAD_KINDS && length < sizeof text - 1; i++) {
        if (!self->records.overhead_ns[i])
            continue;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s %s %.3f ms", told++ ? "," : "",
                                   records_overhead_words(i), (double)self->records.overhead_ns[i] / 1e6);
    }
    if (told)
        tell(context, text);
}

void session_remarks(const struct activity *self, activity_tell *tell, void *context)
{
    char text[200];

    remark_overhead(self, tell, context);
    if (self->join.set) {
        snprintf(text, sizeof text, "the wall clock was set %lld times while the device was recorded: device times of these steps may be off",
                 (long long)self->join.set);
        tell(context, text);
    }
    if (self->records.unread) {
        snprintf(text, sizeof text, "%lld records of CUPTI's were not read", (long long)self->records.unread);
        tell(context, text);
    }
}
