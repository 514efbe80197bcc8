/*
 * From launches to kernels: what a device ran while a launch was open becomes rows under the operator of that launch. The
 * first kernel that does what was declared takes the declaration (bytes, flops, conversions). The others are the
 * library's own: they are defined as they are found, by name, and one whose name says that it changes the format is a
 * conversion inside the library.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "profiler/rows_int.h"

static int by_id_and_start(const void *a, const void *b)
{
    const struct activity_record *x = ((const struct device_row *)a)->record, *y = ((const struct device_row *)b)->record;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->correlation_id < y->correlation_id ? -1 : x->correlation_id > y->correlation_id;
}

static enum status gather(struct batch *batch, const struct activity_record *records, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        ARRAY_ADD(batch, device, (struct device_row){.record = &records[i]});
    return STATUS_OK;
}

enum status launches_gather(struct batch *batch)
{
    for (size_t i = 0; i < batch->channel->count; i++) {
        const struct event *event = &batch->channel->events[i];
        if (event->kind == EVENT_DEVICE)
            TRY(gather(batch, event->a.pointer, event->b.integer));
    }
    if (batch->device_count > 0)
        qsort(batch->device, (size_t)batch->device_count, sizeof *batch->device, by_id_and_start);
    return STATUS_OK;
}

void launches_release(struct batch *batch)
{
    free(batch->device);
}

/* Place of the first record of an id; *count of them follow each other. */
static int find_records(const struct batch *batch, uint64_t id, int *count)
{
    int low = 0, high = batch->device_count;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (batch->device[middle].record->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (id && low + *count < batch->device_count && batch->device[low + *count].record->id == id)
        ++*count;
    return low;
}

static bool is_timed(const struct activity_record *record)
{
    return record->start_ns >= 0 && record->end_ns >= record->start_ns;
}

int64_t launch_time(const struct batch *batch, const struct event *launch)
{
    int count, first = find_records(batch, (uint64_t)launch->b.integer, &count);
    int64_t total_ns = count > 0 ? 0 : -1;

    for (int i = first; i < first + count; i++) {
        if (!is_timed(batch->device[i].record))
            return -1;
        total_ns += batch->device[i].record->end_ns - batch->device[i].record->start_ns;
    }
    return total_ns;
}

/* How well a record fits what was declared: 2 = it does that as far as its name tells, 1 = a copy or fill, perhaps. */
static int fitness(const struct activity_record *record, enum kernel_role declared)
{
    struct kernel_name_facts facts;

    if (record->kind != ACTIVITY_KERNEL)
        return declared == ROLE_COPY ? 2 : declared != ROLE_CONVERSION;
    kernel_name_look_up(record->name, &facts);
    return facts.role == declared || facts.role == ROLE_COUNT ? 2 : 0;
}

/* The first record of those that fit best; -1 when none does. */
static int takes_declaration(const struct batch *batch, int first, int count, enum kernel_role declared)
{
    int best = -1, best_fitness = 0;

    for (int i = first; i < first + count; i++) {
        int now = fitness(batch->device[i].record, declared);
        if (now > best_fitness) {
            best = i;
            best_fitness = now;
        }
    }
    return best;
}

/* "7"; of other devices than the first "1:7": the text that imported traces have. */
static void stream_text(const struct activity_record *record, char text[32])
{
    if (record->device > 0)
        snprintf(text, 32, "%d:%d", record->device, record->stream);
    else
        snprintf(text, 32, "%d", record->stream);
}

/* What the name alone says; for an operator's kernel without a row in the table, compute. */
static enum kernel_role role_of(const struct activity_record *record, enum kernel_role by_name, int64_t op_id)
{
    if (record->kind == ACTIVITY_MEMCPY)
        return ROLE_COPY;
    if (record->kind == ACTIVITY_MEMSET || by_name != ROLE_COUNT)
        return by_name;
    return op_id > 0 ? ROLE_COMPUTE : ROLE_COUNT;
}

static enum status define(struct recorder *recorder, const struct activity_record *record, int declared, int64_t op_id,
                          struct found_kernel *found)
{
    struct kernel_info kernel = {record->name, ROLE_COUNT, record->kind == ACTIVITY_MEMSET ? 0 : record->bytes,
                                 record->bytes, -1};
    struct kernel_name_facts facts;
    char stream[32];

    *found = (struct found_kernel){.conversion = -1};
    kernel_name_look_up(record->name, &facts);
    kernel.role = role_of(record, facts.role, op_id);
    if (declared >= 0) {
        const struct register_kernel *known = &recorder->table.kernels[declared];
        kernel = (struct kernel_info){record->name, known->role, known->bytes_read, known->bytes_written, known->flops};
    } else if (facts.role == ROLE_CONVERSION) {
        TRY(register_add_found_conversion(&recorder->table, &found->conversion));
        TRY(store_found_conversion(&recorder->store, found->conversion, &facts));
    }
    stream_text(record, stream);
    TRY(register_add_found_kernel(&recorder->table, &found->number));
    return store_kernel(&recorder->store, found->number, &kernel, recorder->device, stream);
}

/* The definition of what a record shows. Every declared kernel has definitions of its own, by name and stream. */
static enum status find_definition(struct recorder *recorder, const struct activity_record *record, int declared,
                                   int64_t op_id, struct found_kernel *found)
{
    struct device_watch *watch = &recorder->device_watch;
    struct strbuf key;
    int number;

    strbuf_init(&key);
    strbuf_printf(&key, "%d %d %d %d %d %" PRId64 " %s", declared, op_id > 0, record->kind, record->device, record->stream,
                  record->bytes, record->name);
    enum status status = intern_add(&watch->found_keys, key.text, &number);
    strbuf_release(&key);
    if (status != STATUS_OK)
        return status;
    if (number == watch->found_count) {
        TRY(define(recorder, record, declared, op_id, found));
        ARRAY_ADD(watch, found, *found);
    }
    *found = watch->found[number];
    return STATUS_OK;
}

/* declared -1: nobody declared it. */
static enum status write_record(struct batch *batch, struct device_row *row, int declared, int64_t launch_ns, int64_t op_id,
                                int64_t step_id)
{
    struct recorder *recorder = batch->recorder;
    const struct activity_record *record = row->record;
    struct found_kernel found;
    int64_t kernel_id;

    row->written = true;
    if (!is_timed(record)) {
        recorder->device_watch.untimed++;
        return STATUS_OK;
    }
    TRY(find_definition(recorder, record, declared, op_id, &found));
    struct kernel_row kernel = {found.number,
                                op_id,
                                record->start_ns,
                                record->end_ns - record->start_ns,
                                record->correlation_id,
                                record->launch_ns >= 0 ? record->launch_ns : launch_ns};
    TRY(write_kernel_row(batch, step_id, &kernel, &kernel_id));
    if (declared >= 0)
        return write_conversions(batch, recorder->table.kernels[declared].conversions, op_id, kernel_id, kernel.start_ns,
                                 kernel.dur_ns);
    if (found.conversion >= 0 && op_id > 0)
        return write_conversion(batch, found.conversion, op_id, kernel_id, kernel.start_ns, kernel.dur_ns);
    return STATUS_OK;
}

enum status launch_write(struct batch *batch, const struct event *launch, int64_t op_id)
{
    struct recorder *recorder = batch->recorder;
    const struct register_kernel *declared = &recorder->table.kernels[launch->number];
    struct register_list conversions = declared->conversions;
    int count, first = find_records(batch, (uint64_t)launch->b.integer, &count);
    int taker = takes_declaration(batch, first, count, declared->role);

    for (int i = first; i < first + count; i++)
        TRY(write_record(batch, &batch->device[i], i == taker ? launch->number : -1, launch->a.integer, op_id,
                         batch->step_id));
    if (taker >= 0 && is_timed(batch->device[taker].record))
        return STATUS_OK;
    recorder->device_watch.unanswered += launch->b.integer != 0 && taker < 0;
    /* They were done; how long they took, nobody knows. */
    return write_conversions(batch, conversions, op_id, -1, launch->a.integer, -1);
}

/* Work of no launch (copies of the input, fills) is in the step in which it began. */
enum status launches_write_rest(struct batch *batch)
{
    for (int i = 0; i < batch->device_count; i++) {
        struct device_row *row = &batch->device[i];
        bool inside = batch->ended.id && row->record->start_ns >= batch->ended.start_ns &&
                      row->record->start_ns < batch->ended.end_ns;
        if (row->written)
            continue;
        batch->recorder->device_watch.late += row->record->id != 0;
        TRY(write_record(batch, row, -1, -1, -1, inside ? batch->ended.id : 0));
    }
    return STATUS_OK;
}
