/*
 * The inside of the writing of rows: rows_store.c (the file, prepared INSERTs, rows of whole processes),
 * rows_definitions.c (rows of what repeats), rows.c (the pass).
 */
#ifndef IMPORTERS_PASSES_ROWS_INT_H
#define IMPORTERS_PASSES_ROWS_INT_H

#include "base/strbuf.h"
#include "importers/chunk.h"
#include "importers/job_int.h"
#include "importers/passes/written.h"
#include "importers/passes/rows.h"
#include "profiler/trace_draft.h"

enum insert {
    INSERT_RUN,
    INSERT_STEP,
    INSERT_MODULE,
    INSERT_OP_DEF,
    INSERT_OP_TENSOR_DEF,
    INSERT_OP,
    INSERT_KERNEL_DEF,
    INSERT_KERNEL,
    INSERT_CONVERSION_DEF,
    INSERT_CONVERSION,
    INSERT_NOTE,
    INSERTS
};

/* Ids given out last. */
struct rows_ids {
    int64_t step, op, kernel, conversion, op_def, kernel_def, conversion_def;
};

struct rows {
    struct trace_draft *draft;
    sqlite3_stmt *insert[INSERTS];
    struct rows_ids ids;
    struct written ops, kernels, conversions;
    struct occurrences seen;
    struct strbuf text;
    char *key; /* bytes of the definition that is looked for */
    int key_room;
    int64_t *device_ns, *copy_kernel; /* by node: time of its kernels (-1 none); kernel row of a CPU's copy (0 none) */
    int device_ns_room, copy_kernel_room;
};

/* A kernel's definition; -1 and NULL = unknown. */
struct rows_kernel {
    const char *name_text, *device, *stream;
    int32_t name, lane; /* equal numbers, equal texts; lane -1 = the CPU itself */
    enum kernel_role role;
    int64_t bytes_read, bytes_written;
};

/* Runs the INSERT whose values are bound. Bindings stay: every column is bound for each row. */
enum status rows_insert(struct rows *self, enum insert insert);

/* Binds NULL for -1, and any other number as it is. */
void rows_bind(sqlite3_stmt *row, int position, int64_t value);

/* Ids of definitions' rows, which are written when they are new. */
enum status rows_op_def(struct rows *self, const struct chunk *chunk, int node, int64_t *id);
enum status rows_kernel_def(struct rows *self, const struct rows_kernel *kernel, int64_t *id);
enum status rows_conversion_def(struct rows *self, const struct chunk *chunk, const struct chunk_conversion *conversion,
                                int64_t *id);

#endif
