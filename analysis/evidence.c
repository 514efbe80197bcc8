/*
 * Pass: of which operator instances the trace could show a conversion, if there were one: the format of a tensor is known
 * (or it has too few dimensions to have one), or a kernel. Of the others nothing is known, and no finding calls them
 * clean.
 */
#include "analysis/analysis_int.h"

static enum status mark(struct analysis *self, int64_t op_def_id)
{
    if (op_def_id < 0 || op_def_id > INT32_MAX - 1)
        return STATUS_OK; /* no trace has them; one that is damaged shall not take memory */
    while (self->evident_count <= op_def_id) {
        TRY(array_room(&self->evident, &self->evident_room, self->evident_count, sizeof *self->evident));
        self->evident[self->evident_count++] = false;
    }
    self->evident[op_def_id] = true;
    return STATUS_OK;
}

static enum status mark_formats(struct analysis *self)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, "SELECT op_def_id, memory_format, shape FROM op_tensor_def", &row));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        if (order_of((const char *)sqlite3_column_text(row, 1), (const char *)sqlite3_column_text(row, 2)))
            TRY_OUT(mark(self, sqlite3_column_int64(row, 0)));
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

static enum status mark_kernels(struct analysis *self)
{
    static const char sql[] = "SELECT op_def_id FROM op_def WHERE EXISTS (SELECT 1 FROM op JOIN kernel USING (op_id)"
                              " WHERE op.op_def_id = op_def.op_def_id)";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        TRY_OUT(mark(self, sqlite3_column_int64(row, 0)));
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

enum status pass_evidence(struct analysis *self)
{
    TRY(mark_formats(self));
    return mark_kernels(self);
}
