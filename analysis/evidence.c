/*
 * Of which operator instances the trace could show a conversion, if there were one: how a tensor lies in memory is known
 * (or it has too few dimensions to lie in more than one way), or its kernels, none of which is a copy: whether a copy is
 * a conversion, only formats tell. Of the others nothing is known, and no finding calls them clean.
 */
#include "analysis/analysis_int.h"

enum status pass_evidence(struct analysis *self)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, "SELECT op_def_id, memory_format, shape, strides IS NOT NULL FROM op_tensor_def", &row));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        struct op_def *def = definition_of_op(self, sqlite3_column_int64(row, 0));
        if (def && def->evidence == EVIDENCE_UNCHECKED &&
            (sqlite3_column_int(row, 3) ||
             order_of((const char *)sqlite3_column_text(row, 1), (const char *)sqlite3_column_text(row, 2))))
            def->evidence = EVIDENCE_FOUND;
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

/* Kernels are asked for only where formats do not tell, and once an instance. */
enum status evidence_look(struct analysis *self, struct op_def *def)
{
    static const char sql[] =
        "SELECT count(*) > 0 AND total(role IS 'copy') = 0 FROM kernel JOIN kernel_def USING (kernel_def_id)"
        " WHERE op_id = (SELECT op_id FROM op JOIN kernel USING (op_id) WHERE op_def_id = ?1 LIMIT 1)";
    sqlite3_stmt *row = NULL;
    enum status status = STATUS_OK;
    int more;

    if (def->evidence != EVIDENCE_UNCHECKED)
        return STATUS_OK;
    TRY_OUT(trace_prepare(self->db, sql, &row));
    trace_bind_int(row, 1, def->id);
    TRY_OUT(trace_step(row, &more));
    def->evidence = more && sqlite3_column_int(row, 0) ? EVIDENCE_FOUND : EVIDENCE_NONE;
out:
    sqlite3_finalize(row);
    return status;
}
