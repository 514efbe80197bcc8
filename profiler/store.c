/* Prepared inserts and the transaction around them. */
#include "profiler/store.h"
#include "profiler/trace_int.h"

static const char *const row_sql[ROW_COUNT] = {
    [ROW_STEP] = "INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns, images, loss, grad_scale, skipped)"
                 " VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [ROW_OP] = "INSERT INTO op (op_id, step_id, op_def_id, forward_op_id, fused_into, thread_id, start_ns, dur_ns,"
               " device_dur_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ROW_KERNEL] = "INSERT INTO kernel (kernel_id, step_id, op_id, kernel_def_id, start_ns, dur_ns, correlation_id,"
                   " launch_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [ROW_CONVERSION] = "INSERT INTO conversion (conversion_id, step_id, op_id, conversion_def_id, kernel_id, start_ns,"
                       " dur_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ROW_RUN] =
        "INSERT INTO run (run_id, source, command_line, model, device, device_name, policy, memory_format,"
        " autocast_dtype, library_versions, batch_size, threads, rank, world_size, started_unix_ns, warmup_steps)"
        " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [ROW_MODULE] = "INSERT INTO module (module_id, parent_id, path, class) VALUES (?1, ?2, ?3, ?4)",
    [ROW_OP_DEF] = "INSERT INTO op_def (op_def_id, name, phase, module_id, sequence, input_format, output_format,"
                   " input_shape, output_shape) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ROW_OP_TENSOR_DEF] = "INSERT INTO op_tensor_def (op_def_id, direction, position, tensor, persistent, dtype, shape,"
                          " strides, memory_format, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [ROW_KERNEL_DEF] = "INSERT INTO kernel_def (kernel_def_id, name, role, device, stream, bytes_read, bytes_written,"
                       " flops) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [ROW_CONVERSION_DEF] =
        "INSERT INTO conversion_def (conversion_def_id, cause, from_format, to_format, shape, bytes_read, "
        "bytes_written,"
        " source_dtype, dest_dtype, cached, padded, source_tensor, source_persistent, dest_tensor, dest_persistent)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [ROW_POLICY_RULE] = "INSERT OR REPLACE INTO policy_rule (op_name, rule, breaks, evidence, source)"
                        " VALUES (?1, ?2, ?3, ?4, ?5)",
    [ROW_NOTE] = "INSERT INTO note (text) VALUES (?1)",
};

enum status store_create(struct store *store, const char *path)
{
    *store = (struct store){0};
    TRY(trace_create(path, &store->db));
    TRY(trace_prepare(store->db, "BEGIN IMMEDIATE", &store->begin));
    TRY(trace_prepare(store->db, "COMMIT", &store->commit));
    for (int kind = 0; kind < ROW_COUNT; kind++)
        TRY(trace_prepare(store->db, row_sql[kind], &store->row[kind]));
    return STATUS_OK;
}

void store_release(struct store *store)
{
    for (int kind = 0; kind < ROW_COUNT; kind++)
        sqlite3_finalize(store->row[kind]);
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    *store = (struct store){.db = store->db};
}

static enum status run_statement(struct store *store, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    enum status status = code == SQLITE_DONE ? STATUS_OK : trace_failure(store->db, sqlite3_sql(statement));

    sqlite3_reset(statement);
    return status;
}

enum status store_insert(struct store *store, enum row_kind kind)
{
    if (!store->in_transaction) {
        TRY(run_statement(store, store->begin));
        store->in_transaction = true;
    }
    return run_statement(store, store->row[kind]);
}

enum status store_commit(struct store *store)
{
    if (!store->in_transaction)
        return STATUS_OK;
    TRY(run_statement(store, store->commit));
    store->in_transaction = false;
    return STATUS_OK;
}

void store_rollback(struct store *store)
{
    /* SQLite may have rolled back already, then this does nothing. */
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->in_transaction = false;
}

void store_bind_known(sqlite3_stmt *row, int position, int64_t value)
{
    if (value < 0)
        sqlite3_bind_null(row, position);
    else
        sqlite3_bind_int64(row, position, value);
}
