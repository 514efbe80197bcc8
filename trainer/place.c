/* Greedy-by-size placement of values in the arena. */
#include "trainer/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

struct block {
    int value;
    int first, last; /* calls between which it must hold */
    size_t bytes, offset;
};

struct placement {
    struct plan *plan;
    void *const *outside;
    int *first, *last; /* by value that owns memory; first = -1: untouched */
    struct block *block;
    int blocks;
};

static void touch(struct placement *self, int value, int call)
{
    if (value < 0)
        return;
    int owner = graph_memory_of(self->plan->graph, value);
    if (self->first[owner] < 0)
        self->first[owner] = call;
    self->last[owner] = call;
}

static void find_lifetimes(struct placement *self)
{
    const struct plan *plan = self->plan;
    for (int v = 0; v < plan->graph->values; v++)
        self->first[v] = self->last[v] = -1;
    for (int c = 0; c < plan->calls; c++) {
        for (int i = 0; i < OP_MAX_IN; i++)
            touch(self, plan->call[c].in_value[i], c);
        for (int i = 0; i < OP_MAX_OUT; i++)
            touch(self, plan->call[c].out_value[i], c);
    }
    /* What the loop reads after the step. */
    int kept[] = {plan->graph->loss, plan->graph->logits};
    for (int i = 0; i < 2; i++) {
        if (kept[i] >= 0)
            touch(self, kept[i], plan->calls);
    }
}

static bool is_outside(const struct placement *self, int value)
{
    return self->outside && self->outside[value];
}

static void make_blocks(struct placement *self)
{
    const struct graph *graph = self->plan->graph;
    for (int v = 0; v < graph->values; v++) {
        if (self->first[v] < 0 || is_outside(self, v))
            continue;
        size_t bytes = ((size_t)tensor_span_bytes(&graph->value[v].tensor) + 63) / 64 * 64;
        self->block[self->blocks++] = (struct block){v, self->first[v], self->last[v], bytes ? bytes : 64, 0};
    }
}

static int by_size(const void *a, const void *b)
{
    const struct block *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->value - y->value;
}

static int by_offset(const void *a, const void *b)
{
    const struct block *x = *(const struct block *const *)a, *y = *(const struct block *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Lowest offset at which the block fits between the placed ones that are alive with it. */
static size_t lowest_fit(const struct block *block, struct block **alive, int count)
{
    size_t offset = 0;
    qsort(alive, (size_t)count, sizeof *alive, by_offset);
    for (int i = 0; i < count; i++) {
        if (alive[i]->offset >= offset + block->bytes)
            break;
        size_t end = alive[i]->offset + alive[i]->bytes;
        offset = end > offset ? end : offset;
    }
    return offset;
}

static enum status find_offsets(struct placement *self)
{
    struct block **alive = malloc((size_t)(self->blocks + 1) * sizeof *alive);
    if (!alive)
        return FAIL(NO_MEMORY, "no memory for placing %d values", self->blocks);
    qsort(self->block, (size_t)self->blocks, sizeof *self->block, by_size);
    for (int b = 0; b < self->blocks; b++) {
        struct block *block = &self->block[b];
        int count = 0;
        for (int p = 0; p < b; p++) {
            if (self->block[p].first <= block->last && block->first <= self->block[p].last)
                alive[count++] = &self->block[p];
        }
        block->offset = lowest_fit(block, alive, count);
        if (block->offset + block->bytes > self->plan->arena_bytes)
            self->plan->arena_bytes = block->offset + block->bytes;
    }
    free(alive);
    return STATUS_OK;
}

static void *memory_at(const struct graph *graph, int value)
{
    return (char *)graph->value[graph_memory_of(graph, value)].tensor.data + graph_memory_offset(graph, value);
}

/* The call that asks for the most scratch; NULL when none asks for any. */
static const struct plan_call *greediest(const struct plan *plan)
{
    const struct plan_call *found = NULL;
    for (int c = 0; c < plan->calls; c++) {
        const struct op_prepared *prepared = plan->call[c].prepared;
        if (prepared && prepared->scratch_bytes > 0 && prepared->scratch_bytes == plan->scratch_bytes && !found)
            found = &plan->call[c];
    }
    return found;
}

/* The block at the arena's end: without it, less would do. */
static const struct block *topmost(const struct placement *self)
{
    const struct block *found = NULL;
    for (int b = 0; b < self->blocks; b++) {
        if (self->block[b].offset + self->block[b].bytes == self->plan->arena_bytes && !found)
            found = &self->block[b];
    }
    return found;
}

static const char *module_path(const struct graph *graph, const struct node *node)
{
    return node->module >= 0 && graph->module[node->module].path[0] ? graph->module[node->module].path : "the model";
}

/* What the arena is for, for the line that says there is no memory for it. */
static void describe_arena(const struct placement *self, struct strbuf *text)
{
    const struct plan *plan = self->plan;
    const struct block *top = topmost(self);
    const struct plan_call *call = top && top->first >= 0 && top->first < plan->calls ? &plan->call[top->first] : NULL;
    const struct plan_call *scratch = greediest(plan);

    strbuf_printf(text, "activations (%zu MB", plan->arena_bytes >> 20);
    if (call)
        strbuf_printf(text, ", at their most at %s of %s", op_name(call->call.op), module_path(plan->graph, &plan->graph->node[call->node]));
    strbuf_printf(text, ") and scratch (%zu MB", plan->scratch_bytes >> 20);
    if (scratch)
        strbuf_printf(text, ", the most for %s of %s", op_name(scratch->call.op),
                      module_path(plan->graph, &plan->graph->node[scratch->node]));
    strbuf_append(text, ")");
}

static enum status make_arena(struct placement *self)
{
    struct plan *plan = self->plan;
    struct strbuf what;

    strbuf_init(&what);
    describe_arena(self, &what);
    plan->arena = plan->backend->alloc(plan->device, plan->arena_bytes + plan->scratch_bytes + 64, what.text);
    strbuf_release(&what);
    return plan->arena ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status set_data(struct placement *self)
{
    struct plan *plan = self->plan;
    struct graph *graph = plan->graph;
    TRY(make_arena(self));
    for (int b = 0; b < self->blocks; b++)
        graph->value[self->block[b].value].tensor.data = (char *)plan->arena + self->block[b].offset;
    for (int v = 0; v < graph->values; v++) {
        if (is_outside(self, v))
            graph->value[v].tensor.data = self->outside[v];
    }
    for (int c = 0; c < plan->calls; c++) {
        struct plan_call *call = &plan->call[c];
        for (int i = 0; i < OP_MAX_IN; i++) {
            if (call->in_value[i] >= 0)
                call->in[i].data = memory_at(graph, call->in_value[i]);
        }
        for (int i = 0; i < OP_MAX_OUT; i++) {
            if (call->out_value[i] >= 0)
                call->out[i].data = memory_at(graph, call->out_value[i]);
        }
    }
    return STATUS_OK;
}

enum status place_values(struct plan *plan, void *const *outside)
{
    size_t values = (size_t)plan->graph->values;
    struct placement self = {plan, outside, malloc(values * sizeof(int)), malloc(values * sizeof(int)),
                             malloc(values * sizeof(struct block)), 0};
    enum status status = STATUS_OK;
    if (!self.first || !self.last || !self.block) {
        status = FAIL(NO_MEMORY, "no memory for the lifetimes of %zu values", values);
        goto out;
    }
    find_lifetimes(&self);
    make_blocks(&self);
    TRY_OUT(find_offsets(&self));
    TRY_OUT(set_data(&self));
out:
    free(self.first);
    free(self.last);
    free(self.block);
    return status;
}
