/* The walk over the nodes in order of execution: views, copies that may be left out, and the policy's rule for the rest. */
#include "trainer/layouts.h"

#include <string.h>

#include "kernels/view.h"
#include "trainer/layout_images.h"
#include "trainer/layout_rules.h"

/* A view's strides and place come from what it views. */
static enum status place_view(struct graph *graph, const struct node *node)
{
    struct tensor out[OP_MAX_OUT];
    int64_t offset[OP_MAX_OUT];
    TRY(view_apply(node->op, &node->attrs.view, &graph->value[node->in[0]].tensor, out, offset));
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (node->out[i] < 0)
            continue;
        struct value *value = &graph->value[node->out[i]];
        memcpy(value->tensor.stride, out[i].stride, sizeof out[i].stride);
        value->offset = offset[i];
    }
    return STATUS_OK;
}

/* The view that reads a reshape's copy; -1 when something else does. */
static int reading_view(const struct graph *graph, const struct node *copy)
{
    int reader;
    bool sole = graph_readers(graph, copy->out[0], &reader, 1) == 1;
    return sole && graph->node[reader].op == OP_VIEW ? reader : -1;
}

static bool is_needless(const struct graph *graph, const struct node *copy)
{
    if (copy->attrs.copy.when == COPY_UNLESS_FORMAT)
        return layout_lies(graph, copy->in[0], copy->attrs.copy.format == COPY_CHANNELS_LAST ? FORMAT_CHANNELS_LAST
                                                                                            : FORMAT_CONTIGUOUS);
    int view = reading_view(graph, copy);
    if (view < 0)
        return false;
    const struct tensor *want = &graph->value[graph->node[view].out[0]].tensor;
    int64_t stride[TENSOR_MAX_DIMS];
    return view_possible(&graph->value[copy->in[0]].tensor, want->dims, want->size, stride);
}

/*
 * A copy that needn't be made becomes another name of its input and leaves the order; true when it did. Where a reshape
 * really copies, PyTorch views the copy by aten::_unsafe_view.
 */
static bool leave_out(struct graph *graph, struct node *copy)
{
    if (copy->op != OP_CLONE || copy->attrs.copy.when == COPY_ALWAYS)
        return false;
    if (!is_needless(graph, copy)) {
        int view = copy->attrs.copy.when == COPY_UNLESS_VIEWABLE ? reading_view(graph, copy) : -1;
        if (view >= 0)
            graph->node[view].op = OP_UNSAFE_VIEW;
        return false;
    }
    struct value *out = &graph->value[copy->out[0]];
    memcpy(out->tensor.stride, graph->value[copy->in[0]].tensor.stride, sizeof out->tensor.stride);
    out->alias_of = copy->in[0];
    out->producer = graph->value[copy->in[0]].producer;
    return true;
}

static void place_parameters(struct graph *graph, const struct layout_plan *plan)
{
    for (int v = 0; v < graph->values; v++) {
        struct value *value = &graph->value[v];
        if ((value->kind != VALUE_PARAMETER && value->kind != VALUE_BUFFER) || value->tensor.dims != 4)
            continue;
        layout_strides(plan->format, 4, value->tensor.size, value->tensor.stride);
        if (value->gradient >= 0)
            layout_strides(plan->format, 4, value->tensor.size, graph->value[value->gradient].tensor.stride);
    }
    for (int v = 0; v < graph->values; v++) {
        int stand_in = graph->value[v].stand_in;
        if (stand_in < 0 || graph->value[stand_in].tensor.dims != graph->value[v].tensor.dims)
            continue;
        for (int d = 0; d < TENSOR_MAX_DIMS; d++)
            graph->value[v].tensor.stride[d] = graph->value[stand_in].tensor.stride[d];
    }
}

/* A batch's own conversion is the model's entry, not an operator's doing. */
static void place_entry(struct graph *graph, struct node *node, const struct layout_plan *plan)
{
    struct tensor *out = &graph->value[node->out[0]].tensor;
    layout_strides(plan->format, out->dims, out->size, out->stride);
    if (!layout_lies(graph, node->in[0], plan->format))
        node->conversion[node->conversions++] =
            (struct node_conversion){0, node->in[0], node->out[0], CAUSE_INPUT, false};
}

enum status layouts_batch(struct graph *graph, const struct layout_plan *plan, int batch, int *out)
{
    *out = batch;
    if (plan->format != FORMAT_CHANNELS_LAST)
        return STATUS_OK;
    struct tensor made[OP_MAX_OUT];
    graph_one_output(made, graph->value[batch].tensor);
    int node;
    TRY(graph_add_node(graph, OP_COPY, NULL, (int[]){batch, -1}, made, PHASE_DATA, -1, &node));
    *out = graph->node[node].out[0];
    return STATUS_OK;
}

static bool is_parameter_cast(const struct graph *graph, const struct node *node)
{
    return node->op == OP_COPY && (graph->value[node->out[0]].stand_in >= 0 || graph->value[node->out[0]].kind == VALUE_GRADIENT);
}

static enum status assign(struct graph *graph, int number, const struct layout_plan *plan, const struct policy *policy)
{
    struct node *node = &graph->node[number];
    if (op_flags(node->op) & OP_ALIAS)
        return place_view(graph, node);
    if (node->phase == PHASE_DATA)
        place_entry(graph, node, plan);
    else if (node->phase != PHASE_OPTIMIZER && !is_parameter_cast(graph, node))
        return layout_rule_apply(layouts_rule(graph, plan, policy, node), graph, number);
    return STATUS_OK;
}

enum status layouts_assign(struct graph *graph, const struct layout_plan *plan, const struct policy *policy)
{
    int kept = 0;
    place_parameters(graph, plan);
    for (int i = 0; i < graph->orders; i++) {
        int number = graph->order[i];
        if (leave_out(graph, &graph->node[number]))
            continue;
        graph->order[kept++] = number;
        TRY(assign(graph, number, plan, policy));
    }
    graph->orders = kept;
    return STATUS_OK;
}
