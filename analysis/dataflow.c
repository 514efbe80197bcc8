/* Pass: the flow graph of a step, from the operators' tensors and the conversions' ends. */
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"

/* One row of op_tensor_def, and the two ends of conversions, by tensor number. */
struct tensor_row {
    int64_t tensor; /* -1: an input out of channels_last of which the trace does not tell which tensor it is */
    int op, position;
    bool out, persistent, deep;
    enum order order;
};

struct builder {
    struct flow *flow;
    const struct step *step;
    struct tensor_row *rows;
    int rows_count, rows_room;
    int64_t *tensors; /* distinct numbers, ascending */
    int tensors_count;
    int *current; /* newest version, by index of tensors; -1 = none yet */
};

static int rows_in_order(const void *a, const void *b)
{
    const struct tensor_row *x = a, *y = b;
    if (x->op != y->op)
        return x->op - y->op;
    if (x->out != y->out)
        return x->out - y->out;
    return x->position - y->position;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static enum status read_row(struct builder *self, sqlite3_stmt *row, const struct step_id *ids)
{
    const char *direction = (const char *)sqlite3_column_text(row, 1);
    struct tensor_row tensor = {
        .op = step_find(ids, self->step->ops_count, sqlite3_column_int64(row, 0)),
        .out = direction && strcmp(direction, "out") == 0,
        .position = sqlite3_column_int(row, 2),
        .tensor = sqlite3_column_type(row, 3) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, 3),
        .persistent = sqlite3_column_int(row, 4) != 0,
        .deep = rank_of((const char *)sqlite3_column_text(row, 6)) >= 5,
        .order = order_of((const char *)sqlite3_column_text(row, 5), (const char *)sqlite3_column_text(row, 6)),
    };
    if (tensor.op >= 0)
        ARRAY_ADD(self, rows, tensor);
    return STATUS_OK;
}

static int compare_step_ids(const void *a, const void *b)
{
    return compare_ids(&((const struct step_id *)a)->id, &((const struct step_id *)b)->id);
}

static enum status load_rows(struct analysis *analysis, struct builder *self)
{
    static const char sql[] =
        "SELECT op.op_id, t.direction, t.position, t.tensor, t.persistent, t.memory_format, t.shape FROM op"
        " JOIN op_tensor_def t USING (op_def_id) WHERE op.step_id IS ?1 AND op.level = 0 AND op.op_id BETWEEN ?2 AND ?3"
        " AND (t.tensor IS NOT NULL OR (t.direction = 'in' AND t.memory_format IN ('contiguous', 'strided')))";
    struct step_id *ids = NULL;
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(array_make(&ids, self->step->ops_count, sizeof *ids));
    for (int i = 0; i < self->step->ops_count; i++)
        ids[i] = (struct step_id){self->step->ops[i].op_id, i};
    qsort(ids, (size_t)self->step->ops_count, sizeof *ids, compare_step_ids);
    TRY_OUT(trace_prepare(analysis->db, sql, &row));
    bind_step(analysis, row, analysis->now->ops);
    TRY_OUT(trace_step(row, &more));
    while (more) {
        TRY_OUT(read_row(self, row, ids));
        TRY_OUT(trace_step(row, &more));
    }
    if (self->rows_count > 0)
        qsort(self->rows, (size_t)self->rows_count, sizeof *self->rows, rows_in_order);
out:
    sqlite3_finalize(row);
    free(ids);
    return status;
}

static enum status number_tensors(struct builder *self)
{
    const struct step *step = self->step;
    int count = 0;
    TRY(array_make(&self->tensors, self->rows_count + 2 * step->conversions_count, sizeof *self->tensors));
    for (int i = 0; i < self->rows_count; i++)
        self->tensors[count++] = self->rows[i].tensor;
    for (int i = 0; i < step->conversions_count; i++) {
        self->tensors[count++] = step->conversions[i].source;
        self->tensors[count++] = step->conversions[i].dest;
    }
    qsort(self->tensors, (size_t)count, sizeof *self->tensors, compare_ids);
    for (int i = 0; i < count; i++) {
        if (i == 0 || self->tensors[i] != self->tensors[i - 1])
            self->tensors[self->tensors_count++] = self->tensors[i];
    }
    TRY(array_make(&self->current, self->tensors_count, sizeof *self->current));
    for (int i = 0; i < self->tensors_count; i++)
        self->current[i] = -1;
    return STATUS_OK;
}

static int *current_of(struct builder *self, int64_t tensor)
{
    int64_t *found = bsearch(&tensor, self->tensors, (size_t)self->tensors_count, sizeof tensor, compare_ids);
    return &self->current[found - self->tensors];
}

static enum status add_version(struct builder *self, struct version version, int *number)
{
    *number = self->flow->versions_count;
    ARRAY_ADD(self->flow, versions, version);
    return STATUS_OK;
}

/* The version that an operator finds; one that nobody in the step made when there is none yet, or it is not told. */
static enum status find_version(struct builder *self, int op, const struct tensor_row *row, int *number)
{
    int untold = -1, *current = row->tensor < 0 ? &untold : current_of(self, row->tensor);
    if (*current < 0)
        TRY(add_version(
            self, (struct version){-1, -1, self->step->ops[op].cluster, row->order, row->persistent, row->deep}, current));
    *number = *current;
    return STATUS_OK;
}

static enum status read_tensors(struct builder *self, int op, const struct tensor_row *rows, int count)
{
    int version;
    for (int i = 0; i < count; i++) {
        if (rows[i].out)
            continue;
        TRY(find_version(self, op, &rows[i], &version));
        ARRAY_ADD(self->flow, reads, (struct flow_link){op, version});
    }
    return STATUS_OK;
}

static bool reads_version(const struct flow *flow, int op, int version)
{
    for (int i = flow->reads_count - 1; i >= 0 && flow->reads[i].op == op; i--) {
        if (flow->reads[i].version == version)
            return true;
    }
    return false;
}

/*
 * A host stands before the operators fused into it, also before one whose result it reads: then the version that the
 * host found unmade is the one that is made now.
 */
static bool completes(const struct builder *self, int op, int version)
{
    const struct version *v = version < 0 ? NULL : &self->flow->versions[version];
    return v && v->op < 0 && v->conversion < 0 && !v->persistent && v->cluster == self->step->ops[op].cluster &&
           self->step->ops[op].cluster != op && !reads_version(self->flow, op, version);
}

static enum status write_tensors(struct builder *self, int op, const struct tensor_row *rows, int count)
{
    for (int i = 0; i < count; i++) {
        if (!rows[i].out)
            continue;
        int *current = current_of(self, rows[i].tensor);
        if (completes(self, op, *current))
            self->flow->versions[*current].op = op;
        else
            TRY(add_version(self,
                            (struct version){op, -1, self->step->ops[op].cluster, rows[i].order, rows[i].persistent,
                                             rows[i].deep},
                            current));
        ARRAY_ADD(self->flow, writes, (struct flow_link){op, *current});
    }
    return STATUS_OK;
}

static bool touches(const struct tensor_row *rows, int count, int64_t tensor, bool out)
{
    for (int i = 0; i < count; i++) {
        if (rows[i].out == out && rows[i].tensor == tensor)
            return true;
    }
    return false;
}

/* Before the operator reads: sources are what is there, converted tensors that are no outputs come to be. */
static enum status begin_conversions(struct builder *self, int op, int *next, const struct tensor_row *rows, int count)
{
    const struct step *step = self->step;
    for (; *next < step->conversions_count && step->conversions[*next].op == op; ++*next) {
        const struct step_conversion *c = &step->conversions[*next];
        struct flow_conversion *made = &self->flow->conversion[*next];
        *made = (struct flow_conversion){.source = -1, .dest = -1};
        made->dest_is_output = c->dest >= 0 && touches(rows, count, c->dest, true);
        if (c->source >= 0 && (touches(rows, count, c->source, false) || !touches(rows, count, c->source, true)))
            TRY(find_version(self, op, &(struct tensor_row){.tensor = c->source, .order = c->from}, &made->source));
        if (c->dest < 0 || made->dest_is_output)
            continue;
        int *current = current_of(self, c->dest);
        TRY(add_version(self, (struct version){-1, *next, step->ops[op].cluster, c->to, false, false}, current));
        made->dest = *current;
    }
    return STATUS_OK;
}

static enum status add_op(struct builder *self, int op, const struct tensor_row *rows, int count, int *conversion)
{
    int first = *conversion;
    TRY(begin_conversions(self, op, conversion, rows, count));
    TRY(read_tensors(self, op, rows, count));
    TRY(write_tensors(self, op, rows, count));
    for (int i = first; i < *conversion; i++) {
        if (self->flow->conversion[i].dest_is_output)
            self->flow->conversion[i].dest = *current_of(self, self->step->conversions[i].dest);
    }
    return STATUS_OK;
}

static enum status build(struct builder *self)
{
    int row = 0, conversion = 0;
    for (int op = 0; op < self->step->ops_count; op++) {
        int first = row;
        while (row < self->rows_count && self->rows[row].op == op)
            row++;
        TRY(add_op(self, op, self->rows + first, row - first, &conversion));
    }
    /* Conversions under no operator have no place in the dataflow. */
    for (; conversion < self->step->conversions_count; conversion++)
        self->flow->conversion[conversion] = (struct flow_conversion){.source = -1, .dest = -1};
    return STATUS_OK;
}

/* Operators between a copy (of a channel shuffle, of a reshape) and the view that autograd names, either way. */
#define COPY_REACH 8

static bool is_forward_copy(const struct analysis *self, int op)
{
    return op >= 0 && op < self->step.ops_count && self->step.ops[op].phase == PHASE_FORWARD &&
           self->step.ops[op].name == self->flow.clone;
}

/*
 * The copy of the forward pass: in the same module, or, where modules are not told, beside the view. Its own backward is a
 * view, so autograd ties the copy there to that.
 */
static int forward_copy(const struct analysis *self, int op)
{
    const struct step *step = &self->step;
    int view = step->ops[op].forward;
    for (int i = op - 1; i >= 0 && step->ops[op].path >= 0; i--) {
        if (step->ops[i].path == step->ops[op].path && is_forward_copy(self, i))
            return i;
    }
    for (int distance = 1; distance <= COPY_REACH && view != op && step->ops[op].path < 0; distance++) {
        if (is_forward_copy(self, view + distance))
            return view + distance;
        if (is_forward_copy(self, view - distance))
            return view - distance;
    }
    return view;
}

static void find_breakers(struct analysis *self)
{
    for (int op = 0; op < self->step.ops_count; op++) {
        int word = self->step.ops[op].name;
        int rule = word < self->breaks_count ? self->breaks[word] : -1;
        bool copies = flow_copies_deep(&self->flow, op);
        self->flow.breaks[op] = (signed char)(rule >= 0 ? rule : copies || flow_breaks(&self->flow, op));
        bool of_view = word == self->flow.clone && self->step.ops[op].forward != op;
        if ((copies || of_view) && self->step.ops[op].phase == PHASE_BACKWARD)
            self->step.ops[op].forward = forward_copy(self, op);
    }
}

enum status pass_dataflow(struct analysis *self)
{
    struct builder builder = {.flow = &self->flow, .step = &self->step};
    enum status status = STATUS_OK;

    if (!self->pattern_is_new)
        return STATUS_OK;
    flow_release(&self->flow);
    self->flow.step = &self->step;
    TRY_OUT(intern_add(&self->words, "aten::clone", &self->flow.clone));
    TRY_OUT(array_make(&self->flow.conversion, self->step.conversions_count, sizeof *self->flow.conversion));
    TRY_OUT(load_rows(self, &builder));
    TRY_OUT(number_tensors(&builder));
    TRY_OUT(build(&builder));
    TRY_OUT(flow_index(&self->flow));
    find_breakers(self);
out:
    free(builder.rows);
    free(builder.tensors);
    free(builder.current);
    return status;
}
