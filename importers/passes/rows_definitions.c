/*
 * Rows of what repeats. An operator instance is: name, phase, module, tensors with their kinds and numbers within the
 * chunk, and the how-manieth of the chunk it is of all that are alike. Its place in the chunk is no part of it: an
 * operator more in one step would make all that follow new ones. So `sequence` is the place where it was met first.
 */
#include <string.h>

#include "base/array.h"
#include "importers/passes/rows_int.h"

/* What one tensor adds to the bytes of an operator's definition. */
struct tensor_key {
    int64_t id;
    int32_t kind;
    int16_t position;
    uint8_t out, persistent;
};

struct op_key {
    int32_t name, module, phase, tensors;
    struct tensor_key tensor[];
};

static enum status make_op_key(struct rows *self, const struct chunk *chunk, const struct node *node, size_t *length)
{
    struct op_key *key;

    *length = sizeof *key + (size_t)node->tensors * sizeof *key->tensor;
    while (self->key_room < (int)*length)
        TRY(array_room(&self->key, &self->key_room, self->key_room, 1));
    key = (struct op_key *)(void *)self->key;
    *key = (struct op_key){node->name, node->module, (int32_t)node->phase, node->tensors};
    for (int i = 0; i < node->tensors; i++) {
        const struct node_tensor *tensor = &chunk->tensors[node->first_tensor + i];
        key->tensor[i] =
            (struct tensor_key){tensor->id, tensor->kind, tensor->position, tensor->out, tensor->persistent};
    }
    return STATUS_OK;
}

/* "[16, 64, 56, 56]", as PyTorch prints a list of ints; NULL for no list. */
static void bind_list(struct rows *self, sqlite3_stmt *row, int position, const int64_t *values, int count)
{
    strbuf_clear(&self->text);
    strbuf_append(&self->text, "[");
    for (int i = 0; i < count; i++)
        strbuf_printf(&self->text, i ? ", %lld" : "%lld", (long long)values[i]);
    strbuf_append(&self->text, "]");
    trace_bind_text(row, position, count < 0 ? NULL : self->text.text);
}

static const char *format_name(enum memory_format format)
{
    return format == FORMAT_COUNT ? NULL : layout_name(format);
}

/* -1 = unknown. */
static int64_t bytes_of(const struct tensor_kind *kind)
{
    int64_t bytes = tensor_dtype_bytes(kind->dtype);

    if (bytes == 0 || kind->dims < 0)
        return -1;
    for (int i = 0; i < kind->dims; i++) {
        if (kind->size[i] < 0 || __builtin_mul_overflow(bytes, kind->size[i], &bytes))
            return -1;
    }
    return bytes;
}

/* The tensor whose shape stands for all of them: the first 4-D one, else the first; NULL when there is none. */
static const struct tensor_kind *main_tensor(const struct chunk *chunk, const struct node *node, bool out)
{
    const struct tensor_kind *first = NULL;

    for (int i = 0; i < node->tensors; i++) {
        const struct node_tensor *tensor = &chunk->tensors[node->first_tensor + i];
        const struct tensor_kind *kind = chunk_tensor_kind(chunk, tensor->kind);
        if (tensor->out != out)
            continue;
        if (kind->dims == 4)
            return kind;
        first = first ? first : kind;
    }
    return first;
}

static void bind_main(struct rows *self, sqlite3_stmt *row, int format, int shape, const struct tensor_kind *kind)
{
    trace_bind_text(row, format, kind ? format_name(tensor_kind_format(kind)) : NULL);
    bind_list(self, row, shape, kind ? kind->size : NULL, kind ? kind->dims : -1);
}

/* Members of a list share a position; here each has one, and what follows moves on where it must. */
static enum status write_tensors(struct rows *self, const struct chunk *chunk, const struct node *node, int64_t op_def)
{
    sqlite3_stmt *row = self->insert[INSERT_OP_TENSOR_DEF];
    int next[2] = {0, 0};

    for (int i = 0; i < node->tensors; i++) {
        const struct node_tensor *tensor = &chunk->tensors[node->first_tensor + i];
        const struct tensor_kind *kind = chunk_tensor_kind(chunk, tensor->kind);
        int position = tensor->position > next[tensor->out] ? tensor->position : next[tensor->out];
        next[tensor->out] = position + 1;
        trace_bind_int(row, 1, op_def);
        sqlite3_bind_text(row, 2, tensor->out ? "out" : "in", -1, SQLITE_STATIC);
        trace_bind_int(row, 3, position);
        rows_bind(row, 4, tensor->id);
        trace_bind_int(row, 5, tensor->persistent);
        sqlite3_bind_text(row, 6, kind->dtype, -1, SQLITE_STATIC);
        bind_list(self, row, 7, kind->size, kind->dims);
        bind_list(self, row, 8, kind->stride, kind->has_strides ? kind->dims : -1);
        sqlite3_bind_text(row, 9, format_name(tensor_kind_format(kind)), -1, SQLITE_STATIC);
        rows_bind(row, 10, bytes_of(kind));
        TRY(rows_insert(self, INSERT_OP_TENSOR_DEF));
    }
    return STATUS_OK;
}

static enum status write_op_def(struct rows *self, const struct chunk *chunk, int number, int64_t id)
{
    const struct node *node = &chunk->nodes[number];
    sqlite3_stmt *row = self->insert[INSERT_OP_DEF];

    trace_bind_int(row, 1, id);
    trace_bind_text(row, 2, chunk_word(chunk, node->name));
    trace_bind_text(row, 3, node->phase == PHASE_COUNT ? NULL : op_phase_name(node->phase));
    rows_bind(row, 4, node->module < 0 ? -1 : node->module + 1);
    trace_bind_int(row, 5, number);
    bind_main(self, row, 6, 8, main_tensor(chunk, node, false));
    bind_main(self, row, 7, 9, main_tensor(chunk, node, true));
    TRY(rows_insert(self, INSERT_OP_DEF));
    return write_tensors(self, chunk, node, id);
}

enum status rows_op_def(struct rows *self, const struct chunk *chunk, int node, int64_t *id)
{
    struct written_key key;
    int64_t *known;
    size_t length;

    TRY(make_op_key(self, chunk, &chunk->nodes[node], &length));
    key = written_key(self->key, length);
    key.a += occurrences_next(&self->seen, key.a) * (uint64_t)0x9E3779B97F4A7C15u;
    TRY(written_find(&self->ops, key, &known));
    if (!*known) {
        *known = ++self->ids.op_def;
        TRY(write_op_def(self, chunk, node, *known));
    }
    *id = *known;
    return STATUS_OK;
}

enum status rows_kernel_def(struct rows *self, const struct rows_kernel *kernel, int64_t *id)
{
    const int64_t key[] = {kernel->name, kernel->lane, (int64_t)kernel->role, kernel->bytes_read,
                           kernel->bytes_written};
    sqlite3_stmt *row = self->insert[INSERT_KERNEL_DEF];
    int64_t *known;

    TRY(written_find(&self->kernels, written_key(key, sizeof key), &known));
    *id = *known;
    if (*known)
        return STATUS_OK;
    *id = *known = ++self->ids.kernel_def;
    trace_bind_int(row, 1, *id);
    trace_bind_text(row, 2, kernel->name_text);
    trace_bind_text(row, 3, kernel->role == ROLE_COUNT ? NULL : kernel_role_name(kernel->role));
    trace_bind_text(row, 4, kernel->device);
    trace_bind_text(row, 5, kernel->stream);
    rows_bind(row, 6, kernel->bytes_read);
    rows_bind(row, 7, kernel->bytes_written);
    return rows_insert(self, INSERT_KERNEL_DEF);
}

/* Both columns of one end; both NULL inside a library or where the tensor has no known identity. */
static void bind_end(sqlite3_stmt *row, int position, const struct node_tensor *tensor)
{
    const bool known = tensor && tensor->id >= 0;

    rows_bind(row, position, known ? tensor->id : -1);
    rows_bind(row, position + 1, known ? tensor->persistent : -1);
}

static const struct node_tensor *tensor_at(const struct chunk *chunk, int tensor)
{
    return tensor < 0 ? NULL : &chunk->tensors[tensor];
}

/* dtype words are kept once, so their addresses tell them apart. */
static struct written_key conversion_key(const struct chunk *chunk, const struct chunk_conversion *conversion)
{
    const struct node_tensor *source = tensor_at(chunk, conversion->source), *dest = tensor_at(chunk, conversion->dest);
    const int64_t key[] = {conversion->kind,
                           conversion->cause,
                           conversion->from,
                           conversion->to,
                           conversion->bytes_read,
                           conversion->bytes_written,
                           conversion->padded,
                           (intptr_t)conversion->source_dtype,
                           (intptr_t)conversion->dest_dtype,
                           source ? source->id : -1,
                           source ? source->persistent : -1,
                           dest ? dest->id : -1,
                           dest ? dest->persistent : -1};

    return written_key(key, sizeof key);
}

enum status rows_conversion_def(struct rows *self, const struct chunk *chunk, const struct chunk_conversion *conversion,
                                int64_t *id)
{
    const struct tensor_kind *kind = conversion->kind < 0 ? NULL : chunk_tensor_kind(chunk, conversion->kind);
    sqlite3_stmt *row = self->insert[INSERT_CONVERSION_DEF];
    int64_t *known;

    TRY(written_find(&self->conversions, conversion_key(chunk, conversion), &known));
    *id = *known;
    if (*known)
        return STATUS_OK;
    *id = *known = ++self->ids.conversion_def;
    trace_bind_int(row, 1, *id);
    trace_bind_text(row, 2, conversion_cause_name(conversion->cause));
    trace_bind_text(row, 3, format_name(conversion->from));
    trace_bind_text(row, 4, format_name(conversion->to));
    bind_list(self, row, 5, kind ? kind->size : NULL, kind ? kind->dims : -1);
    rows_bind(row, 6, conversion->bytes_read);
    rows_bind(row, 7, conversion->bytes_written);
    trace_bind_text(row, 8, conversion->source_dtype);
    trace_bind_text(row, 9, conversion->dest_dtype);
    trace_bind_int(row, 10, conversion->padded);
    bind_end(row, 11, tensor_at(chunk, conversion->source));
    bind_end(row, 13, tensor_at(chunk, conversion->dest));
    return rows_insert(self, INSERT_CONVERSION_DEF);
}
