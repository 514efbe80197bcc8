/*
 * Who belongs to whom: kernels wait ("held") until their operator ends, then follow its row; operators fused into it
 * and conversions come along as they were declared. Row ids therefore follow the order of execution.
 */
#include <stdlib.h>

#include "profiler/rows.h"
#include "profiler/rows_int.h"

/* An operator's row and the times that its fused operators and conversions take over. */
struct op_row {
    int64_t id, start_ns, dur_ns; /* dur_ns -1: fused, no time of its own */
    int64_t fused_into;           /* -1: none */
};

static void bind_step(const struct batch *batch, sqlite3_stmt *row, int position)
{
    store_bind_known(row, position, batch->step_id ? batch->step_id : -1);
}

enum status write_conversion(struct batch *batch, int number, int64_t op_id, int64_t kernel_id, int64_t start_ns,
                             int64_t dur_ns)
{
    struct recorder *recorder = batch->recorder;
    sqlite3_stmt *row = recorder->store.row[ROW_CONVERSION];

    trace_bind_int(row, 1, ++recorder->ids.conversion);
    bind_step(batch, row, 2);
    store_bind_known(row, 3, op_id);
    trace_bind_int(row, 4, number + 1);
    store_bind_known(row, 5, kernel_id);
    trace_bind_int(row, 6, start_ns);
    store_bind_known(row, 7, dur_ns);
    return store_insert(&recorder->store, ROW_CONVERSION);
}

enum status write_conversions(struct batch *batch, struct register_list list, int64_t op_id, int64_t kernel_id,
                              int64_t start_ns, int64_t dur_ns)
{
    const struct register_conversion *conversions = batch->recorder->table.conversions;

    for (int number = list.first; number >= 0; number = conversions[number].next)
        TRY(write_conversion(batch, number, op_id, kernel_id, start_ns, dur_ns));
    return STATUS_OK;
}

enum status write_kernel_row(struct batch *batch, int64_t step_id, const struct kernel_row *kernel, int64_t *kernel_id)
{
    struct recorder *recorder = batch->recorder;
    sqlite3_stmt *row = recorder->store.row[ROW_KERNEL];

    *kernel_id = ++recorder->ids.kernel;
    trace_bind_int(row, 1, *kernel_id);
    store_bind_known(row, 2, step_id ? step_id : -1);
    store_bind_known(row, 3, kernel->op_id);
    trace_bind_int(row, 4, kernel->number + 1);
    trace_bind_int(row, 5, kernel->start_ns);
    trace_bind_int(row, 6, kernel->dur_ns);
    store_bind_known(row, 7, kernel->correlation_id);
    store_bind_known(row, 8, kernel->launch_ns);
    return store_insert(&recorder->store, ROW_KERNEL);
}

/* op_id -1: the operator never ended. */
static enum status write_kernel(struct batch *batch, const struct event *event, int64_t op_id)
{
    struct kernel_row kernel = {event->number, op_id, event->a.integer, event->b.integer - event->a.integer, -1, -1};
    int64_t kernel_id;

    if (event->kind == EVENT_LAUNCH)
        return launch_write(batch, event, op_id);
    TRY(write_kernel_row(batch, batch->step_id, &kernel, &kernel_id));
    return write_conversions(batch, batch->recorder->table.kernels[event->number].conversions, op_id, kernel_id,
                             kernel.start_ns, kernel.dur_ns);
}

/* Device time of the held kernels of an operator; -1 when it has none, or when one's is unknown: unknown is not zero. */
static int64_t held_time(const struct batch *batch, int op)
{
    const struct recorder *recorder = batch->recorder;
    int64_t total_ns = -1;

    for (size_t i = 0; i < recorder->held_count; i++) {
        const struct event *event = recorder->held[i];
        if (recorder->table.kernels[event->number].op != op)
            continue;
        int64_t dur_ns =
            event->kind == EVENT_LAUNCH ? launch_time(batch, event) : event->b.integer - event->a.integer;
        if (dur_ns < 0)
            return -1;
        total_ns = (total_ns < 0 ? 0 : total_ns) + dur_ns;
    }
    return total_ns;
}

/* Writes the held kernels of one operator, keeps the others. */
static enum status release_kernels(struct batch *batch, int op, int64_t op_id)
{
    struct recorder *recorder = batch->recorder;
    size_t kept = 0;

    for (size_t i = 0; i < recorder->held_count; i++) {
        const struct event *event = recorder->held[i];
        if (recorder->table.kernels[event->number].op == op)
            TRY(write_kernel(batch, event, op_id));
        else
            recorder->held[kept++] = event;
    }
    recorder->held_count = kept;
    return STATUS_OK;
}

/* Kernels whose operator did not end within the step (or before it): kept, with no operator. */
static enum status release_orphans(struct batch *batch)
{
    struct recorder *recorder = batch->recorder;

    for (size_t i = 0; i < recorder->held_count; i++)
        TRY(write_kernel(batch, recorder->held[i], -1));
    recorder->held_count = 0;
    return STATUS_OK;
}

/* The newest row of an operator within the batch's step; -1 when it did not run there. */
static int64_t row_in_step(const struct batch *batch, int op)
{
    const struct register_op *ops = batch->recorder->table.ops;

    return op >= 0 && ops[op].row_id && ops[op].row_step == batch->step_id ? ops[op].row_id : -1;
}

static enum status write_op_row(struct batch *batch, int number, const struct op_row *op)
{
    struct recorder *recorder = batch->recorder;
    struct register_op *declared = &recorder->table.ops[number];
    sqlite3_stmt *row = recorder->store.row[ROW_OP];

    trace_bind_int(row, 1, op->id);
    bind_step(batch, row, 2);
    trace_bind_int(row, 3, number + 1);
    store_bind_known(row, 4, row_in_step(batch, declared->forward_op));
    store_bind_known(row, 5, op->fused_into);
    trace_bind_int(row, 6, batch->channel->thread_id);
    trace_bind_int(row, 7, op->start_ns);
    store_bind_known(row, 8, op->dur_ns);
    store_bind_known(row, 9, held_time(batch, number));
    declared->row_step = batch->step_id;
    declared->row_id = op->id;
    return store_insert(&recorder->store, ROW_OP);
}

/* The operator, its kernels, its conversions, then whatever is fused into it, each in the same way. */
static enum status write_op(struct batch *batch, int number, struct op_row op)
{
    struct recorder *recorder = batch->recorder;
    struct op_row fused = {.start_ns = op.start_ns, .dur_ns = -1};

    op.id = fused.fused_into = ++recorder->ids.op;
    TRY(write_op_row(batch, number, &op));
    TRY(release_kernels(batch, number, op.id));
    TRY(write_conversions(batch, recorder->table.ops[number].conversions, op.id, -1, op.start_ns, -1));
    for (int other = recorder->table.ops[number].fused.first; other >= 0; other = recorder->table.ops[other].next_fused)
        TRY(write_op(batch, other, fused));
    return STATUS_OK;
}

static enum status on_step_begin(struct batch *batch, const struct event *event)
{
    (void)event;
    TRY(release_orphans(batch));
    batch->step_id = ++batch->recorder->ids.step;
    return STATUS_OK;
}

static enum status on_kernel(struct batch *batch, const struct event *event)
{
    struct recorder *recorder = batch->recorder;

    if (event->number < 0 || event->number >= recorder->table.kernel_count)
        return FAIL(USAGE, "kernel number %d ran but was never declared", event->number);
    if (recorder->held_count == recorder->held_capacity) {
        size_t wanted = recorder->held_capacity ? 2 * recorder->held_capacity : 64;
        const struct event **larger = realloc(recorder->held, wanted * sizeof *larger);
        if (!larger)
            return FAIL(NO_MEMORY, "no memory for %zu kernels of one operator", wanted);
        recorder->held = larger;
        recorder->held_capacity = wanted;
    }
    recorder->held[recorder->held_count++] = event;
    return STATUS_OK;
}

static enum status on_op(struct batch *batch, const struct event *event)
{
    if (event->number < 0 || event->number >= batch->recorder->table.op_count)
        return FAIL(USAGE, "operator number %d ran but was never declared", event->number);
    return write_op(
        batch, event->number,
        (struct op_row){.start_ns = event->a.integer, .dur_ns = event->b.integer - event->a.integer, .fused_into = -1});
}

static enum status on_step_counts(struct batch *batch, const struct event *event)
{
    batch->counts = event;
    return STATUS_OK;
}

static enum status on_step_values(struct batch *batch, const struct event *event)
{
    batch->values = event;
    return STATUS_OK;
}

static enum status on_step_end(struct batch *batch, const struct event *event)
{
    struct recorder *recorder = batch->recorder;
    sqlite3_stmt *row = recorder->store.row[ROW_STEP];

    if (!batch->step_id || !batch->counts || !batch->values)
        return FAIL(USAGE, "a step ended that had not begun");
    TRY(release_orphans(batch));
    trace_bind_int(row, 1, batch->step_id);
    trace_bind_int(row, 2, batch->counts->a.integer);
    trace_bind_int(row, 3, event->a.integer);
    trace_bind_int(row, 4, event->b.integer - event->a.integer);
    store_bind_known(row, 5, batch->counts->b.integer);
    trace_bind_number(row, 6, batch->values->a.real);
    if (batch->values->b.real < 0)
        sqlite3_bind_null(row, 7);
    else
        trace_bind_number(row, 7, batch->values->b.real);
    trace_bind_int(row, 8, event->number);
    batch->ended.id = batch->step_id;
    batch->ended.start_ns = event->a.integer;
    batch->ended.end_ns = event->b.integer;
    batch->step_id = 0;
    return store_insert(&recorder->store, ROW_STEP);
}

/* Its records are taken where their launches are. */
static enum status on_device(struct batch *batch, const struct event *event)
{
    (void)batch, (void)event;
    return STATUS_OK;
}

static enum status (*const on_event[EVENT_COUNT])(struct batch *, const struct event *) = {
    [EVENT_STEP_BEGIN] = on_step_begin,   [EVENT_KERNEL] = on_kernel,           [EVENT_OP] = on_op,
    [EVENT_STEP_COUNTS] = on_step_counts, [EVENT_STEP_VALUES] = on_step_values, [EVENT_STEP_END] = on_step_end,
    [EVENT_LAUNCH] = on_kernel,           [EVENT_DEVICE] = on_device,
};

enum status rows_write(struct recorder *recorder, const struct channel *channel)
{
    struct batch batch = {.recorder = recorder, .channel = channel};
    int64_t steps = recorder->ids.step;
    enum status status;

    recorder->held_count = 0;
    TRY_OUT(launches_gather(&batch));
    for (size_t i = 0; i < channel->count; i++)
        TRY_OUT(on_event[channel->events[i].kind](&batch, &channel->events[i]));
    TRY_OUT(release_orphans(&batch));
    TRY_OUT(launches_write_rest(&batch));
    TRY_OUT(store_commit(&recorder->store));
    recorder->committed_steps += recorder->ids.step - steps;
out:
    launches_release(&batch);
    return status;
}
