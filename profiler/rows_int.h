/* What the makers of rows share: the batch of events that becomes rows, and rows of kernels and conversions. */
#ifndef PROFILER_ROWS_INT_H
#define PROFILER_ROWS_INT_H

#include "profiler/recorder_int.h"

/* A record of the device, until the operator of its launch comes by. */
struct device_row {
    const struct activity_record *record;
    bool written;
};

struct batch {
    struct recorder *recorder;
    const struct channel *channel;
    int64_t step_id;                     /* 0 = outside steps */
    const struct event *counts, *values; /* of the step that ends */
    struct device_row *device;           /* by id, then by start */
    int device_count, device_room;
    struct {
        int64_t id, start_ns, end_ns;
    } ended; /* the step that ended in this batch; id 0 = none */
};

/* A piece of work about to become a row of kernel; -1 = unknown. */
struct kernel_row {
    int number; /* of its definition */
    int64_t op_id, start_ns, dur_ns, correlation_id, launch_ns;
};

enum status write_kernel_row(struct batch *batch, int64_t step_id, const struct kernel_row *kernel, int64_t *kernel_id);
enum status write_conversion(struct batch *batch, int number, int64_t op_id, int64_t kernel_id, int64_t start_ns,
                             int64_t dur_ns);
enum status write_conversions(struct batch *batch, struct register_list list, int64_t op_id, int64_t kernel_id,
                              int64_t start_ns, int64_t dur_ns);

/* launches.c: gathers the batch's device records; afterwards writes those that no launch of the batch asked for. */
enum status launches_gather(struct batch *batch);
enum status launches_write_rest(struct batch *batch);
void launches_release(struct batch *batch);

/* The kernels of one launch, with their conversions. op_id -1: its operator never ended. */
enum status launch_write(struct batch *batch, const struct event *launch, int64_t op_id);

/* Device time of a launch's kernels; -1 when the device told none or lost a time. */
int64_t launch_time(const struct batch *batch, const struct event *launch);

#endif
