/* libcupti on paper; see paper_cupti.h. Fresh buffers are asked for and handed back on a thread of its own, as CUPTI may. */
#include "cupti/paper_cupti.h"

#include <cupti.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#define EXPORT __attribute__((visibility("default")))
#define MOST_BYTES (1 << 20)

static struct {
    int64_t offset_ns;
    double drift;
    CUpti_CallbackFunc callback;
    void *context;
    char holder[64];
    int kind[CUPTI_ACTIVITY_KIND_COUNT], watched, held, forced;
    CUpti_BuffersCallbackRequestFunc request;
    CUpti_BuffersCallbackCompleteFunc complete;
    pthread_mutex_t lock;
    uint8_t bytes[MOST_BYTES];
    size_t used, dropped;
    unsigned shorter;
    uint32_t calls;
} paper = {.offset_ns = 1700000000000000000, .lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local struct {
    uint64_t id[16];
    int depth;
} stack;

static uint64_t to_cupti(int64_t host_ns)
{
    return host_ns < 0 ? 0 : (uint64_t)(host_ns + (int64_t)((double)host_ns * paper.drift) + paper.offset_ns);
}

EXPORT void paper_clock(int64_t offset_ns, double drift)
{
    paper.offset_ns = offset_ns;
    paper.drift = drift;
}
EXPORT void paper_drop(unsigned records) { paper.dropped += records; }
EXPORT void paper_hold(int held) { paper.held = held; }
EXPORT void paper_shorter(unsigned bytes) { paper.shorter = bytes; }
EXPORT int paper_subscribed(void) { return paper.callback != NULL; }
EXPORT int paper_forced(void) { return paper.forced; }
EXPORT void paper_taken(const char *by) { strncpy(paper.holder, by ? by : "", sizeof paper.holder - 1); }
EXPORT int paper_kinds(void)
{
    int count = 0;
    for (int kind = 0; kind < CUPTI_ACTIVITY_KIND_COUNT; kind++)
        count += paper.kind[kind];
    return count;
}

/* Records keep their multiple of 8 bytes; the size of each stands in front of it, out of the reader's sight. */
static void put(CUpti_ActivityKind kind, void *record, size_t bytes)
{
    uint64_t size = bytes - (kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL ? paper.shorter : 0);

    if (!paper.kind[kind])
        return;
    memcpy(record, &kind, sizeof kind);
    pthread_mutex_lock(&paper.lock);
    if (paper.used + sizeof size + size <= MOST_BYTES) {
        memcpy(paper.bytes + paper.used, &size, sizeof size);
        memcpy(paper.bytes + paper.used + sizeof size, record, size);
        paper.used += sizeof size + size;
    } else {
        paper.dropped++;
    }
    pthread_mutex_unlock(&paper.lock);
}

/* The call itself: the callback, its API record, the id that is pushed. */
static uint32_t call(CUpti_CallbackId cbid)
{
    uint32_t correlation = __atomic_add_fetch(&paper.calls, 1, __ATOMIC_SEQ_CST);
    CUpti_CallbackData data = {.callbackSite = CUPTI_API_ENTER, .correlationId = correlation};
    CUpti_ActivityAPI api = {.cbid = cbid, .start = to_cupti(clock_ns()), .correlationId = correlation,
                             .threadId = (uint32_t)syscall(SYS_gettid)};
    CUpti_ActivityExternalCorrelation external = {.externalKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0,
                                                  .correlationId = correlation};

    if (paper.callback && paper.watched)
        paper.callback(paper.context, CUPTI_CB_DOMAIN_RUNTIME_API, cbid, &data);
    if (stack.depth) {
        external.externalId = stack.id[stack.depth - 1];
        put(CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, &external, sizeof external);
    }
    api.end = to_cupti(clock_ns());
    put(CUPTI_ACTIVITY_KIND_RUNTIME, &api, sizeof api);
    return correlation;
}

/* node 0: of no graph. */
static void put_kernel(uint32_t correlation, const char *name, int64_t start_ns, int64_t end_ns, uint32_t stream, uint32_t node)
{
    CUpti_ActivityKernel10 kernel;

    memset(&kernel, 0, sizeof kernel);
    kernel.correlationId = correlation;
    kernel.start = to_cupti(start_ns);
    kernel.end = to_cupti(end_ns);
    kernel.streamId = stream;
    kernel.name = name;
    kernel.graphId = node ? 1 : 0;
    kernel.graphNodeId = node ? (uint64_t)1 << 32 | node : 0;
    put(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, &kernel, sizeof kernel);
}

EXPORT uint32_t paper_launch(const char *name, int64_t start_ns, int64_t end_ns, uint32_t stream)
{
    uint32_t correlation = call(CUPTI_RUNTIME_TRACE_CBID___cudaLaunchKernel_v13000);

    put_kernel(correlation, name, start_ns, end_ns, stream, 0);
    return correlation;
}

EXPORT uint32_t paper_graph(const char *const *names, int count, int64_t start_ns, int64_t each_ns, uint32_t stream)
{
    uint32_t correlation = call(CUPTI_RUNTIME_TRACE_CBID_cudaGraphLaunch_v10000);

    for (int i = 0; i < count; i++)
        put_kernel(correlation, names[i], start_ns + i * each_ns, start_ns + (i + 1) * each_ns, stream, (uint32_t)i + 1);
    return correlation;
}

EXPORT uint32_t paper_copy(uint64_t bytes, int64_t start_ns, int64_t end_ns, uint32_t stream)
{
    CUpti_ActivityMemcpy6 copy;

    memset(&copy, 0, sizeof copy);
    copy.correlationId = call(CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyAsync_v3020);
    copy.copyKind = CUPTI_ACTIVITY_MEMCPY_KIND_HTOD;
    copy.srcKind = CUPTI_ACTIVITY_MEMORY_KIND_PINNED;
    copy.dstKind = CUPTI_ACTIVITY_MEMORY_KIND_DEVICE;
    copy.bytes = bytes;
    copy.start = to_cupti(start_ns);
    copy.end = to_cupti(end_ns);
    copy.streamId = stream;
    put(CUPTI_ACTIVITY_KIND_MEMCPY, &copy, sizeof copy);
    return copy.correlationId;
}

EXPORT void paper_overhead(void)
{
    CUpti_ActivityOverhead3 overhead;

    memset(&overhead, 0, sizeof overhead);
    overhead.overheadKind = CUPTI_ACTIVITY_OVERHEAD_CUPTI_INSTRUMENTATION;
    overhead.start = 1000000;
    overhead.end = 1500000;
    put(CUPTI_ACTIVITY_KIND_OVERHEAD, &overhead, sizeof overhead);
}

EXPORT CUptiResult CUPTIAPI cuptiGetVersion(uint32_t *version)
{
    *version = CUPTI_API_VERSION;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiGetResultString(CUptiResult result, const char **text)
{
    *text = result == CUPTI_SUCCESS ? "CUPTI_SUCCESS" : "CUPTI_ERROR_ON_PAPER";
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiGetTimestamp(uint64_t *timestamp)
{
    *timestamp = to_cupti(clock_ns());
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiSubscribe(CUpti_SubscriberHandle *subscriber, CUpti_CallbackFunc callback, void *context)
{
    if (paper.callback || paper.holder[0])
        return CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED;
    paper.callback = callback;
    paper.context = context;
    *subscriber = (CUpti_SubscriberHandle)&paper;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiSubscribe_v2(CUpti_SubscriberHandle *subscriber, CUpti_CallbackFunc callback, void *context,
                                              CUpti_SubscriberParams *about)
{
    CUptiResult result = cuptiSubscribe(subscriber, callback, context);
    if (result != CUPTI_SUCCESS)
        strncpy(about->oldSubscriberName, paper.holder, about->oldSubscriberSize);
    return result;
}

EXPORT CUptiResult CUPTIAPI cuptiUnsubscribe(CUpti_SubscriberHandle subscriber)
{
    (void)subscriber;
    paper.callback = NULL;
    paper.watched = 0;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiEnableCallback(uint32_t enable, CUpti_SubscriberHandle subscriber, CUpti_CallbackDomain domain,
                                                CUpti_CallbackId cbid)
{
    (void)subscriber;
    if (domain == CUPTI_CB_DOMAIN_RUNTIME_API && cbid == CUPTI_RUNTIME_TRACE_CBID___cudaLaunchKernel_v13000)
        paper.watched = (int)enable;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityEnable(CUpti_ActivityKind kind)
{
    paper.kind[kind] = 1;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityDisable(CUpti_ActivityKind kind)
{
    paper.kind[kind] = 0;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityRegisterCallbacks(CUpti_BuffersCallbackRequestFunc request,
                                                           CUpti_BuffersCallbackCompleteFunc complete)
{
    paper.request = request;
    paper.complete = complete;
    return CUPTI_SUCCESS;
}

static void *deliver(void *unused)
{
    uint8_t *buffer = NULL;
    size_t size = 0, most;

    (void)unused;
    paper.request(&buffer, &size, &most);
    if (!buffer)
        return NULL;
    pthread_mutex_lock(&paper.lock);
    size_t valid = paper.used < size ? paper.used : size;
    memcpy(buffer, paper.bytes, valid);
    paper.used = 0;
    pthread_mutex_unlock(&paper.lock);
    paper.complete(NULL, 0, buffer, size, valid);
    return NULL;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityFlushAll(uint32_t flag)
{
    pthread_t thread;

    paper.forced += flag != 0;
    if ((paper.held && !flag) || !paper.request || pthread_create(&thread, NULL, deliver, NULL) != 0)
        return CUPTI_SUCCESS;
    pthread_join(thread, NULL);
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityGetNextRecord(uint8_t *buffer, size_t valid, CUpti_Activity **record)
{
    uint64_t size;
    uint8_t *at = buffer;

    if (*record) {
        memcpy(&size, (uint8_t *)*record - sizeof size, sizeof size);
        at = (uint8_t *)*record + size;
    }
    if (at >= buffer + valid)
        return CUPTI_ERROR_MAX_LIMIT_REACHED;
    *record = (CUpti_Activity *)(void *)(at + sizeof size);
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityGetNumDroppedRecords(CUcontext context, uint32_t stream, size_t *dropped)
{
    (void)context, (void)stream;
    *dropped = paper.dropped;
    paper.dropped = 0;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityPushExternalCorrelationId(CUpti_ExternalCorrelationKind kind, uint64_t id)
{
    (void)kind;
    stack.id[stack.depth++] = id;
    return CUPTI_SUCCESS;
}

EXPORT CUptiResult CUPTIAPI cuptiActivityPopExternalCorrelationId(CUpti_ExternalCorrelationKind kind, uint64_t *last)
{
    (void)kind;
    if (stack.depth == 0)
        return CUPTI_ERROR_QUEUE_EMPTY;
    *last = stack.id[--stack.depth];
    return CUPTI_SUCCESS;
}
