/* Finding the patterns. A fused-away value is never materialised: it stands in for what the host's kernel really touches. */
#include "trainer/fuse.h"

#include <string.h>

static struct tensor *tensor_of(struct graph *graph, int value)
{
    return &graph->value[value].tensor;
}

/* The only node that reads the value, when it is of this operator, does no conversions and is not fused yet; else -1. */
static int sole_reader(const struct graph *graph, int value, enum op_id op)
{
    int reader;
    if (value < 0 || graph_readers(graph, value, &reader, 1) != 1)
        return -1;
    const struct node *node = &graph->node[reader];
    return node->op == op && node->conversions == 0 && node->fused_into < 0 ? reader : -1;
}

static bool same_layout(struct graph *graph, int a, int b)
{
    return tensor_of(graph, a)->dtype == tensor_of(graph, b)->dtype &&
           tensor_same_layout(tensor_of(graph, a), tensor_of(graph, b));
}

/* Puts node `which` just before node `before` in the order of execution. */
static void move_before(struct graph *graph, int which, int before)
{
    int *order = graph->order, from = 0, to = 0;
    while (order[from] != which)
        from++;
    while (order[to] != before)
        to++;
    if (from >= to)
        return;
    memmove(&order[from], &order[from + 1], (size_t)(to - 1 - from) * sizeof *order);
    order[to - 1] = which;
}

static int add_reader(const struct graph *graph, int value)
{
    int add = sole_reader(graph, value, OP_ADD_);
    return add >= 0 ? add : sole_reader(graph, value, OP_ADD);
}

/* batch_norm + relu_, or batch_norm + add (+ relu_). */
static void fuse_norm(struct graph *graph, int norm)
{
    int out = graph->node[norm].out[0], relu = sole_reader(graph, out, OP_RELU_), add = add_reader(graph, out);
    if (relu >= 0) {
        graph->node[norm].attrs.norm.relu = true;
        graph->node[relu].fused_into = norm;
        graph->value[out].stand_in = graph->node[relu].out[0];
        return;
    }
    if (add < 0)
        return;
    struct node *sum = &graph->node[add];
    int other = sum->in[0] == out ? sum->in[1] : sum->in[0];
    if (other == out || sum->phase != PHASE_FORWARD || !same_layout(graph, other, out))
        return;
    graph->node[norm].extra_in[5] = other;
    sum->fused_into = norm;
    graph->value[out].stand_in = sum->out[0];
    relu = sole_reader(graph, sum->out[0], OP_RELU_);
    if (relu >= 0) {
        graph->node[norm].attrs.norm.relu = true;
        graph->node[relu].fused_into = norm;
        graph->value[sum->out[0]].stand_in = graph->node[relu].out[0];
    }
    move_before(graph, norm, add);
}

/* add + relu_ where no batch_norm took the add. */
static void fuse_add(struct graph *graph, int add)
{
    struct node *sum = &graph->node[add];
    int relu = sole_reader(graph, sum->out[0], OP_RELU_);
    if (relu < 0 || sum->fused_into >= 0 || sum->conversions)
        return;
    sum->attrs.add.relu = true;
    graph->node[relu].fused_into = add;
    graph->value[sum->out[0]].stand_in = graph->node[relu].out[0];
}

/* Gradient accumulation + mask. */
static bool fuse_accumulation(struct graph *graph, int threshold)
{
    struct node *mask = &graph->node[threshold];
    int sum = mask->in[0], add = graph->value[sum].producer;
    if (add < 0 || graph->node[add].op != OP_ADD || graph->node[add].phase != PHASE_BACKWARD ||
        graph->node[add].conversions || sole_reader(graph, sum, OP_THRESHOLD_BACKWARD) != threshold)
        return false;
    const int *in = graph->node[add].in;
    if (!same_layout(graph, in[0], mask->in[1]) || !same_layout(graph, in[1], mask->in[1]))
        return false;
    mask->extra_in[0] = in[0];
    mask->extra_in[2] = in[1];
    graph->node[add].fused_into = threshold;
    graph->value[sum].stand_in = mask->out[0];
    return true;
}

/* The mask of a relu that batch_norm's backward recomputes. */
static void fuse_mask(struct graph *graph, int threshold)
{
    struct node *mask = &graph->node[threshold];
    int relu = mask->forward_node, norm = sole_reader(graph, mask->out[0], OP_BATCH_NORM_BACKWARD);
    if (norm < 0 || mask->conversions)
        return;
    struct node *backward = &graph->node[norm];
    bool direct = graph->node[relu].fused_into == backward->forward_node &&
                  graph->node[backward->forward_node].extra_in[5] < 0;
    if (!direct || backward->in[0] != mask->out[0] || !same_layout(graph, mask->in[0], backward->in[1]))
        return;
    backward->attrs.norm.relu = true;
    mask->fused_into = norm;
    graph->value[mask->out[0]].stand_in = mask->in[0];
}

/* The batch's conversion and its cast. */
static void fuse_entry(struct graph *graph, int entry)
{
    int out = graph->node[entry].out[0], cast = sole_reader(graph, out, OP_COPY);
    if (cast < 0)
        return;
    graph->node[cast].fused_into = entry;
    graph->value[out].stand_in = graph->node[cast].out[0];
}

/* The clone that PyTorch keeps before an activation runs in place: here nothing is overwritten, its input is as good. */
static void fuse_clone(struct graph *graph, int clone)
{
    struct node *node = &graph->node[clone];
    const struct copy_attrs *attrs = &node->attrs.copy;
    int next = clone + 1;
    bool saved = attrs->format == COPY_PRESERVE && attrs->when == COPY_ALWAYS && next < graph->nodes &&
                 (op_flags(graph->node[next].op) & OP_IN_PLACE) && graph->node[next].in[0] == node->in[0];
    if (!saved || node->conversions || !same_layout(graph, node->in[0], node->out[0]))
        return;
    node->fused_into = next;
    graph->value[node->out[0]].stand_in = node->in[0];
}

void fuse_nodes(struct graph *graph)
{
    for (int n = 0; n < graph->nodes; n++) {
        struct node *node = &graph->node[n];
        if (node->conversions && node->phase != PHASE_DATA)
            continue;
        if (node->op == OP_BATCH_NORM)
            fuse_norm(graph, n);
        else if (node->op == OP_CLONE)
            fuse_clone(graph, n);
        else if (node->op == OP_COPY && node->phase == PHASE_DATA)
            fuse_entry(graph, n);
    }
    for (int n = 0; n < graph->nodes; n++) {
        if (graph->node[n].op == OP_ADD_ || graph->node[n].op == OP_ADD)
            fuse_add(graph, n);
    }
    for (int n = 0; n < graph->nodes; n++) {
        if (graph->node[n].op == OP_THRESHOLD_BACKWARD && !graph->node[n].conversions && !fuse_accumulation(graph, n))
            fuse_mask(graph, n);
    }
}
