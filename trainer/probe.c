/* The graphs, the list of comparisons, their share of the time. */
#include "trainer/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "trainer/probe_int.h"
#include "trainer/session_int.h"

const char *probe_variant_name(enum probe_variant variant)
{
    static const char *const names[PROBE_VARIANTS] = {"as_run", "channels_last", "contiguous", "blocked"};
    return names[variant];
}

struct cases {
    struct probe_case **list;
    int list_count, list_room;
};

/* Nodes that the batch's way into the model takes in channels_last, and in contiguous not. */
static int entry_nodes(const struct graph *graph)
{
    int nodes = 0;
    while (nodes < graph->nodes && graph->node[nodes].phase == PHASE_DATA)
        nodes++;
    return nodes;
}

/* Which nodes run, and by how much the nodes are shifted against those that ran: all behind the batch's way must be the same. */
static enum status line_up(struct probe_graphs *graphs, enum probe_graph which)
{
    const struct graph *ran = graphs->graph[GRAPH_RAN], *other = graphs->graph[which];
    int shift = entry_nodes(other) - entry_nodes(ran);

    TRY(array_make(&graphs->runs[which], other->nodes, sizeof(bool)));
    for (int i = 0; i < other->orders; i++)
        graphs->runs[which][other->order[i]] = true;
    for (int n = entry_nodes(ran); n < ran->nodes; n++) {
        int m = n + shift;
        bool views = m < other->nodes && op_flags(other->node[m].op) & op_flags(ran->node[n].op) & OP_ALIAS;
        if (m >= other->nodes || (other->node[m].op != ran->node[n].op && !views) || other->node[m].phase != ran->node[n].phase)
            return FAIL(UNSUPPORTED, "node %d of the step (%s) has no counterpart in another memory format", n,
                        op_name(ran->node[n].op));
    }
    graphs->shift[which] = shift;
    return STATUS_OK;
}

static enum status make_graph(struct probe_graphs *graphs, enum probe_graph which, const struct session_config *config)
{
    graphs->graph[which] = &graphs->made[which];
    return session_build(config, true, &graphs->made[which]);
}

/* The same model with everything in channels_last. */
static struct session_config kept_config(const struct probe_config *config)
{
    struct session_config made = config->session->config;
    int fixes = made.layout.format == FORMAT_CONTIGUOUS ? 0 : -1;

    made.layout = (struct layout_plan){.format = FORMAT_CHANNELS_LAST, .fixed = config->native, .fixes = fixes};
    return made;
}

static enum status make_graphs(const struct probe_config *config, struct probe_graphs *out)
{
    struct session_config made = kept_config(config);

    out->graph[GRAPH_RAN] = &config->session->train.graph;
    TRY(make_graph(out, GRAPH_KEPT, &made));
    made.layout = (struct layout_plan){.format = FORMAT_CONTIGUOUS, .fixed = config->native, .fixes = -1};
    TRY(make_graph(out, GRAPH_CONTIGUOUS, &made));
    for (int which = 0; which < PROBE_GRAPHS; which++)
        TRY(line_up(out, (enum probe_graph)which));
    return STATUS_OK;
}

static enum status add_instance(struct probe_case *one, const struct probe_instance *instance)
{
    ARRAY_ADD(one, instances, *instance);
    return STATUS_OK;
}

/* Where the calls of a case that was just made stand. */
static struct probe_instance instance_of(const struct probe_graphs *graphs, const struct probe_case *one, int node, int op)
{
    struct probe_instance made = {.op = op, .node = {node, node + graphs->shift[GRAPH_KEPT]}};
    for (int side = 0; side < PROBE_PENALTY_SIDES; side++) {
        made.calls[side] = one->side[side].calls;
        for (int i = 0; i < made.calls[side]; i++)
            made.conversion[side][i] = (int8_t)one->side[side].call[i].conversion;
    }
    return made;
}

/* Takes the case, or counts it with an equal one. */
static enum status add_case(struct cases *cases, struct probe_case *one, const struct probe_instance *instance)
{
    for (int i = 0; i < cases->list_count; i++) {
        if (probe_same_case(cases->list[i], one)) {
            probe_case_free(one);
            return add_instance(cases->list[i], instance);
        }
    }
    ARRAY_ADD(cases, list, one);
    return add_instance(one, instance);
}

static enum status collect(const struct probe_config *config, const struct probe_graphs *graphs, struct cases *cases)
{
    const struct plan *plan = &config->session->train.plan;

    for (int n = entry_nodes(graphs->graph[GRAPH_RAN]); n < graphs->graph[GRAPH_RAN]->nodes; n++) {
        struct probe_case *one = calloc(1, sizeof *one);
        if (!one)
            return FAIL(NO_MEMORY, "no memory for what node %d is compared with", n);
        if (!probe_compare(graphs, plan->backend, n, one) || plan->op_number[n] < 0) {
            probe_case_free(one);
            continue;
        }
        const struct probe_instance instance = instance_of(graphs, one, n, plan->op_number[n]);
        TRY(add_case(cases, one, &instance));
    }
    return STATUS_OK;
}

static double weight_of(const struct probe_case *one)
{
    return one->weight * one->instances_count;
}

static int by_weight(const void *a, const void *b)
{
    const struct probe_case *x = *(struct probe_case *const *)a, *y = *(struct probe_case *const *)b;
    if (x->penalty != y->penalty)
        return x->penalty ? -1 : 1;
    return weight_of(x) < weight_of(y) ? 1 : weight_of(x) > weight_of(y) ? -1 : x->instances[0].op - y->instances[0].op;
}

static int count_penalties(const struct cases *cases)
{
    int count = 0;
    while (count < cases->list_count && cases->list[count]->penalty)
        count++;
    return count;
}

/* Penalties, which come first in the list, within whole steps; they get half of the time, or what they need. */
static enum status measure_in_steps(const struct probe_config *config, const struct cases *cases, const struct probe_sink *sink,
                                    struct probe_result *out)
{
    const struct session_config kept_as = kept_config(config);
    struct session *kept = NULL;
    int count = count_penalties(cases);
    enum status status;

    TRY_OUT(probe_steps_open(&kept_as, config->session, &kept));
    TRY_OUT(probe_steps(config->session, kept, config->seconds / 2, cases->list, count, sink));
    out->measured = count;
out:
    session_destroy(kept);
    return status;
}

/*
 * The others run by themselves. What ran in another way than channels_last comes first, and is measured to the end: a penalty of which a
 * part is missing is none. Each comparison gets its share of the time that is left, by its weight; when twice the time is over, what must
 * still be measured gets no more than it needs.
 */
static enum status measure_alone(const struct probe_config *config, const struct cases *cases, int64_t born,
                                 const struct probe_sweep *sweep, const struct probe_sink *sink, struct probe_result *out)
{
    int first = out->measured;
    double weight = 0;

    for (int i = first; i < cases->list_count; i++)
        weight += weight_of(cases->list[i]);
    for (int i = first; i < cases->list_count; i++) {
        struct probe_case *one = cases->list[i];
        double used = 1e-9 * (double)(clock_ns() - born), left = config->seconds - used;
        int most = used > 2 * config->seconds ? PROBE_LEAST : PROBE_MOST;
        bool done;
        if (left < 0 && !one->penalty)
            break;
        double share = left > 0 && weight > 0 ? left * weight_of(one) / weight : 0;
        TRY(probe_measure(one, config->session->device, sweep, share, most, out->measured + 1, sink, &done));
        out->measured += done;
        weight -= weight_of(one);
    }
    return STATUS_OK;
}

enum status probe_sweep_open(struct probe_sweep *sweep, const struct session *session)
{
    const struct backend *backend = session->config.backend;

    *sweep = (struct probe_sweep){.backend = backend, .device = session->device, .threads = session_threads(session)};
    sweep->bytes = backend->cache_bytes ? 2 * backend->cache_bytes(session->device) : (size_t)sweep->threads * PROBE_SWEEP_BYTES;
    sweep->memory = backend->alloc(session->device, sweep->bytes, "sweeping the caches");
    return sweep->memory ? STATUS_OK : STATUS_NO_MEMORY;
}

void probe_sweep_close(struct probe_sweep *sweep)
{
    if (sweep->memory)
        sweep->backend->free(sweep->device, sweep->memory);
}

enum status probe_run(const struct probe_config *config, const struct probe_sink *sink, struct probe_result *out)
{
    struct probe_graphs graphs = {0};
    struct probe_sweep sweep = {0};
    struct cases cases = {0};
    enum status status;
    bool in_steps = !config->session->config.backend->mark; /* its calls end when they return */

    memset(out, 0, sizeof *out);
    out->cramped = in_steps && !probe_has_room(config->session);
    in_steps = in_steps && !out->cramped;
    for (int which = 0; which < PROBE_GRAPHS; which++)
        graph_init(&graphs.made[which]);
    TRY_OUT(make_graphs(config, &graphs));
    TRY_OUT(collect(config, &graphs, &cases));
    for (int i = 0; i < cases.list_count && !in_steps; i++)
        probe_settle(cases.list[i], config->session->device);
    qsort(cases.list, (size_t)cases.list_count, sizeof *cases.list, by_weight);
    out->wanted = cases.list_count;
    int64_t born = clock_ns();
    if (in_steps && count_penalties(&cases) > 0)
        TRY_OUT(measure_in_steps(config, &cases, sink, out));
    TRY_OUT(probe_sweep_open(&sweep, config->session));
    TRY_OUT(measure_alone(config, &cases, born, &sweep, sink, out));
    out->seconds = 1e-9 * (double)(clock_ns() - born);
out:
    for (int i = 0; i < cases.list_count; i++)
        probe_case_free(cases.list[i]);
    free(cases.list);
    probe_sweep_close(&sweep);
    for (int which = 0; which < PROBE_GRAPHS; which++) {
        graph_release(&graphs.made[which]);
        free(graphs.runs[which]);
    }
    return status;
}
