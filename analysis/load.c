/*
 * Pass: one step's operators and conversions, in order of execution. Operators are those of level 0: a wrapper only
 * passes on to one of them, and what runs inside one is its own business.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"

static int64_t int_or_none(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, column);
}

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

/* The rows of the step; those outside of steps when the trace has none. */
static void bind_step(struct analysis *self, sqlite3_stmt *row)
{
    if (self->now->step_id < 0)
        sqlite3_bind_null(row, 1);
    else
        trace_bind_int(row, 1, self->now->step_id);
}

static int by_id(const void *a, const void *b)
{
    const struct step_id *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

int step_find(const struct step_id *ids, int count, int64_t id)
{
    struct step_id wanted = {id, 0};
    const struct step_id *found = id < 0 ? NULL : bsearch(&wanted, ids, (size_t)count, sizeof *ids, by_id);
    return found ? found->index : -1;
}

static enum status make_ids(const struct step *step, struct step_id **ids)
{
    TRY(array_make(ids, step->ops_count, sizeof **ids));
    for (int i = 0; i < step->ops_count; i++)
        (*ids)[i] = (struct step_id){step->ops[i].op_id, i};
    qsort(*ids, (size_t)step->ops_count, sizeof **ids, by_id);
    return STATUS_OK;
}

static enum status load_ops(struct analysis *self)
{
    static const char sql[] =
        "SELECT op.op_id, op.op_def_id, op.forward_op_id, op.fused_into, op_def.sequence, op.thread_id, op.start_ns,"
        " op.dur_ns, op_def.name, module.path, op_def.phase FROM op JOIN op_def USING (op_def_id)"
        " LEFT JOIN module USING (module_id) WHERE op.step_id IS ?1 AND op.level = 0";
    struct step *step = &self->step;
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    bind_step(self, row);
    TRY_OUT(trace_step(row, &more));
    for (step->ops_count = 0; more;) {
        struct step_op op = {int_or_none(row, 0), int_or_none(row, 1), int_or_none(row, 2), int_or_none(row, 3),
                             int_or_none(row, 4), int_or_none(row, 5), int_or_none(row, 6), int_or_none(row, 7)};
        TRY_OUT(intern_add(&self->words, text_at(row, 8), &op.name));
        TRY_OUT(intern_add(&self->words, text_at(row, 9), &op.path));
        op.phase = phase_of(text_at(row, 10));
        TRY_OUT(array_room(&step->ops, &step->ops_room, step->ops_count, sizeof op));
        step->ops[step->ops_count++] = op;
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

struct place {
    int64_t start_ns; /* of the operator whose kernel does the work */
    struct step_op op;
};

static int in_order(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->op.sequence != y->op.sequence)
        return x->op.sequence < y->op.sequence ? -1 : 1;
    return x->op.op_id < y->op.op_id ? -1 : x->op.op_id > y->op.op_id;
}

/* The operator at the end of the fused_into chain; rings in damaged traces end after as many hops as there are
 * operators. */
static int host_of(const struct step *step, const struct step_id *ids, int op)
{
    for (int hops = 0; hops < step->ops_count; hops++) {
        int host = step_find(ids, step->ops_count, step->ops[op].fused_into);
        if (host < 0 || host == op)
            break;
        op = host;
    }
    return op;
}

/* Fused operators have no time of their own: they stand beside their host. */
static enum status sort_ops(struct step *step)
{
    struct step_id *ids = NULL;
    struct place *places = NULL;
    enum status status;

    TRY_OUT(make_ids(step, &ids));
    TRY_OUT(array_make(&places, step->ops_count, sizeof *places));
    for (int i = 0; i < step->ops_count; i++)
        places[i] = (struct place){step->ops[host_of(step, ids, i)].start_ns, step->ops[i]};
    qsort(places, (size_t)step->ops_count, sizeof *places, in_order);
    for (int i = 0; i < step->ops_count; i++)
        step->ops[i] = places[i].op;
out:
    free(ids);
    free(places);
    return status;
}

static void link_ops(struct step *step, const struct step_id *ids)
{
    for (int i = 0; i < step->ops_count; i++) {
        int forward = step_find(ids, step->ops_count, step->ops[i].forward_id);
        step->ops[i].forward = forward < 0 ? i : forward;
        step->ops[i].cluster = host_of(step, ids, i);
    }
}

static int conversions_in_order(const void *a, const void *b)
{
    const struct step_conversion *x = a, *y = b;
    if (x->op != y->op)
        return (unsigned)x->op < (unsigned)y->op ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->conversion_id < y->conversion_id ? -1 : x->conversion_id > y->conversion_id;
}

static struct step_conversion read_conversion(const struct analysis *self, sqlite3_stmt *row,
                                              const struct step_id *ids)
{
    struct step_conversion c = {
        .conversion_id = int_or_none(row, 0),
        .conversion_def_id = int_or_none(row, 1),
        .op_id = int_or_none(row, 2),
        .source = int_or_none(row, 3),
        .dest = int_or_none(row, 4),
        .start_ns = int_or_none(row, 5),
        .dur_ns = int_or_none(row, 6),
        .exposed_ns = -1,
        .bytes = int_or_none(row, 7),
        .kernel_id = int_or_none(row, 8),
        .cause = cause_of(text_at(row, 10)),
        .from = order_of(text_at(row, 11), NULL),
        .to = order_of(text_at(row, 12), NULL),
    };
    c.op = step_find(ids, self->step.ops_count, c.op_id);
    /* Without a kernel its time is part of the operator's; in a recorded step it is mostly that of the recording. */
    if (c.kernel_id < 0 || self->now->phase == STEP_RECORDED)
        c.dur_ns = -1;
    return c;
}

static enum status load_conversions(struct analysis *self, const struct step_id *ids)
{
    static const char sql[] =
        "SELECT c.conversion_id, c.conversion_def_id, c.op_id, d.source_tensor, d.dest_tensor, c.start_ns, c.dur_ns,"
        " d.bytes_read + d.bytes_written, c.kernel_id, kd.stream, d.cause, d.from_format, d.to_format FROM conversion c"
        " JOIN conversion_def d USING (conversion_def_id) LEFT JOIN kernel k ON k.kernel_id = c.kernel_id"
        " LEFT JOIN kernel_def kd USING (kernel_def_id) WHERE c.step_id IS ?1 AND d.from_format <> d.to_format"
        " AND NOT ('either' IN (d.from_format, d.to_format) AND d.from_format IN ('contiguous', 'channels_last', "
        "'either')"
        " AND d.to_format IN ('contiguous', 'channels_last', 'either'))";
    struct step *step = &self->step;
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    bind_step(self, row);
    TRY_OUT(trace_step(row, &more));
    for (step->conversions_count = 0; more;) {
        struct step_conversion c = read_conversion(self, row, ids);
        TRY_OUT(intern_add(&self->words, text_at(row, 9), &c.stream));
        TRY_OUT(array_room(&step->conversions, &step->conversions_room, step->conversions_count, sizeof c));
        step->conversions[step->conversions_count++] = c;
        TRY_OUT(trace_step(row, &more));
    }
    if (step->conversions_count > 0)
        qsort(step->conversions, (size_t)step->conversions_count, sizeof *step->conversions, conversions_in_order);
out:
    sqlite3_finalize(row);
    return status;
}

enum status pass_load(struct analysis *self)
{
    struct step_id *ids = NULL;
    enum status status;

    TRY_OUT(load_ops(self));
    TRY_OUT(sort_ops(&self->step));
    TRY_OUT(make_ids(&self->step, &ids));
    link_ops(&self->step, ids);
    TRY_OUT(load_conversions(self, ids));
out:
    free(ids);
    return status;
}
