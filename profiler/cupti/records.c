/* Reading records by their beginnings, one reader per kind. */
#include "profiler/cupti/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* What the readers rely on, whichever library wrote: these places have not moved since CUDA 8 (kernels) and 11 (copies). */
_Static_assert(offsetof(CUpti_ActivityKernel10, start) == 16 && offsetof(CUpti_ActivityKernel10, end) == 24, "kernel");
_Static_assert(offsetof(CUpti_ActivityKernel10, deviceId) == 40 && offsetof(CUpti_ActivityKernel10, streamId) == 48, "kernel");
_Static_assert(offsetof(CUpti_ActivityKernel10, correlationId) == 92 && offsetof(CUpti_ActivityKernel10, name) == 104, "kernel");
_Static_assert(offsetof(CUpti_ActivityMemcpy6, bytes) == 8 && offsetof(CUpti_ActivityMemcpy6, correlationId) == 44, "copy");
_Static_assert(offsetof(CUpti_ActivityMemcpyPtoP4, bytes) == 8 && offsetof(CUpti_ActivityMemcpyPtoP4, streamId) == 40 &&
               offsetof(CUpti_ActivityMemcpyPtoP4, correlationId) == 60, "copy between devices");
_Static_assert(offsetof(CUpti_ActivityExternalCorrelation, externalId) == 8, "external");

#define CALL_DRAINS 3 /* of steps whose device was waited for */

void records_init(struct records *self)
{
    memset(self, 0, sizeof *self);
    self->call_drains = CALL_DRAINS;
    kernel_texts_init(&self->texts);
}

void records_release(struct records *self)
{
    kernel_texts_release(&self->texts);
    free(self->work);
    free(self->call);
}

static enum status add_work(struct records *self, struct work work)
{
    ARRAY_ADD(self, work, work);
    return STATUS_OK;
}

enum status records_add_call(struct records *self, struct call call)
{
    if (call.external > self->newest_external)
        self->newest_external = call.external;
    ARRAY_ADD(self, call, call);
    return STATUS_OK;
}

static void count_lost(struct records *self, enum status status)
{
    self->unread += status != STATUS_OK;
}

static void read_kernel(struct records *self, const CUpti_Activity *record)
{
    const CUpti_ActivityKernel10 *kernel = (const void *)record;
    const char *name = kernel_text(&self->texts, kernel->name);

    if (!name) {
        self->unread++;
        return;
    }
    count_lost(self, add_work(self, (struct work){ACTIVITY_KERNEL, name, kernel->start, kernel->end, -1, kernel->deviceId,
                                                  kernel->streamId, kernel->correlationId}));
}

/* The words that PyTorch's profiler and nvprof use. */
static const char *const copy_words[] = {
    [CUPTI_ACTIVITY_MEMCPY_KIND_UNKNOWN] = "Unknown", [CUPTI_ACTIVITY_MEMCPY_KIND_HTOD] = "HtoD",
    [CUPTI_ACTIVITY_MEMCPY_KIND_DTOH] = "DtoH",       [CUPTI_ACTIVITY_MEMCPY_KIND_HTOA] = "HtoA",
    [CUPTI_ACTIVITY_MEMCPY_KIND_ATOH] = "AtoH",       [CUPTI_ACTIVITY_MEMCPY_KIND_ATOA] = "AtoA",
    [CUPTI_ACTIVITY_MEMCPY_KIND_ATOD] = "AtoD",       [CUPTI_ACTIVITY_MEMCPY_KIND_DTOA] = "DtoA",
    [CUPTI_ACTIVITY_MEMCPY_KIND_DTOD] = "DtoD",       [CUPTI_ACTIVITY_MEMCPY_KIND_HTOH] = "HtoH",
    [CUPTI_ACTIVITY_MEMCPY_KIND_PTOP] = "PtoP",
};
static const char *const memory_words[] = {
    [CUPTI_ACTIVITY_MEMORY_KIND_UNKNOWN] = "Unknown",     [CUPTI_ACTIVITY_MEMORY_KIND_PAGEABLE] = "Pageable",
    [CUPTI_ACTIVITY_MEMORY_KIND_PINNED] = "Pinned",       [CUPTI_ACTIVITY_MEMORY_KIND_DEVICE] = "Device",
    [CUPTI_ACTIVITY_MEMORY_KIND_ARRAY] = "Array",         [CUPTI_ACTIVITY_MEMORY_KIND_MANAGED] = "Managed",
    [CUPTI_ACTIVITY_MEMORY_KIND_DEVICE_STATIC] = "Device Static",
    [CUPTI_ACTIVITY_MEMORY_KIND_MANAGED_STATIC] = "Managed Static",
};

static const char *word(const char *const *words, size_t count, unsigned number)
{
    return number < count ? words[number] : "Unknown";
}
#define WORD(words, number) word(words, sizeof words / sizeof *words, number)

/* The record without its name. */
static void add_copy(struct records *self, struct work work, uint8_t copy, uint8_t from, uint8_t to)
{
    char text[80];

    snprintf(text, sizeof text, "Memcpy %s (%s -> %s)", WORD(copy_words, copy), WORD(memory_words, from), WORD(memory_words, to));
    work.name = kernel_text(&self->texts, text);
    if (work.name)
        count_lost(self, add_work(self, work));
    else
        self->unread++;
}

static void read_copy(struct records *self, const CUpti_Activity *record)
{
    const CUpti_ActivityMemcpy6 *copy = (const void *)record;

    add_copy(self, (struct work){ACTIVITY_MEMCPY, NULL, copy->start, copy->end, (int64_t)copy->bytes, copy->deviceId, copy->streamId,
                                 copy->correlationId}, copy->copyKind, copy->srcKind, copy->dstKind);
}

/* Between two devices; it is told under the one that does it. */
static void read_peer_copy(struct records *self, const CUpti_Activity *record)
{
    const CUpti_ActivityMemcpyPtoP4 *copy = (const void *)record;

    add_copy(self, (struct work){ACTIVITY_MEMCPY, NULL, copy->start, copy->end, (int64_t)copy->bytes, copy->deviceId, copy->streamId,
                                 copy->correlationId}, copy->copyKind, copy->srcKind, copy->dstKind);
}

static void read_fill(struct records *self, const CUpti_Activity *record)
{
    const CUpti_ActivityMemset4 *fill = (const void *)record;
    char text[80];

    snprintf(text, sizeof text, "Memset (%s)", WORD(memory_words, fill->memoryKind));
    const char *name = kernel_text(&self->texts, text);
    if (!name) {
        self->unread++;
        return;
    }
    count_lost(self, add_work(self, (struct work){ACTIVITY_MEMSET, name, fill->start, fill->end, (int64_t)fill->bytes,
                                                  fill->deviceId, fill->streamId, fill->correlationId}));
}

static void read_call(struct records *self, const CUpti_Activity *record)
{
    const CUpti_ActivityAPI *call = (const void *)record;

    count_lost(self, records_add_call(self, (struct call){.correlation = call->correlationId,
                                                          .thread = call->threadId,
                                                          .start_ns = call->start,
                                                          .end_ns = call->end}));
}

static void read_external(struct records *self, const CUpti_Activity *record)
{
    const CUpti_ActivityExternalCorrelation *external = (const void *)record;

    if (external->externalKind == CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0)
        count_lost(self, records_add_call(self, (struct call){.correlation = external->correlationId,
                                                              .external = external->externalId}));
}

static const char *const overhead_words[OVERHEAD_KINDS] = {
    "unknown work", "compiling for the device", "flushing buffers", "instrumenting kernels", "making resources",
    "loading modules", "loading functions", "a full command buffer", "asking for buffers", "unified memory"};

const char *records_overhead_words(int kind)
{
    return overhead_words[kind];
}

static void read_overhead(struct records *self, const CUpti_Activity *record)
{
    const CUpti_ActivityOverhead3 *overhead = (const void *)record;
    unsigned kind = (unsigned)overhead->overheadKind;
    unsigned row = kind > 1 ? (kind >> 16) + 1 : kind;

    if (overhead->end > overhead->start)
        self->overhead_ns[row < OVERHEAD_KINDS ? row : 0] += (int64_t)(overhead->end - overhead->start);
}

static const struct {
    CUpti_ActivityKind kind;
    void (*read)(struct records *, const CUpti_Activity *);
} readers[] = {
    {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, read_kernel},
    {CUPTI_ACTIVITY_KIND_KERNEL, read_kernel},
    {CUPTI_ACTIVITY_KIND_MEMCPY, read_copy},
    {CUPTI_ACTIVITY_KIND_MEMCPY2, read_peer_copy},
    {CUPTI_ACTIVITY_KIND_MEMSET, read_fill},
    {CUPTI_ACTIVITY_KIND_RUNTIME, read_call},
    {CUPTI_ACTIVITY_KIND_DRIVER, read_call},
    {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, read_external},
    {CUPTI_ACTIVITY_KIND_OVERHEAD, read_overhead},
};

void records_read(struct records *self, const struct cupti_api *api, struct buffer *buffer)
{
    CUpti_Activity *record = NULL;

    while (api->cuptiActivityGetNextRecord(buffer->bytes, buffer->valid_bytes, &record) == CUPTI_SUCCESS) {
        size_t row = 0;
        while (row < sizeof readers / sizeof *readers && readers[row].kind != record->kind)
            row++;
        if (row < sizeof readers / sizeof *readers)
            readers[row].read(self, record);
        else
            self->unread++;
    }
}

static int by_correlation(const void *a, const void *b)
{
    const struct call *x = a, *y = b;
    return x->correlation < y->correlation ? -1 : x->correlation > y->correlation;
}

/* What two records of one call tell together. */
static void merge(struct call *into, const struct call *from)
{
    if (from->external)
        into->external = from->external;
    if (from->start_ns && (!into->start_ns || from->start_ns < into->start_ns)) { /* the runtime's call holds the driver's */
        into->start_ns = from->start_ns;
        into->end_ns = from->end_ns;
        into->thread = from->thread;
    }
    if (from->drains < into->drains)
        into->drains = from->drains;
}

void records_settle(struct records *self)
{
    int kept = 0;

    if (self->call_count > 0)
        qsort(self->call, (size_t)self->call_count, sizeof *self->call, by_correlation);
    for (int i = 0; i < self->call_count; i++) {
        if (kept > 0 && self->call[kept - 1].correlation == self->call[i].correlation)
            merge(&self->call[kept - 1], &self->call[i]);
        else
            self->call[kept++] = self->call[i];
    }
    self->call_count = kept;
}

const struct call *records_call(const struct records *self, uint32_t correlation)
{
    const struct call wanted = {.correlation = correlation};

    return self->call_count == 0
               ? NULL
               : bsearch(&wanted, self->call, (size_t)self->call_count, sizeof *self->call, by_correlation);
}

void records_forget(struct records *self)
{
    int kept = 0;

    self->work_count = 0;
    for (int i = 0; i < self->call_count; i++) {
        if (++self->call[i].drains < self->call_drains)
            self->call[kept++] = self->call[i];
    }
    self->call_count = kept;
}
