/* A sort-merge join: both sides come in order of (correlation, start), so one launch is all that is remembered. */
#include "importers/tie.h"

#include <stdbool.h>
#include <stddef.h>

static int order_of(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

int launch_compare(const void *a, const void *b)
{
    const struct launch *x = a, *y = b;
    int order = order_of(x->start_ns, y->start_ns);
    return order ? order : order_of(x->order, y->order);
}

/* Equal ones, which are told twice, come to lie side by side. */
static int span_compare(const struct span *x, const struct span *y)
{
    int order = order_of(x->start_ns, y->start_ns);

    order = order ? order : order_of(x->dur_ns, y->dur_ns);
    order = order ? order : order_of(x->lane, y->lane);
    order = order ? order : order_of(x->name, y->name);
    order = order ? order : order_of(x->correlation, y->correlation);
    return order ? order : order_of(x->order, y->order);
}

int device_span_compare(const void *a, const void *b)
{
    return span_compare(&((const struct device_span *)a)->span, &((const struct device_span *)b)->span);
}

int tied_span_compare(const void *a, const void *b)
{
    return span_compare(&((const struct tied_span *)a)->span, &((const struct tied_span *)b)->span);
}

static enum status add(struct sorter *tied, struct tied_span span)
{
    void *record;

    TRY(sorter_add(tied, &record));
    *(struct tied_span *)record = span;
    return STATUS_OK;
}

enum status tie_alone(struct sorter *tied, const struct span *span, int32_t launch_lane)
{
    return add(tied, (struct tied_span){span->start_ns, -1, launch_lane, 0, *span});
}

static enum status tie_to(struct sorter *tied, const struct device_span *device, const struct launch *launch)
{
    return add(tied, (struct tied_span){launch->start_ns, launch->start_ns, launch->lane, 0, device->span});
}

enum status tie_spans(struct sorter *launches, struct sorter *devices, struct sorter *tied)
{
    const void *launch_record, *device_record;
    struct launch latest = {0};
    bool some = false; /* `latest` is set */

    TRY(sorter_next(launches, &launch_record));
    TRY(sorter_next(devices, &device_record));
    while (device_record) {
        const struct device_span *device = device_record;
        const struct launch *launch = launch_record;
        if (launch && (launch->correlation < device->correlation ||
                       (launch->correlation == device->correlation && launch->start_ns <= device->span.start_ns))) {
            latest = *launch;
            some = true;
            TRY(sorter_next(launches, &launch_record));
            continue;
        }
        if (some && latest.correlation == device->correlation)
            TRY(tie_to(tied, device, &latest));
        else if (launch && launch->correlation == device->correlation &&
                 launch->start_ns <= device->span.start_ns + TIE_SKEW_NS)
            TRY(tie_to(tied, device, launch));
        else
            TRY(tie_alone(tied, &device->span, -1));
        TRY(sorter_next(devices, &device_record));
    }
    return STATUS_OK;
}
