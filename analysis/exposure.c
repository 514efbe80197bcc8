/*
 * Pass: the exposed part of each conversion. A lane is a thread (its operators) or a device stream (its kernels).
 * A conversion on a thread is hidden while another thread or any stream works. A conversion on a stream is hidden while
 * another stream works, and before the host has launched the kernel that comes next on its stream: without the
 * conversion the device would only have waited. A launch that is not told counts from the start of its operator.
 */
#include <stdlib.h>

#include "analysis/analysis_int.h"

#define NEIGHBOURS 10000 /* kernels before and behind a part's conversions that may hide them */

struct span {
    int64_t lane; /* thread_id >= 0; streams are -2 - word */
    int64_t start_ns, end_ns;
    int64_t launch_ns; /* kernels: when the host called for it, -1 = unknown */
};

struct lanes {
    struct span *spans;
    int spans_count, spans_room;
    int64_t longest_ns;
};

static int64_t stream_lane(int stream)
{
    return -2 - (int64_t)stream;
}

static enum status add_span(struct lanes *lanes, struct span span)
{
    ARRAY_ADD(lanes, spans, span);
    if (span.end_ns - span.start_ns > lanes->longest_ns)
        lanes->longest_ns = span.end_ns - span.start_ns;
    return STATUS_OK;
}

static enum status add_ops(struct lanes *lanes, const struct step *step)
{
    for (int i = 0; i < step->ops_count; i++) {
        const struct step_op *op = &step->ops[i];
        if (op->start_ns >= 0 && op->dur_ns > 0 && op->thread_id >= 0)
            TRY(add_span(lanes, (struct span){op->thread_id, op->start_ns, op->start_ns + op->dur_ns, -1}));
    }
    return STATUS_OK;
}

/* All of a step; of a part those around its conversions, as kernels stand in order of time. */
static struct id_range kernels_beside(const struct analysis *self)
{
    struct id_range range = {INT64_MAX, INT64_MIN};

    if (self->now->step_id >= 0)
        return (struct id_range){INT64_MIN, INT64_MAX};
    for (int i = 0; i < self->step.conversions_count; i++) {
        int64_t kernel = self->step.conversions[i].kernel_id;
        if (kernel >= 0 && kernel - NEIGHBOURS < range.first)
            range.first = kernel - NEIGHBOURS;
        if (kernel >= 0 && kernel + NEIGHBOURS > range.last)
            range.last = kernel + NEIGHBOURS;
    }
    return range;
}

static enum status add_kernels(struct analysis *self, struct lanes *lanes)
{
    static const char sql[] =
        "SELECT kernel_def_id, start_ns, dur_ns,"
        " coalesce(launch_ns, (SELECT start_ns FROM op WHERE op.op_id = kernel.op_id)) FROM kernel WHERE step_id IS ?1"
        " AND kernel_id BETWEEN ?2 AND ?3";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    bind_step(self, row, kernels_beside(self));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        int64_t start = sqlite3_column_int64(row, 1);
        int stream = stream_of_kernel(self, sqlite3_column_int64(row, 0));
        if (stream >= 0)
            TRY_OUT(add_span(
                lanes, (struct span){stream_lane(stream), start, start + sqlite3_column_int64(row, 2),
                                     sqlite3_column_type(row, 3) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, 3)}));
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->end_ns < y->end_ns ? -1 : x->end_ns > y->end_ns;
}

/* First span that starts at or after t. */
static int lower_bound(const struct lanes *lanes, int64_t t)
{
    int low = 0, high = lanes->spans_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (lanes->spans[middle].start_ns < t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* When the host launched what comes next on the conversion's stream; its own start when nothing does or it isn't known.
 */
static int64_t next_launch(const struct lanes *lanes, int64_t lane, int64_t start, int64_t end)
{
    for (int i = lower_bound(lanes, end); i < lanes->spans_count; i++) {
        if (lanes->spans[i].lane == lane)
            return lanes->spans[i].launch_ns > start ? lanes->spans[i].launch_ns : start;
    }
    return start;
}

static bool hides(const struct span *span, int64_t lane)
{
    bool on_stream = lane < -1;
    return span->lane != lane && (!on_stream || span->lane < -1);
}

/* [start, end) less the union of the spans that hide it. */
static int64_t visible(const struct lanes *lanes, int64_t lane, int64_t start, int64_t end)
{
    int64_t seen = 0, at = start;
    for (int i = lower_bound(lanes, start - lanes->longest_ns); i < lanes->spans_count; i++) {
        const struct span *span = &lanes->spans[i];
        if (span->start_ns >= end)
            break;
        if (span->end_ns <= at || !hides(span, lane))
            continue;
        if (span->start_ns > at)
            seen += span->start_ns - at;
        at = span->end_ns;
    }
    return seen + (at < end ? end - at : 0);
}

static void expose(const struct step *step, struct step_conversion *c, const struct lanes *lanes)
{
    int64_t lane = c->stream >= 0 ? stream_lane(c->stream) : c->op >= 0 ? step->ops[c->op].thread_id : -1;
    c->exposed_ns = c->dur_ns;
    if (!lanes || c->dur_ns < 0 || c->start_ns < 0)
        return;
    int64_t start = c->start_ns, end = start + c->dur_ns;
    if (c->stream >= 0)
        start = next_launch(lanes, lane, start, end);
    c->exposed_ns = start < end ? visible(lanes, lane, start, end) : 0;
}

/* Only these can be hidden by what another thread does. */
static bool has_host_conversion(const struct step *step)
{
    for (int i = 0; i < step->conversions_count; i++) {
        if (step->conversions[i].stream < 0 && step->conversions[i].dur_ns >= 0)
            return true;
    }
    return false;
}

enum status pass_exposure(struct analysis *self)
{
    struct lanes lanes = {0};
    struct step *step = &self->step;
    enum status status = STATUS_OK;

    if (step->conversions_count == 0 || self->now->phase == STEP_RECORDED)
        return STATUS_OK;
    if (!self->single_lane) {
        if (has_host_conversion(step))
            TRY_OUT(add_ops(&lanes, step));
        TRY_OUT(add_kernels(self, &lanes));
        if (lanes.spans_count > 0)
            qsort(lanes.spans, (size_t)lanes.spans_count, sizeof *lanes.spans, by_start);
    }
    for (int i = 0; i < step->conversions_count; i++)
        expose(step, &step->conversions[i], self->single_lane ? NULL : &lanes);
out:
    free(lanes.spans);
    return status;
}
