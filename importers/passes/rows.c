/*
 * Pass: a chunk's rows, in an order in which every reference points back: step, operators in order of their start,
 * kernels, conversions. Kernels and conversions belong to the operator of level 0 that their node is, or is inside of.
 */
#include <stdio.h>

#include "base/array.h"
#include "importers/passes/rows_int.h"

static enum status write_step(struct rows *self, struct chunk *chunk)
{
    sqlite3_stmt *row = self->insert[INSERT_STEP];
    int64_t batch = chunk->job->process->facts.number[RUN_BATCH_SIZE];

    if (chunk->step_index < 0)
        return STATUS_OK;
    chunk->step_id = ++self->ids.step;
    trace_bind_int(row, 1, chunk->step_id);
    trace_bind_int(row, 2, chunk->process + 1);
    trace_bind_int(row, 3, chunk->step_index);
    trace_bind_int(row, 4, chunk->start_ns);
    trace_bind_int(row, 5, chunk->dur_ns);
    rows_bind(row, 6, chunk->images >= 0 ? chunk->images : batch);
    trace_bind_text(row, 7, chunk->mode);
    return rows_insert(self, INSERT_STEP);
}

/* The operator that a node's device work is charged to; -1 = none. */
static int operator_of(const struct chunk *chunk, int node)
{
    return node < 0 ? -1 : chunk->nodes[node].operator_;
}

static int64_t op_id(const struct chunk *chunk, int node)
{
    return node < 0 ? -1 : chunk->nodes[node].op_id;
}

static void add_device_time(struct rows *self, int node, int64_t dur_ns)
{
    if (node >= 0)
        self->device_ns[node] = (self->device_ns[node] < 0 ? 0 : self->device_ns[node]) + dur_ns;
}

/* Kernels of a CPU aren't told as such: the copy that converts is the kernel. One copy may do several conversions. */
static bool is_copy(const struct chunk_conversion *conversion)
{
    return conversion->kernel < 0 && conversion->copy >= 0;
}

static enum status sum_device_times(struct rows *self, const struct chunk *chunk)
{
    while (self->device_ns_room < chunk->nodes_count)
        TRY(array_room(&self->device_ns, &self->device_ns_room, self->device_ns_room, sizeof *self->device_ns));
    while (self->copy_kernel_room < chunk->nodes_count)
        TRY(array_room(&self->copy_kernel, &self->copy_kernel_room, self->copy_kernel_room, sizeof *self->copy_kernel));
    for (int i = 0; i < chunk->nodes_count; i++) {
        self->device_ns[i] = -1;
        self->copy_kernel[i] = 0;
    }
    for (int i = 0; i < chunk->kernels_count; i++)
        add_device_time(self, operator_of(chunk, chunk->kernels[i].node), chunk->kernels[i].dur_ns);
    for (int i = 0; i < chunk->conversions_count; i++) {
        const struct chunk_conversion *conversion = &chunk->conversions[i];
        if (!is_copy(conversion) || self->copy_kernel[conversion->copy])
            continue;
        self->copy_kernel[conversion->copy] = -1; /* counted, its row comes later */
        add_device_time(self, operator_of(chunk, conversion->copy), chunk->nodes[conversion->copy].dur_ns);
    }
    return STATUS_OK;
}

static enum status write_ops(struct rows *self, struct chunk *chunk)
{
    sqlite3_stmt *row = self->insert[INSERT_OP];
    int64_t def;

    TRY(occurrences_begin(&self->seen, chunk->nodes_count));
    rows_bind(row, 2, chunk->step_id);
    for (int i = 0; i < chunk->nodes_count; i++) {
        struct node *node = &chunk->nodes[i];
        TRY(rows_op_def(self, chunk, i, &def));
        node->op_id = ++self->ids.op;
        sqlite3_bind_int64(row, 1, node->op_id);
        sqlite3_bind_int64(row, 3, def);
        rows_bind(row, 4, node->forward < i ? op_id(chunk, node->forward) : -1);
        rows_bind(row, 5, job_lane(chunk->job, node->lane)->number);
        sqlite3_bind_int64(row, 6, node->start_ns);
        sqlite3_bind_int64(row, 7, node->dur_ns);
        rows_bind(row, 8, self->device_ns[i]);
        rows_bind(row, 9, op_id(chunk, node->parent));
        sqlite3_bind_int64(row, 10, node->level);
        TRY(rows_insert(self, INSERT_OP));
    }
    return STATUS_OK;
}

struct kernel_row {
    int64_t def, op, start_ns, dur_ns, correlation, launch_ns; /* -1 = unknown, except times */
};

static enum status write_kernel(struct rows *self, const struct chunk *chunk, const struct kernel_row *kernel,
                                int64_t *id)
{
    sqlite3_stmt *row = self->insert[INSERT_KERNEL];

    *id = ++self->ids.kernel;
    sqlite3_bind_int64(row, 1, *id);
    rows_bind(row, 2, chunk->step_id);
    rows_bind(row, 3, kernel->op);
    sqlite3_bind_int64(row, 4, kernel->def);
    sqlite3_bind_int64(row, 5, kernel->start_ns);
    sqlite3_bind_int64(row, 6, kernel->dur_ns);
    rows_bind(row, 7, kernel->correlation);
    rows_bind(row, 8, kernel->launch_ns);
    return rows_insert(self, INSERT_KERNEL);
}

/* "7"; of other devices than the first "1:7", since streams of different devices have the same numbers. */
static const char *stream_text(const struct lane *lane, char *text, size_t room)
{
    if (lane->device < 0)
        return NULL;
    if (lane->owner > 0)
        snprintf(text, room, "%lld:%lld", (long long)lane->owner, (long long)lane->number);
    else
        snprintf(text, room, "%lld", (long long)lane->number);
    return text;
}

static enum status kernel_def(struct rows *self, const struct chunk *chunk, const struct chunk_kernel *kernel,
                              int64_t *def)
{
    const struct lane *lane = job_lane(chunk->job, kernel->lane);
    char stream[64];
    struct rows_kernel made = {
        .name_text = chunk_word(chunk, kernel->name),
        .device = lane->device < 0 ? "cpu" : chunk_word(chunk, lane->device),
        .stream = stream_text(lane, stream, sizeof stream),
        .name = kernel->name,
        .lane = lane->device < 0 ? -1 : kernel->lane,
        .role = kernel->role,
        .bytes_read = kernel->kind == SPAN_MEMCPY ? kernel->bytes : -1,
        .bytes_written = kernel->kind == SPAN_MEMCPY || kernel->kind == SPAN_MEMSET ? kernel->bytes : -1,
    };

    return rows_kernel_def(self, &made, def);
}

static enum status write_kernels(struct rows *self, struct chunk *chunk)
{
    for (int i = 0; i < chunk->kernels_count; i++) {
        struct chunk_kernel *kernel = &chunk->kernels[i];
        struct kernel_row row = {.op = op_id(chunk, operator_of(chunk, kernel->node)),
                                 .start_ns = kernel->start_ns,
                                 .dur_ns = kernel->dur_ns,
                                 .correlation = kernel->correlation,
                                 .launch_ns = kernel->launch_ns};
        TRY(kernel_def(self, chunk, kernel, &row.def));
        TRY(write_kernel(self, chunk, &row, &kernel->kernel_id));
    }
    return STATUS_OK;
}

/* The kernel row of a CPU's copy, written once. */
static enum status write_copy(struct rows *self, const struct chunk *chunk, const struct chunk_conversion *conversion,
                              int64_t *id)
{
    const struct node *copy = &chunk->nodes[conversion->copy];
    struct kernel_row row = {.op = op_id(chunk, operator_of(chunk, conversion->copy)),
                             .start_ns = copy->start_ns,
                             .dur_ns = copy->dur_ns,
                             .correlation = -1,
                             .launch_ns = -1};
    struct rows_kernel made = {.name_text = chunk_word(chunk, copy->name),
                               .device = "cpu",
                               .name = copy->name,
                               .lane = -1,
                               .role = ROLE_CONVERSION,
                               .bytes_read = conversion->bytes_read,
                               .bytes_written = conversion->bytes_written};

    *id = self->copy_kernel[conversion->copy];
    if (*id > 0)
        return STATUS_OK;
    TRY(rows_kernel_def(self, &made, &row.def));
    TRY(write_kernel(self, chunk, &row, id));
    self->copy_kernel[conversion->copy] = *id;
    return STATUS_OK;
}

struct conversion_row {
    int node;       /* operator; -1 = unknown */
    int64_t kernel; /* row; -1 = none */
    int64_t start_ns, dur_ns;
    bool has_start;
};

/* A conversion's kernel decides under which operator it stands. */
static enum status place_conversion(struct rows *self, const struct chunk *chunk,
                                    const struct chunk_conversion *conversion, struct conversion_row *row)
{
    *row = (struct conversion_row){
        .node = conversion->node, .kernel = -1, .dur_ns = -1, .has_start = conversion->node >= 0};
    if (conversion->kernel >= 0) {
        const struct chunk_kernel *kernel = &chunk->kernels[conversion->kernel];
        *row = (struct conversion_row){operator_of(chunk, kernel->node), kernel->kernel_id, kernel->start_ns,
                                       kernel->dur_ns, true};
    } else if (conversion->copy >= 0) {
        const struct node *copy = &chunk->nodes[conversion->copy];
        *row = (struct conversion_row){operator_of(chunk, conversion->copy), -1, copy->start_ns, copy->dur_ns, true};
        return write_copy(self, chunk, conversion, &row->kernel);
    } else if (conversion->node >= 0) {
        row->start_ns = chunk->nodes[conversion->node].start_ns;
    }
    return STATUS_OK;
}

static enum status write_conversions(struct rows *self, struct chunk *chunk)
{
    sqlite3_stmt *row = self->insert[INSERT_CONVERSION];
    struct conversion_row place;
    int64_t def;

    for (int i = 0; i < chunk->conversions_count; i++) {
        TRY(place_conversion(self, chunk, &chunk->conversions[i], &place));
        TRY(rows_conversion_def(self, chunk, &chunk->conversions[i], &def));
        sqlite3_bind_int64(row, 1, ++self->ids.conversion);
        rows_bind(row, 2, chunk->step_id);
        rows_bind(row, 3, op_id(chunk, place.node));
        sqlite3_bind_int64(row, 4, def);
        rows_bind(row, 5, place.kernel);
        if (place.has_start)
            sqlite3_bind_int64(row, 6, place.start_ns);
        else
            sqlite3_bind_null(row, 6);
        rows_bind(row, 7, place.dur_ns);
        TRY(rows_insert(self, INSERT_CONVERSION));
    }
    return STATUS_OK;
}

enum status import_pass_rows(struct chunk *chunk)
{
    struct rows *self = chunk->job->rows;

    TRY(write_step(self, chunk));
    TRY(sum_device_times(self, chunk));
    TRY(write_ops(self, chunk));
    TRY(write_kernels(self, chunk));
    return write_conversions(self, chunk);
}
