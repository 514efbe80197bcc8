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

void bind_step(const struct analysis *self, sqlite3_stmt *row, struct id_range range)
{
    if (self->now->step_id < 0)
        sqlite3_bind_null(row, 1);
    else
        trace_bind_int(row, 1, self->now->step_id);
    trace_bind_int(row, 2, range.first);
    trace_bind_int(row, 3, range.last);
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

/* Rows mostly stand in order already, and looking is cheaper than sorting. */
static void sort(void *items, int count, size_t item_bytes, int (*compare)(const void *a, const void *b))
{
    const char *at = items;
    for (int i = 1; i < count; i++, at += item_bytes) {
        if (compare(at, at + item_bytes) > 0) {
            qsort(items, (size_t)count, item_bytes, compare);
            return;
        }
    }
}

static enum status make_ids(const struct step *step, struct step_id **ids)
{
    TRY(array_make(ids, step->ops_count, sizeof **ids));
    for (int i = 0; i < step->ops_count; i++)
        (*ids)[i] = (struct step_id){step->ops[i].op_id, i};
    sort(*ids, step->ops_count, sizeof **ids, by_id);
    return STATUS_OK;
}

static enum status load_ops(struct analysis *self)
{
    static const char sql[] = "SELECT op_id, op_def_id, forward_op_id, fused_into, thread_id, start_ns, dur_ns FROM op"
                              " WHERE step_id IS ?1 AND level = 0 AND op_id BETWEEN ?2 AND ?3";
    struct step *step = &self->step;
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    bind_step(self, row, self->now->ops);
    TRY_OUT(trace_step(row, &more));
    for (step->ops_count = 0; more;) {
        struct op_def *def = definition_of_op(self, int_or_none(row, 1));
        struct step_op op = {.def = def,
                             .op_id = int_or_none(row, 0),
                             .op_def_id = int_or_none(row, 1),
                             .forward_id = int_or_none(row, 2),
                             .fused_into = int_or_none(row, 3),
                             .thread_id = int_or_none(row, 4),
                             .start_ns = int_or_none(row, 5),
                             .dur_ns = int_or_none(row, 6)};
        if (def) { /* else the trace is damaged */
            op.sequence = def->sequence;
            op.name = def->name;
            op.path = def->path;
            op.phase = def->phase;
            TRY_OUT(array_room(&step->ops, &step->ops_room, step->ops_count, sizeof op));
            step->ops[step->ops_count++] = op;
        }
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

struct place {
    int64_t start_ns; /* of the operator whose kernel does the work */
    int64_t sequence, op_id;
    int op;
};

static int in_order(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return x->op_id < y->op_id ? -1 : x->op_id > y->op_id;
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
    struct step_op *sorted = NULL;
    enum status status;
    bool moved = false;

    TRY_OUT(make_ids(step, &ids));
    TRY_OUT(array_make(&places, step->ops_count, sizeof *places));
    for (int i = 0; i < step->ops_count; i++)
        places[i] = (struct place){step->ops[host_of(step, ids, i)].start_ns, step->ops[i].sequence, step->ops[i].op_id, i};
    sort(places, step->ops_count, sizeof *places, in_order);
    for (int i = 0; i < step->ops_count; i++)
        moved = moved || places[i].op != i;
    if (!moved)
        goto out;
    TRY_OUT(array_make(&sorted, step->ops_count, sizeof *sorted));
    for (int i = 0; i < step->ops_count; i++)
        sorted[i] = step->ops[places[i].op];
    memcpy(step->ops, sorted, (size_t)step->ops_count * sizeof *sorted);
out:
    free(ids);
    free(places);
    free(sorted);
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
                                              const struct step_id *ids, const struct conversion_def *def)
{
    struct step_conversion c = {
        .conversion_id = int_or_none(row, 0),
        .conversion_def_id = def->id,
        .op_id = int_or_none(row, 2),
        .source = def->source,
        .dest = def->dest,
        .start_ns = int_or_none(row, 3),
        .dur_ns = int_or_none(row, 4),
        .exposed_ns = -1,
        .bytes = def->bytes,
        .kernel_id = int_or_none(row, 5),
        .stream = stream_of_kernel(self, int_or_none(row, 6)),
        .cause = def->cause,
        .from = def->from,
        .to = def->to,
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
        "SELECT c.conversion_id, c.conversion_def_id, c.op_id, c.start_ns, c.dur_ns, c.kernel_id, k.kernel_def_id"
        " FROM conversion c LEFT JOIN kernel k ON k.kernel_id = c.kernel_id WHERE c.step_id IS ?1"
        " AND (+c.op_id BETWEEN ?2 AND ?3 OR (+c.op_id IS NULL AND +c.conversion_id BETWEEN ?4 AND ?5))";
    struct step *step = &self->step;
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    bind_step(self, row, self->now->ops);
    trace_bind_int(row, 4, self->now->conversions.first);
    trace_bind_int(row, 5, self->now->conversions.last);
    TRY_OUT(trace_step(row, &more));
    for (step->conversions_count = 0; more;) {
        const struct conversion_def *def = definition_of_conversion(self, int_or_none(row, 1));
        if (def && def->moves) {
            TRY_OUT(array_room(&step->conversions, &step->conversions_room, step->conversions_count,
                               sizeof *step->conversions));
            step->conversions[step->conversions_count++] = read_conversion(self, row, ids, def);
        }
        TRY_OUT(trace_step(row, &more));
    }
    sort(step->conversions, step->conversions_count, sizeof *step->conversions, conversions_in_order);
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
