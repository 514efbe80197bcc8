/* What every table's rows need: names, times, threads. */
#include "importers/nsys/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define LATEST_NS (INT64_MAX / 4) /* 73 years of recording; sums of times must not overflow */

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

/* The slot of an id, or the free one where it belongs. */
static int names_slot(const struct names *names, int64_t id)
{
    int slot = (int)(mix((uint64_t)id) & (uint64_t)(names->slots - 1));
    while (names->word[slot] != -2 && names->id[slot] != id)
        slot = (slot + 1) & (names->slots - 1);
    return slot;
}

static enum status names_grow(struct names *names)
{
    struct names larger = {.slots = names->slots ? 2 * names->slots : 1024, .count = names->count};
    enum status status = array_make(&larger.id, larger.slots, sizeof *larger.id);
    if (status == STATUS_OK)
        status = array_make(&larger.word, larger.slots, sizeof *larger.word);
    if (status != STATUS_OK) {
        free(larger.id);
        return status;
    }
    for (int i = 0; i < larger.slots; i++)
        larger.word[i] = -2;
    for (int i = 0; i < names->slots; i++) {
        if (names->word[i] != -2) {
            int slot = names_slot(&larger, names->id[i]);
            larger.id[slot] = names->id[i];
            larger.word[slot] = names->word[i];
        }
    }
    free(names->id);
    free(names->word);
    *names = larger;
    return STATUS_OK;
}

enum status reader_word(struct reader *self, int64_t id, const char *otherwise, int32_t *word)
{
    struct names *names = &self->names;
    const char *text;
    int length = 0;

    if (2 * names->count >= names->slots)
        TRY(names_grow(names));
    int slot = names_slot(names, id);
    if (names->word[slot] == -2) {
        TRY(nsys_string(&self->db, id, &text, &length));
        names->id[slot] = id;
        names->word[slot] = -1;
        names->count++;
        if (text)
            TRY(job_word(self->job, text, (size_t)length, &names->word[slot]));
    }
    *word = names->word[slot];
    return *word >= 0 ? STATUS_OK : job_word(self->job, otherwise, strlen(otherwise), word);
}

enum status reader_begin(struct reader *self, sqlite3_stmt *rows, enum span_kind kind, struct span *span, bool *good)
{
    int64_t start = sqlite3_column_int64(rows, 0), end = sqlite3_column_int64(rows, 1);
    bool told = sqlite3_column_type(rows, 0) == SQLITE_INTEGER && sqlite3_column_type(rows, 1) == SQLITE_INTEGER;

    *good = told && start >= 0 && end >= start && end < LATEST_NS;
    /* What began before the recording did has a negative start: its times are none. */
    self->before_capture += told && start < 0;
    self->broken += !*good && (!told || start >= 0);
    self->rows += *good;
    *span = (struct span){
        .start_ns = start, .dur_ns = *good ? end - start : 0, .correlation = -1, .sequence = -1, .record_id = -1,
        .bytes = -1, .kind = (int32_t)kind, .signature = -1, .forward_thread = -1, .order = self->order,
    };
    if (*good && self->order < INT32_MAX)
        self->order++;
    return STATUS_OK;
}

enum status reader_thread(struct reader *self, int64_t global, int32_t *lane)
{
    int64_t mask = (1 << NSYS_THREAD_BITS) - 1;
    return job_thread(self->job, global >> NSYS_THREAD_BITS & mask, global & mask, lane);
}

/* Once a file: what it holds and clprof can't read. */
static enum status note_what_is_lacking(struct reader *self, const struct nsys_table *table)
{
    const char *column;
    TRY(nsys_lacks(&self->db, table, &column));
    if (!column || self->lacking == table)
        return STATUS_OK;
    self->lacking = table;
    return job_note(self->job, "table %s has no column \"%s\": its rows were left out", table->name, column);
}

enum status reader_table(struct reader *self, const struct nsys_table *table,
                         enum status (*each)(struct reader *self, sqlite3_stmt *rows))
{
    sqlite3_stmt *rows = NULL;
    bool row = false;
    enum status status;

    TRY_OUT(nsys_rows(&self->db, table, self->process, self->orphans, &rows));
    if (rows)
        TRY_OUT(nsys_step(&self->db, table, rows, &row));
    else
        TRY_OUT(note_what_is_lacking(self, table));
    while (row) {
        TRY_OUT(each(self, rows));
        TRY_OUT(nsys_step(&self->db, table, rows, &row));
    }
out:
    sqlite3_finalize(rows);
    return status;
}
