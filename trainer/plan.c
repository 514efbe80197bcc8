/* Making calls of nodes, preparing them, running them. Memory: place.c. Declaring them to an observer: declare.c. */
#include "trainer/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trainer/place.h"

/* The value that the node's kernel takes at an input position: a converted one, a fused one, or its own. */
static int input_value(const struct graph *graph, const struct node *node, int position)
{
    for (int c = 0; c < node->conversions; c++) {
        const struct node_conversion *conversion = &node->conversion[c];
        if (conversion->position == position && conversion->dest >= 0 && conversion->dest != node->out[0])
            return conversion->dest;
    }
    int value = node->extra_in[position] >= 0 ? node->extra_in[position] : node->in[position];
    return graph_stand_in(graph, value);
}

static void link_tensors(struct plan_call *call, const struct graph *graph)
{
    for (int i = 0; i < OP_MAX_IN; i++) {
        call->call.in[i] = NULL;
        if (call->in_value[i] < 0)
            continue;
        call->in[i] = graph->value[call->in_value[i]].tensor;
        call->call.in[i] = &call->in[i];
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        call->call.out[i] = NULL;
        if (call->out_value[i] < 0)
            continue;
        call->out[i] = graph->value[call->out_value[i]].tensor;
        call->call.out[i] = &call->out[i];
    }
}

static struct plan_call *new_call(struct plan_call *call, enum op_id op, int node, int conversion)
{
    memset(call, 0, sizeof *call);
    call->call.op = op;
    call->node = node;
    call->conversion = conversion;
    for (int i = 0; i < OP_MAX_IN; i++)
        call->in_value[i] = -1;
    for (int i = 0; i < OP_MAX_OUT; i++)
        call->out_value[i] = -1;
    return call;
}

int plan_calls_of(const struct graph *graph, int number, struct plan_call *calls)
{
    const struct node *node = &graph->node[number];
    int count = 0;
    for (int c = 0; c < node->conversions; c++) {
        const struct node_conversion *conversion = &node->conversion[c];
        if (conversion->dest < 0 || conversion->dest == node->out[0])
            continue;
        struct plan_call *copy = new_call(&calls[count++], OP_COPY, number, c);
        copy->in_value[0] = graph_stand_in(graph, conversion->source);
        copy->out_value[0] = conversion->dest;
    }
    struct plan_call *call = new_call(&calls[count++], node->op, number, -1);
    call->call.attrs = node->attrs;
    for (int i = 0; i < OP_MAX_IN; i++)
        call->in_value[i] = input_value(graph, node, i);
    for (int i = 0; i < OP_MAX_OUT; i++)
        call->out_value[i] = graph_stand_in(graph, node->out[i]);
    for (int i = 0; i < count; i++)
        link_tensors(&calls[i], graph);
    return count;
}

/* Views have a place in the order and a row in the trace, but nothing to run. */
static bool is_view(const struct plan_call *call)
{
    return op_flags(call->call.op) & OP_ALIAS;
}

/*
 * A copy that is no layout conversion although strides change (a slice gathered, a 5-D view permuted within one format)
 * must not be called one: the back end sees only the two tensors.
 */
static void name_copy(const struct plan *plan, struct plan_call *call)
{
    const struct node *node = &plan->graph->node[call->node];
    struct kernel_info *kernel = &call->prepared->kernel[0];
    bool own = call->conversion < 0, converts = false;
    if ((call->call.op != OP_COPY && call->call.op != OP_CLONE) || kernel->role != ROLE_CONVERSION)
        return;
    for (int c = 0; own && c < node->conversions; c++)
        converts |= node->conversion[c].dest == node->out[0];
    if (!own)
        converts = !node->conversion[call->conversion].copy;
    if (!converts)
        kernel->role = call->in[0].dtype == call->out[0].dtype ? ROLE_COPY : ROLE_CAST;
}

static enum status make_calls(struct plan *plan)
{
    const struct graph *graph = plan->graph;
    int most = 0;
    for (int i = 0; i < graph->nodes; i++)
        most += 1 + graph->node[i].conversions;
    plan->call = calloc((size_t)most, sizeof *plan->call);
    if (!plan->call)
        return FAIL(NO_MEMORY, "no memory for %d calls", most);
    for (int i = 0; i < graph->orders; i++) {
        if (graph->node[graph->order[i]].fused_into < 0)
            plan->calls += plan_calls_of(graph, graph->order[i], &plan->call[plan->calls]);
    }
    for (int i = 0; i < plan->calls; i++) {
        struct plan_call *call = &plan->call[i];
        if (is_view(call))
            continue;
        TRY(backend_prepare(plan->backend, plan->device, &call->call, &call->prepared));
        name_copy(plan, call);
        if (call->prepared->scratch_bytes > plan->scratch_bytes)
            plan->scratch_bytes = call->prepared->scratch_bytes;
    }
    return STATUS_OK;
}

enum status plan_create(struct graph *graph, const struct backend *backend, struct device *device,
                        void *const *outside, struct plan *out)
{
    memset(out, 0, sizeof *out);
    out->graph = graph;
    out->backend = backend;
    out->device = device;
    enum status status;
    TRY_OUT(make_calls(out));
    TRY_OUT(place_values(out, outside));
    return STATUS_OK;
out:
    plan_release(out);
    return status;
}

void plan_release(struct plan *plan)
{
    for (int i = 0; i < plan->calls; i++) {
        if (plan->call[i].prepared)
            plan->call[i].prepared->destroy(plan->call[i].prepared);
        free(plan->call[i].kernel_number);
    }
    free(plan->call);
    free(plan->op_number);
    for (int i = 0; i < PLAN_MOST_GRAPHS; i++) {
        if (plan->kept[i].graph)
            plan->backend->graph_destroy(plan->device, plan->kept[i].graph);
    }
    if (plan->arena)
        plan->backend->free(plan->device, plan->arena);
    memset(plan, 0, sizeof *plan);
}

static enum status run_call(struct plan *plan, struct plan_call *call, int pass, const struct observer *observer)
{
    struct run_context context = {plan->device, (char *)plan->arena + plan->arena_bytes, observer,
                                  observer ? call->kernel_number + pass * call->prepared->kernels : NULL};
    return call->prepared->run(call->prepared, &context);
}

static enum status run_calls(struct plan *plan, unsigned phases, const struct observer *observer)
{
    int64_t start = 0;
    bool open = false;
    for (int i = 0; i < plan->calls; i++) {
        struct plan_call *call = &plan->call[i];
        const struct node *node = &plan->graph->node[call->node];
        if (!(phases & (1u << node->phase)))
            continue;
        int pass = node->phase == PHASE_OPTIMIZER ? 0 : plan->pass;
        if (observer && !open)
            start = clock_ns();
        open = call->conversion >= 0;
        if (!is_view(call))
            TRY(run_call(plan, call, pass, observer));
        if (observer && !open)
            observer->op(observer->self, plan->op_number[pass * plan->graph->nodes + call->node], start, clock_ns());
    }
    return STATUS_OK;
}

enum status plan_visit_calls(struct plan *plan, plan_visit *visit, void *self)
{
    for (int i = 0; i < plan->calls; i++) {
        struct run_context context = {plan->device, (char *)plan->arena + plan->arena_bytes, NULL, NULL};
        if (!is_view(&plan->call[i]))
            TRY(visit(self, &plan->call[i], i, &context));
    }
    return STATUS_OK;
}

static struct plan_graph *graph_of(struct plan *plan, unsigned phases)
{
    for (int i = 0; i < PLAN_MOST_GRAPHS; i++) {
        if (plan->kept[i].phases == phases)
            return &plan->kept[i];
        if (plan->kept[i].phases != 0)
            continue;
        plan->kept[i].phases = phases;
        return &plan->kept[i];
    }
    return NULL;
}

/* What was captured has not run yet. A device that can't keep these calls says so once, and they run one by one. */
static enum status capture(struct plan *plan, struct plan_graph *kept)
{
    TRY(plan->backend->capture_begin(plan->device));
    enum status ran = run_calls(plan, kept->phases, NULL), ended = plan->backend->capture_end(plan->device, &kept->graph);
    if (ran == STATUS_OK && ended == STATUS_OK)
        return STATUS_OK;
    kept->refused = true;
    log_warn("trainer", "this step can't be kept as a graph, its kernels are launched one by one: %s", status_message());
    return STATUS_OK;
}

enum status plan_run(struct plan *plan, unsigned phases, const struct observer *observer)
{
    struct plan_graph *kept = plan->keep_graphs && !observer && plan->backend->capture_begin ? graph_of(plan, phases) : NULL;
    if (!kept || kept->refused)
        return run_calls(plan, phases, observer);
    if (!kept->seen) {
        kept->seen = true;
        return run_calls(plan, phases, NULL);
    }
    if (!kept->graph)
        TRY(capture(plan, kept));
    return kept->refused ? run_calls(plan, phases, NULL) : plan->backend->graph_launch(plan->device, kept->graph);
}
