/* The trace being written: opened, prepared, finished; rows of processes, modules, notes. */
#include <stdlib.h>

#include "importers/passes/rows_int.h"

static const char *const insert_sql[INSERTS] = {
    [INSERT_RUN] =
        "INSERT INTO run (run_id, source, command_line, model, device, device_name, library_versions, memory_format,"
        " autocast_dtype, batch_size, threads, rank, world_size, started_unix_ns)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [INSERT_STEP] = "INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns, images, mode)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INSERT_MODULE] = "INSERT INTO module (module_id, parent_id, path, class) VALUES (?1, ?2, ?3, ?4)",
    [INSERT_OP_DEF] =
        "INSERT INTO op_def (op_def_id, name, phase, module_id, sequence, input_format, output_format, input_shape,"
        " output_shape) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [INSERT_OP_TENSOR_DEF] =
        "INSERT INTO op_tensor_def (op_def_id, direction, position, tensor, persistent, dtype, shape,"
        " strides, memory_format, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [INSERT_OP] =
        "INSERT INTO op (op_id, step_id, op_def_id, forward_op_id, thread_id, start_ns, dur_ns, device_dur_ns,"
        " parent_op_id, level) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [INSERT_KERNEL_DEF] =
        "INSERT INTO kernel_def (kernel_def_id, name, role, device, stream, bytes_read, bytes_written)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INSERT_KERNEL] =
        "INSERT INTO kernel (kernel_id, step_id, op_id, kernel_def_id, start_ns, dur_ns, correlation_id, launch_ns)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [INSERT_CONVERSION_DEF] =
        "INSERT INTO conversion_def (conversion_def_id, cause, from_format, to_format, shape, bytes_read, "
        "bytes_written,"
        " source_dtype, dest_dtype, padded, source_tensor, source_persistent, dest_tensor, dest_persistent)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [INSERT_CONVERSION] =
        "INSERT INTO conversion (conversion_id, step_id, op_id, conversion_def_id, kernel_id, start_ns, dur_ns)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INSERT_NOTE] = "INSERT INTO note (text) VALUES (?1)",
};

enum status rows_create(const char *path, struct rows **out)
{
    struct rows *self = calloc(1, sizeof *self);
    enum status status;

    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "%s: out of memory", path);
    strbuf_init(&self->text);
    TRY_OUT(trace_draft_create(path, &self->draft));
    for (int insert = 0; insert < INSERTS; insert++)
        TRY_OUT(trace_prepare(trace_draft_db(self->draft), insert_sql[insert], &self->insert[insert]));
    *out = self;
    self = NULL;
out:
    rows_abandon(self);
    return status;
}

static void release(struct rows *self)
{
    for (int insert = 0; insert < INSERTS; insert++)
        sqlite3_finalize(self->insert[insert]);
    written_release(&self->ops);
    written_release(&self->kernels);
    written_release(&self->conversions);
    occurrences_release(&self->seen);
    strbuf_release(&self->text);
    free(self->key);
    free(self->device_ns);
    free(self->copy_kernel);
    free(self);
}

enum status rows_finish(struct rows *rows)
{
    struct trace_draft *draft = rows->draft;

    release(rows);
    return trace_draft_finish(draft);
}

void rows_abandon(struct rows *rows)
{
    struct trace_draft *draft = rows ? rows->draft : NULL;

    if (rows)
        release(rows);
    trace_draft_abandon(draft);
}

enum status rows_insert(struct rows *self, enum insert insert)
{
    sqlite3_stmt *row = self->insert[insert];
    enum status status;
    int more;

    status = trace_step(row, &more);
    sqlite3_reset(row);
    return status;
}

void rows_bind(sqlite3_stmt *row, int position, int64_t value)
{
    if (value == -1)
        sqlite3_bind_null(row, position);
    else
        sqlite3_bind_int64(row, position, value);
}

enum status rows_run(struct rows *rows, int process, const struct rows_run *run)
{
    sqlite3_stmt *row = rows->insert[INSERT_RUN];
    int position = 1;

    trace_bind_int(row, position++, process + 1);
    for (int text = 0; text < RUN_TEXTS; text++)
        trace_bind_text(row, position++, run->text[text]);
    for (int number = 0; number < RUN_NUMBERS; number++)
        rows_bind(row, position++, run->number[number]);
    return rows_insert(rows, INSERT_RUN);
}

enum status rows_module(struct rows *rows, int number, int parent, const char *path, const char *class_name)
{
    sqlite3_stmt *row = rows->insert[INSERT_MODULE];

    trace_bind_int(row, 1, number + 1);
    rows_bind(row, 2, parent < 0 ? -1 : parent + 1);
    trace_bind_text(row, 3, path);
    trace_bind_text(row, 4, class_name);
    return rows_insert(rows, INSERT_MODULE);
}

enum status rows_note(struct rows *rows, const char *text)
{
    trace_bind_text(rows->insert[INSERT_NOTE], 1, text);
    return rows_insert(rows, INSERT_NOTE);
}
