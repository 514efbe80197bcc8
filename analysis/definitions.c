/*
 * Pass: the definitions of the trace in memory: what is the same in every step is read once, so that a step's rows are
 * read without a join. Bounded by the distinct operators, conversions and kernels, whatever the number of steps.
 */
#include <stdlib.h>

#include "analysis/analysis_int.h"

static int64_t int_or_none(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, column);
}

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static enum status read_op(struct analysis *self, sqlite3_stmt *row)
{
    struct op_def def = {.id = sqlite3_column_int64(row, 0), .sequence = int_or_none(row, 1), .measurement = -1, .key = -1};

    TRY(intern_add(&self->words, text_at(row, 2), &def.name));
    TRY(intern_add(&self->words, text_at(row, 3), &def.path));
    def.phase = phase_of(text_at(row, 4));
    ARRAY_ADD(&self->definitions, ops, def);
    return STATUS_OK;
}

/*
 * Between `either` and contiguous or channels_last nothing moves, between `either` and a library's blocks it does. Where
 * a kernel's name does not tell the formats, it tells that it converts.
 */
static bool moves(enum order from, enum order to)
{
    bool plain_from = from == ORDER_CONTIGUOUS || from == ORDER_CHANNELS_LAST || from == ORDER_NONE;
    bool plain_to = to == ORDER_CONTIGUOUS || to == ORDER_CHANNELS_LAST || to == ORDER_NONE;
    if (from == ORDER_UNKNOWN || to == ORDER_UNKNOWN)
        return true;
    if (from == ORDER_NONE || to == ORDER_NONE)
        return !(plain_from && plain_to);
    return from != to;
}

static enum status read_conversion(struct analysis *self, sqlite3_stmt *row)
{
    struct conversion_def def = {.id = sqlite3_column_int64(row, 0),
                                 .source = int_or_none(row, 1),
                                 .dest = int_or_none(row, 2),
                                 .bytes = int_or_none(row, 3),
                                 .cause = cause_of(text_at(row, 4)),
                                 .from = order_of(text_at(row, 5), NULL),
                                 .to = order_of(text_at(row, 6), NULL)};

    def.moves = moves(def.from, def.to);
    ARRAY_ADD(&self->definitions, conversions, def);
    return STATUS_OK;
}

static enum status read_kernel(struct analysis *self, sqlite3_stmt *row)
{
    struct kernel_def def = {.id = sqlite3_column_int64(row, 0)};

    TRY(intern_add(&self->words, text_at(row, 1), &def.stream));
    ARRAY_ADD(&self->definitions, kernels, def);
    return STATUS_OK;
}

static enum status read_all(struct analysis *self, const char *sql,
                            enum status (*read)(struct analysis *self, sqlite3_stmt *row))
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        TRY_OUT(read(self, row));
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

enum status pass_definitions(struct analysis *self)
{
    TRY(read_all(self,
                 "SELECT op_def_id, sequence, name, path, phase FROM op_def LEFT JOIN module USING (module_id)"
                 " ORDER BY op_def_id",
                 read_op));
    TRY(read_all(self,
                 "SELECT conversion_def_id, source_tensor, dest_tensor, bytes_read + bytes_written, cause, from_format,"
                 " to_format FROM conversion_def ORDER BY conversion_def_id",
                 read_conversion));
    return read_all(self, "SELECT kernel_def_id, stream FROM kernel_def ORDER BY kernel_def_id", read_kernel);
}

/* All definitions begin with their id; it is mostly their place, too. */
static void *find(void *items, int count, size_t item_bytes, int64_t id)
{
    int low = 0, high = count;

    if (id >= 1 && id <= count && *(int64_t *)((char *)items + (size_t)(id - 1) * item_bytes) == id)
        return (char *)items + (size_t)(id - 1) * item_bytes;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int64_t there = *(int64_t *)((char *)items + (size_t)middle * item_bytes);
        if (there == id)
            return (char *)items + (size_t)middle * item_bytes;
        if (there < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct op_def *definition_of_op(struct analysis *self, int64_t id)
{
    return find(self->definitions.ops, self->definitions.ops_count, sizeof(struct op_def), id);
}

const struct conversion_def *definition_of_conversion(const struct analysis *self, int64_t id)
{
    return find(self->definitions.conversions, self->definitions.conversions_count, sizeof(struct conversion_def), id);
}

int stream_of_kernel(const struct analysis *self, int64_t kernel_def_id)
{
    const struct kernel_def *def =
        find(self->definitions.kernels, self->definitions.kernels_count, sizeof(struct kernel_def), kernel_def_id);
    return def ? def->stream : -1;
}

void definitions_release(struct analysis *self)
{
    free(self->definitions.ops);
    free(self->definitions.conversions);
    free(self->definitions.kernels);
}
