/*
 * The trace while it is recorded: one prepared INSERT per raw table, and one transaction that opens by itself with the
 * first row and is committed with the step it belongs to. Guarded by the recorder's lock.
 */
#ifndef PROFILER_STORE_H
#define PROFILER_STORE_H

#include <stdbool.h>

#include "kernels/observer.h"
#include "profiler/kernel_names.h"
#include "profiler/recorder.h"
#include "profiler/trace.h"

enum row_kind {
    ROW_STEP, /* the first four: while steps run */
    ROW_OP,
    ROW_KERNEL,
    ROW_CONVERSION,
    ROW_RUN,
    ROW_MODULE,
    ROW_OP_DEF,
    ROW_OP_TENSOR_DEF,
    ROW_KERNEL_DEF,
    ROW_CONVERSION_DEF,
    ROW_POLICY_RULE,
    ROW_NOTE,
    ROW_COUNT
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *row[ROW_COUNT];
    sqlite3_stmt *begin, *commit;
    bool in_transaction;
};

enum status store_create(struct store *store, const char *path);

/* Finalizes the statements; the database stays open. */
void store_release(struct store *store);

/* Inserts the row that was bound to row[kind], opening the transaction when there is none. */
enum status store_insert(struct store *store, enum row_kind kind);
enum status store_commit(struct store *store);
void store_rollback(struct store *store);

/* Binds NULL for an unknown (negative) number. Bindings stay from row to row: every column is bound for each row. */
void store_bind_known(sqlite3_stmt *row, int position, int64_t value);

/* Rows of declared things. Ids in the trace are numbers + 1. */
enum status store_run(struct store *store, const struct run_info *run);
enum status store_module(struct store *store, int number, const struct module_info *module);
enum status store_op(struct store *store, int number, const struct op_info *op);
enum status store_kernel(struct store *store, int number, const struct kernel_info *kernel, const char *device,
                         const char *stream);
enum status store_conversion(struct store *store, int number, const struct conversion_info *conversion);

/* A conversion that a library's kernel was found to do: what its name tells. */
enum status store_found_conversion(struct store *store, int number, const struct kernel_name_facts *facts);

#endif
