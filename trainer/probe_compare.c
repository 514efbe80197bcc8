/* What there is to compare at a node. */
#include <stdlib.h>
#include <string.h>

#include "trainer/probe_int.h"

static bool same_tensor(const struct tensor *a, const struct tensor *b)
{
    if (!a || !b)
        return a == b;
    return a->dtype == b->dtype && a->dims == b->dims &&
           memcmp(a->size, b->size, (size_t)a->dims * sizeof *a->size) == 0 &&
           memcmp(a->stride, b->stride, (size_t)a->dims * sizeof *a->stride) == 0;
}

static bool same_call(const struct op_call *a, const struct op_call *b)
{
    if (a->op != b->op || memcmp(&a->attrs, &b->attrs, sizeof a->attrs) != 0)
        return false;
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (!same_tensor(a->in[i], b->in[i]))
            return false;
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (!same_tensor(a->out[i], b->out[i]))
            return false;
    }
    return true;
}

static bool same_side(const struct probe_side *a, const struct probe_side *b)
{
    if (a->wanted != b->wanted || a->calls != b->calls || a->backend != b->backend)
        return false;
    for (int i = 0; i < a->calls; i++) {
        if (!same_call(&a->call[i].call, &b->call[i].call))
            return false;
    }
    return true;
}

bool probe_same_case(const struct probe_case *a, const struct probe_case *b)
{
    for (int v = 0; v < PROBE_VARIANTS; v++) {
        if (!same_side(&a->side[v], &b->side[v]))
            return false;
    }
    return a->penalty == b->penalty;
}

/* A call points at its own tensors: again after it was moved. */
static void relink(struct plan_call *call)
{
    for (int i = 0; i < OP_MAX_IN; i++)
        call->call.in[i] = call->call.in[i] ? &call->in[i] : NULL;
    for (int i = 0; i < OP_MAX_OUT; i++)
        call->call.out[i] = call->call.out[i] ? &call->out[i] : NULL;
}

/* The node's own work is a conversion: of the batch, or one that the model asked for. */
static bool is_conversion(const struct node *node)
{
    for (int c = 0; c < node->conversions; c++) {
        if (node->conversion[c].dest >= 0 && node->conversion[c].dest == node->out[0])
            return true;
    }
    return false;
}

/* Whether the other graph brings the same tensor at that position into the same form. */
static bool brings_alike(const struct graph *graph, const struct node_conversion *made, const struct graph *other,
                         const struct node *node)
{
    for (int c = 0; c < node->conversions; c++) {
        const struct node_conversion *theirs = &node->conversion[c];
        if (theirs->position == made->position && theirs->dest >= 0 &&
            same_tensor(&graph->value[made->source].tensor, &other->value[theirs->source].tensor) &&
            same_tensor(&graph->value[made->dest].tensor, &other->value[theirs->dest].tensor))
            return true;
    }
    return false;
}

/*
 * The node's own call, and before it what layouts put there that the graph `except` (PROBE_GRAPHS: nothing) has not got, too:
 * `copies` alone, which gather a slice in its order and have no price in the trace, or conversions as well.
 */
static void take(struct probe_side *side, const struct probe_graphs *graphs, enum probe_graph which,
                 const struct backend *backend, int number, enum probe_graph except, bool copies)
{
    const struct node *there = except == PROBE_GRAPHS ? NULL : &graphs->graph[except]->node[number + graphs->shift[except]];
    const struct graph *graph = graphs->graph[which];
    const struct node *node = &graph->node[number + graphs->shift[which]];

    number += graphs->shift[which];
    side->wanted = true;
    side->graph = graph;
    side->backend = backend;
    side->calls = 0;
    if (!graphs->runs[which][number] || node->fused_into >= 0 || op_flags(node->op) & OP_ALIAS)
        return;
    int calls = plan_calls_of(graph, number, side->call);
    for (int i = 0; i < calls; i++) {
        const struct plan_call *call = &side->call[i];
        const struct node_conversion *made = call->conversion < 0 ? NULL : &node->conversion[call->conversion];
        if (made && (!there || (copies && !made->copy) || brings_alike(graph, made, graphs->graph[except], there)))
            continue;
        side->call[side->calls] = *call;
        relink(&side->call[side->calls++]);
    }
}

static void drop(struct probe_side *side)
{
    side->wanted = false;
    side->calls = 0;
}

static bool has_image(const struct probe_side *side)
{
    for (int i = 0; i < side->calls; i++) {
        for (int t = 0; t < OP_MAX_IN; t++) {
            if (side->call[i].call.in[t] && side->call[i].in[t].dims >= 4)
                return true;
        }
    }
    return false;
}

static double guess_seconds(const struct probe_case *one)
{
    double seconds = 0;
    for (int v = 0; v <= PROBE_CHANNELS_LAST; v++) {
        for (int i = 0; i < one->side[v].calls; i++) {
            const struct op_call *call = &one->side[v].call[i].call;
            double own = (double)(op_bytes_read(call) + op_bytes_written(call)) / 5e9 + (double)op_flops(call) / 5e10;
            seconds = own > seconds ? own : seconds;
        }
    }
    return seconds;
}

/* The two other sides, of operators that run a kernel of their own in channels_last and nothing besides. */
static void compare_kernels(const struct probe_graphs *graphs, int number, struct probe_case *out)
{
    struct probe_side *kept = &out->side[PROBE_CHANNELS_LAST], *other = &out->side[PROBE_CONTIGUOUS];
    const struct backend *blocked = strcmp(kept->backend->name, "cpu") == 0 ? backend_find("cpu-blocked") : NULL;

    if (kept->calls != 1 || kept->call[0].call.op == OP_COPY || kept->call[0].call.op == OP_CLONE)
        return;
    take(other, graphs, GRAPH_CONTIGUOUS, kept->backend, number, PROBE_GRAPHS, false);
    if (other->calls != 1 || same_call(&other->call[0].call, &kept->call[0].call)) {
        drop(other);
        return;
    }
    if (blocked && (other->call[0].call.op == OP_CONVOLUTION || other->call[0].call.op == OP_CONVOLUTION_BACKWARD))
        take(&out->side[PROBE_BLOCKED], graphs, GRAPH_CONTIGUOUS, blocked, number, PROBE_GRAPHS, false);
}

bool probe_compare(const struct probe_graphs *graphs, const struct backend *backend, int number, struct probe_case *out)
{
    const struct node *ran = &graphs->graph[GRAPH_RAN]->node[number];
    const struct node *kept = &graphs->graph[GRAPH_KEPT]->node[number + graphs->shift[GRAPH_KEPT]];
    struct probe_side *as_run = &out->side[PROBE_AS_RUN], *channels_last = &out->side[PROBE_CHANNELS_LAST];

    if (ran->phase == PHASE_DATA || ran->phase == PHASE_OPTIMIZER)
        return false;
    take(as_run, graphs, GRAPH_RAN, backend, number, GRAPH_KEPT, true);
    take(channels_last, graphs, GRAPH_KEPT, backend, number, GRAPH_RAN, false);
    if (!has_image(as_run) && !has_image(channels_last))
        return false;
    if (is_conversion(ran))
        as_run->calls = 0;
    if (is_conversion(ran) && is_conversion(kept))
        return false;
    out->penalty = !same_side(as_run, channels_last);
    compare_kernels(graphs, number, out);
    out->same_as_run = -1;
    if (!out->penalty)
        drop(as_run);
    else if (out->side[PROBE_CONTIGUOUS].wanted && as_run->calls == 1 &&
             same_call(&as_run->call[0].call, &out->side[PROBE_CONTIGUOUS].call[0].call))
        out->same_as_run = PROBE_CONTIGUOUS;
    out->weight = guess_seconds(out);
    return out->penalty || out->side[PROBE_CONTIGUOUS].wanted;
}

void probe_case_free(struct probe_case *one)
{
    if (one)
        free(one->instances);
    free(one);
}
