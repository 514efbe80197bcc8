/* The device on paper; see support_activity.h. */
#include <check.h>
#include <string.h>

#include "support_activity.h"

#define MOST_RECORDS 4096

static struct activity {
    struct activity_record records[MOST_RECORDS];
    int count;
    uint64_t id[16];
    int depth, open;
    int64_t dropped, calls;
    const char *fails;
} device;

static const char *paper_probe(void)
{
    return NULL;
}

static const char *paper_open(struct activity **out)
{
    memset(&device, 0, sizeof device);
    device.open = 1;
    *out = &device;
    return NULL;
}

static const char *taken_open(struct activity **out)
{
    *out = NULL;
    return "another profiler (nsys) holds it";
}

static void paper_push(struct activity *self, uint64_t id)
{
    self->id[self->depth++] = id;
}

static void paper_pop(struct activity *self)
{
    ck_assert_int_gt(self->depth, 0);
    self->depth--;
}

static const char *paper_drain(struct activity *self, activity_visit *visit, void *context)
{
    for (int i = self->count - 1; i >= 0; i--) /* backwards: the order says nothing */
        visit(context, &self->records[i]);
    self->count = 0;
    return self->fails;
}

static int64_t paper_dropped_count(const struct activity *self)
{
    return self->dropped;
}

static void paper_remarks(const struct activity *self, activity_tell *tell, void *context)
{
    if (self->dropped)
        tell(context, "a remark of the device's");
}

static void paper_stop(struct activity *self)
{
    self->open = 2;
}

static void paper_close(struct activity *self)
{
    if (self)
        self->open = 0;
}

const struct activity_source paper_device = {ACTIVITY_ABI_VERSION, "paper",      paper_probe,
                                             paper_open,           paper_push,   paper_pop,
                                             paper_drain,          paper_dropped_count, paper_remarks,
                                             paper_stop,           paper_close};
const struct activity_source taken_device = {ACTIVITY_ABI_VERSION, "CUPTI",      paper_probe,
                                             taken_open,           paper_push,   paper_pop,
                                             paper_drain,          paper_dropped_count, paper_remarks,
                                             paper_stop,           paper_close};

static void add(uint64_t id, enum activity_kind kind, const char *name, int64_t start_ns, int64_t end_ns, int stream)
{
    ck_assert_int_lt(device.count, MOST_RECORDS);
    device.records[device.count++] = (struct activity_record){.kind = kind,
                                                              .name = name,
                                                              .id = id,
                                                              .start_ns = start_ns,
                                                              .end_ns = end_ns,
                                                              .launch_ns = -1,
                                                              .correlation_id = ++device.calls,
                                                              .bytes = kind == ACTIVITY_KERNEL ? -1 : 4096,
                                                              .stream = stream};
}

void paper_ran(enum activity_kind kind, const char *name, int64_t start_ns, int64_t end_ns, int stream)
{
    add(device.depth ? device.id[device.depth - 1] : 0, kind, name, start_ns, end_ns, stream);
}

void paper_ran_for(uint64_t id, const char *name, int64_t start_ns, int64_t end_ns)
{
    add(id, ACTIVITY_KERNEL, name, start_ns, end_ns, 7);
}

void paper_dropped(int64_t records)
{
    device.dropped = records;
}

void paper_fails(const char *why)
{
    device.fails = why;
}

int paper_depth(void)
{
    return device.depth;
}

int paper_is_open(void)
{
    return device.open;
}
