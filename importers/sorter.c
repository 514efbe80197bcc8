/* Records into the buffer, full buffers into runs, runs back through a heap whose top is the smallest record. */
#include "importers/sorter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "importers/sorter_int.h"
#include "importers/spill.h"

#define FIRST_RECORDS 256            /* of a buffer that still grows */
#define WRITE_BYTES ((size_t)256 << 10)
#define READ_BYTES_LEAST ((size_t)4 << 10) /* a run's share of the buffer when there are very many */

/* A sorted stretch of the temporary file, and the piece of it that is in memory. */
struct run {
    int64_t at, end; /* still to be read */
    char *piece;
    size_t next, filled; /* bytes within the piece */
};

struct sorter {
    struct spill spill;
    sorter_compare *compare;
    size_t record_bytes, buffer_bytes;
    char *records; /* the buffer; while runs are merged, their pieces */
    uint32_t filled, room, most;
    struct sorter_place *places, *other;
    uint32_t next; /* place to be handed out, where nothing was spilt */
    struct run *runs;
    int runs_count, runs_room;
    int *heap; /* run numbers */
    int heap_count;
    size_t piece_bytes;
    int64_t count;
};

enum status sorter_create(const char *beside, size_t record_bytes, size_t buffer_bytes, sorter_compare *compare,
                          struct sorter **out)
{
    struct sorter *self = calloc(1, sizeof *self);

    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "no memory for sorting");
    self->record_bytes = record_bytes;
    self->buffer_bytes = buffer_bytes;
    self->compare = compare;
    self->most = (uint32_t)(buffer_bytes / record_bytes);
    if (spill_init(&self->spill, beside) != STATUS_OK) {
        free(self);
        return STATUS_NO_MEMORY;
    }
    *out = self;
    return STATUS_OK;
}

void sorter_destroy(struct sorter *self)
{
    if (!self)
        return;
    spill_release(&self->spill);
    free(self->records);
    free(self->places);
    free(self->other);
    free(self->runs);
    free(self->heap);
    free(self);
}

int64_t sorter_count(const struct sorter *self)
{
    return self->count;
}

/* Orders the buffer; what is only needed for that is freed after each buffer, so that few sorters hold it at a time. */
static enum status order_buffer(struct sorter *self)
{
    TRY(array_make(&self->places, (int)self->filled, sizeof *self->places));
    TRY(array_make(&self->other, (int)self->filled, sizeof *self->other));
    for (uint32_t i = 0; i < self->filled; i++)
        self->places[i] =
            (struct sorter_place){(uint64_t)sorter_key(self->records + i * self->record_bytes) ^ (uint64_t)1 << 63, i};
    sorter_order_places(&self->places, &self->other, self->filled, self->records, self->record_bytes, self->compare);
    free(self->other);
    self->other = NULL;
    return STATUS_OK;
}

/* The ordered buffer as one more run. */
static enum status write_run(struct sorter *self, char *block)
{
    const size_t bytes = self->record_bytes;
    struct run run = {.at = self->spill.bytes};
    size_t used = 0;
    int64_t at;

    for (uint32_t i = 0; i < self->filled; i++) {
        memcpy(block + used, self->records + self->places[i].at * bytes, bytes);
        used += bytes;
        if (used + bytes > WRITE_BYTES || i + 1 == self->filled) {
            TRY(spill_append(&self->spill, block, used, &at));
            used = 0;
        }
    }
    run.end = self->spill.bytes;
    ARRAY_ADD(self, runs, run);
    return STATUS_OK;
}

static enum status spill_buffer(struct sorter *self)
{
    enum status status;
    char *block = malloc(WRITE_BYTES);

    if (!block)
        return FAIL(NO_MEMORY, "no memory for sorting");
    TRY_OUT(order_buffer(self));
    TRY_OUT(write_run(self, block));
    self->filled = 0;
out:
    free(self->places);
    self->places = NULL;
    free(block);
    return status;
}

static enum status make_room(struct sorter *self)
{
    uint32_t wanted = self->room ? self->room * 2 : FIRST_RECORDS;
    char *grown;

    if (self->room >= self->most)
        return spill_buffer(self);
    if (wanted > self->most)
        wanted = self->most;
    grown = realloc(self->records, wanted * self->record_bytes);
    if (!grown)
        return FAIL(NO_MEMORY, "no memory for sorting %u records", wanted);
    self->records = grown;
    self->room = wanted;
    return STATUS_OK;
}

enum status sorter_add(struct sorter *self, void **record)
{
    if (self->filled == self->room)
        TRY(make_room(self));
    *record = self->records + self->filled++ * self->record_bytes;
    self->count++;
    return STATUS_OK;
}

static const char *run_record(const struct run *run)
{
    return run->piece + run->next;
}

static bool run_before(const struct sorter *self, int a, int b)
{
    int order = sorter_order(self->compare, run_record(&self->runs[a]), run_record(&self->runs[b]));
    return order < 0 || (order == 0 && a < b);
}

static void sink(struct sorter *self, int at)
{
    int *heap = self->heap, moving = heap[at];

    for (int child; (child = 2 * at + 1) < self->heap_count; at = child) {
        if (child + 1 < self->heap_count && run_before(self, heap[child + 1], heap[child]))
            child++;
        if (!run_before(self, heap[child], moving))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

/* Reads the run's next piece; *more: there was one. */
static enum status refill(struct sorter *self, struct run *run, bool *more)
{
    size_t bytes = run->end - run->at < (int64_t)self->piece_bytes ? (size_t)(run->end - run->at) : self->piece_bytes;

    *more = bytes > 0;
    run->next = 0;
    run->filled = bytes;
    if (bytes > 0)
        TRY(spill_read(&self->spill, run->piece, bytes, run->at));
    run->at += (int64_t)bytes;
    return STATUS_OK;
}

/* The buffer's memory becomes the runs' pieces. */
static enum status begin_merge(struct sorter *self)
{
    const size_t share = self->buffer_bytes / (size_t)self->runs_count;
    bool more;

    self->piece_bytes = (share > READ_BYTES_LEAST ? share : READ_BYTES_LEAST) / self->record_bytes * self->record_bytes;
    if (self->piece_bytes == 0)
        self->piece_bytes = self->record_bytes;
    free(self->records);
    self->records = malloc(self->piece_bytes * (size_t)self->runs_count);
    if (!self->records)
        return FAIL(NO_MEMORY, "no memory for merging %d runs", self->runs_count);
    TRY(array_make(&self->heap, self->runs_count, sizeof *self->heap));
    for (int i = 0; i < self->runs_count; i++) {
        self->runs[i].piece = self->records + self->piece_bytes * (size_t)i;
        TRY(refill(self, &self->runs[i], &more));
        self->heap[self->heap_count++] = i;
    }
    for (int at = self->heap_count / 2 - 1; at >= 0; at--)
        sink(self, at);
    return STATUS_OK;
}

enum status sorter_sort(struct sorter *self)
{
    if (self->runs_count == 0)
        return order_buffer(self);
    if (self->filled > 0)
        TRY(spill_buffer(self));
    return begin_merge(self);
}

/* The record that was handed out last is used up: its run's next one takes its place. */
static enum status advance(struct sorter *self)
{
    struct run *run = &self->runs[self->heap[0]];
    bool more = true;

    run->next += self->record_bytes;
    if (run->next == run->filled)
        TRY(refill(self, run, &more));
    if (!more)
        self->heap[0] = self->heap[--self->heap_count];
    if (self->heap_count > 0)
        sink(self, 0);
    return STATUS_OK;
}

enum status sorter_next(struct sorter *self, const void **record)
{
    *record = NULL;
    if (self->runs_count == 0) {
        if (self->next < self->filled)
            *record = self->records + self->places[self->next++].at * self->record_bytes;
        return STATUS_OK;
    }
    if (self->next > 0)
        TRY(advance(self));
    self->next = 1;
    if (self->heap_count > 0)
        *record = run_record(&self->runs[self->heap[0]]);
    return STATUS_OK;
}
