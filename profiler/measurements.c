/* Rows of format_measurement and measured_op. */
#include "profiler/measurements.h"

#include <string.h>

static enum status insert(sqlite3_stmt *row)
{
    int more;
    TRY(trace_step(row, &more));
    sqlite3_reset(row);
    return STATUS_OK;
}

enum status measurements_begin(struct measurements *self, const char *path)
{
    memset(self, 0, sizeof *self);
    TRY(trace_open(path, 1, &self->db));
    TRY(trace_exec(self->db, "BEGIN IMMEDIATE"));
    TRY(trace_prepare(self->db,
                      "INSERT INTO format_measurement (measurement_id, variant, repetition, dur_ns, library_ns, kernel_ns)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      &self->time));
    return trace_prepare(self->db, "INSERT INTO measured_op (op_def_id, measurement_id) VALUES (?1, ?2)", &self->op);
}

enum status measurements_time(struct measurements *self, const struct format_time *time)
{
    trace_bind_int(self->time, 1, time->measurement_id);
    trace_bind_text(self->time, 2, time->variant);
    trace_bind_int(self->time, 3, time->repetition);
    trace_bind_int(self->time, 4, time->dur_ns);
    trace_bind_int(self->time, 5, time->library_ns);
    trace_bind_int(self->time, 6, time->kernel_ns);
    return insert(self->time);
}

enum status measurements_op(struct measurements *self, int op, int64_t measurement_id)
{
    trace_bind_int(self->op, 1, op + 1); /* ids in the trace are numbers + 1 */
    trace_bind_int(self->op, 2, measurement_id);
    return insert(self->op);
}

enum status measurements_note(struct measurements *self, const char *text)
{
    sqlite3_stmt *row = NULL;
    enum status status;

    TRY_OUT(trace_prepare(self->db, "INSERT INTO note (text) VALUES (?1)", &row));
    trace_bind_text(row, 1, text);
    TRY_OUT(insert(row));
out:
    sqlite3_finalize(row);
    return status;
}

enum status measurements_end(struct measurements *self, bool keep)
{
    enum status status = STATUS_OK;

    sqlite3_finalize(self->time);
    sqlite3_finalize(self->op);
    if (self->db && keep)
        status = trace_exec(self->db, "COMMIT");
    if (self->db)
        trace_close(self->db); /* rolls back what was not committed */
    memset(self, 0, sizeof *self);
    return status;
}
