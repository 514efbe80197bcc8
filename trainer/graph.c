/* Growing arrays of values, nodes and modules. */
#include "trainer/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, int count, int *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 64;
    array = realloc(array, (size_t)*room * size);
    if (!array)
        abort();
    return array;
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

void graph_init(struct graph *graph)
{
    memset(graph, 0, sizeof *graph);
    graph->batch = graph->labels = graph->logits = graph->loss = graph->objective = -1;
    graph->loss_scale = graph->learning_rate = graph->first_step = graph->step_count = -1;
    graph->found_inf = graph->growth_tracker = graph->flat_parameter = graph->flat_gradient = -1;
    graph->flat_accumulated = graph->flat_buffer = graph->flat_average = graph->flat_buffer_average = -1;
}

void graph_release(struct graph *graph)
{
    for (int i = 0; i < graph->values; i++)
        free(graph->value[i].name);
    for (int i = 0; i < graph->modules; i++) {
        free(graph->module[i].path);
        free(graph->module[i].class_name);
    }
    free(graph->value);
    free(graph->node);
    free(graph->module);
    free(graph->order);
    graph_init(graph);
}

int graph_add_module(struct graph *graph, int parent, const char *name, const char *class_name)
{
    graph->module = grow(graph->module, graph->modules, &graph->module_room, sizeof *graph->module);
    const char *above = parent < 0 ? "" : graph->module[parent].path;
    char path[256];
    snprintf(path, sizeof path, "%s%s%s", above, *above ? "." : "", name);
    for (int i = 0; i < graph->modules; i++) {
        if (graph->module[i].parent == parent && strcmp(graph->module[i].path, path) == 0)
            return i;
    }
    graph->module[graph->modules] = (struct graph_module){copy_text(path), copy_text(class_name), parent};
    return graph->modules++;
}

int graph_add_value(struct graph *graph, const struct tensor *tensor, enum value_kind kind)
{
    graph->value = grow(graph->value, graph->values, &graph->value_room, sizeof *graph->value);
    graph->value[graph->values] = (struct value){.tensor = *tensor, .kind = kind, .producer = -1, .module = -1,
                                                 .alias_of = -1, .stand_in = -1, .gradient = -1};
    return graph->values++;
}

int graph_add_named(struct graph *graph, int module, const char *name, const struct tensor *tensor,
                    enum value_kind kind, struct init init)
{
    int number = graph_add_value(graph, tensor, kind);
    const char *path = module < 0 ? "" : graph->module[module].path;
    char full[320];
    snprintf(full, sizeof full, "%s%s%s", path, *path ? "." : "", name);
    struct value *value = &graph->value[number];
    value->name = copy_text(full);
    value->module = module;
    value->init = init;
    value->requires_grad = kind == VALUE_PARAMETER;
    return number;
}

static void node_clear(struct node *node)
{
    memset(node, 0, sizeof *node);
    for (int i = 0; i < OP_MAX_IN; i++)
        node->in[i] = node->extra_in[i] = -1;
    for (int i = 0; i < OP_MAX_OUT; i++)
        node->out[i] = -1;
    node->module = node->forward_node = node->fused_into = node->extra_out = -1;
}

static enum status infer_outputs(const struct graph *graph, const struct node *node, struct tensor *made)
{
    const struct tensor *in[OP_MAX_IN];
    for (int i = 0; i < OP_MAX_IN; i++)
        in[i] = node->in[i] < 0 ? NULL : &graph->value[node->in[i]].tensor;
    return op_infer(node->op, &node->attrs, in, made);
}

void graph_one_output(struct tensor made[OP_MAX_OUT], struct tensor only)
{
    for (int i = 0; i < OP_MAX_OUT; i++)
        made[i].dims = -1;
    made[0] = only;
}

enum status graph_add_node(struct graph *graph, enum op_id op, const union op_attrs *attrs, const int *in,
                           const struct tensor *outputs, enum op_phase phase, int module, int *number)
{
    graph->node = grow(graph->node, graph->nodes, &graph->node_room, sizeof *graph->node);
    graph->order = grow(graph->order, graph->orders, &graph->order_room, sizeof *graph->order);
    struct node *node = &graph->node[graph->nodes];
    node_clear(node);
    node->op = op;
    node->phase = phase;
    node->module = module;
    if (attrs)
        node->attrs = *attrs;
    for (int i = 0; i < OP_MAX_IN && in[i] != -1; i++) {
        node->in[i] = in[i] == -2 ? -1 : in[i];
        node->inputs = in[i] == -2 ? node->inputs : i + 1;
    }
    struct tensor made[OP_MAX_OUT];
    if (!outputs) {
        TRY(infer_outputs(graph, node, made));
        outputs = made;
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (outputs[i].dims < 0)
            continue;
        node->out[i] = graph_add_value(graph, &outputs[i], VALUE_ACTIVATION);
        graph->value[node->out[i]].producer = graph->nodes;
    }
    graph->order[graph->orders++] = graph->nodes;
    *number = graph->nodes++;
    return STATUS_OK;
}

int graph_stand_in(const struct graph *graph, int value)
{
    while (value >= 0 && graph->value[value].stand_in >= 0)
        value = graph->value[value].stand_in;
    return value;
}

int graph_memory_of(const struct graph *graph, int value)
{
    for (;;) {
        const struct value *v = &graph->value[value];
        if (v->stand_in >= 0)
            value = v->stand_in;
        else if (v->alias_of >= 0)
            value = v->alias_of;
        else
            return value;
    }
}

int64_t graph_memory_offset(const struct graph *graph, int value)
{
    int64_t bytes = 0;
    for (;;) {
        const struct value *v = &graph->value[value];
        if (v->stand_in < 0 && v->alias_of < 0)
            return bytes;
        if (v->stand_in < 0)
            bytes += v->offset * (int64_t)dtype_bytes(v->tensor.dtype);
        value = v->stand_in >= 0 ? v->stand_in : v->alias_of;
    }
}

enum status graph_add_view(struct graph *graph, enum op_id op, const struct view_attrs *attrs, int x,
                           enum op_phase phase, int module, int *number)
{
    union op_attrs all = {.view = *attrs};
    TRY(graph_add_node(graph, op, &all, (int[]){x, -1}, NULL, phase, module, number));
    for (int i = 0; i < OP_MAX_OUT; i++) {
        int out = graph->node[*number].out[i];
        if (out < 0)
            continue;
        graph->value[out].alias_of = x;
        graph->value[out].requires_grad = graph->value[x].requires_grad;
    }
    return STATUS_OK;
}

static enum status add_clone(struct graph *graph, int x, enum copy_when when, enum op_phase phase, int module, int *out)
{
    union op_attrs attrs = {.copy = {COPY_CONTIGUOUS, when}};
    int node;
    TRY(graph_add_node(graph, OP_CLONE, &attrs, (int[]){x, -1}, NULL, phase, module, &node));
    *out = graph->node[node].out[0];
    graph->value[*out].requires_grad = graph->value[x].requires_grad;
    return STATUS_OK;
}

enum status graph_add_reshape(struct graph *graph, int x, int dims, const int64_t *size, enum op_phase phase,
                              int module, int *out)
{
    struct view_attrs attrs = {.dims = dims};
    int node;
    memcpy(attrs.size, size, (size_t)dims * sizeof *size);
    TRY(add_clone(graph, x, COPY_UNLESS_VIEWABLE, phase, module, &x));
    TRY(graph_add_view(graph, OP_VIEW, &attrs, x, phase, module, &node));
    *out = graph->node[node].out[0];
    return STATUS_OK;
}

enum status graph_add_contiguous(struct graph *graph, int x, enum op_phase phase, int module, int *out)
{
    return add_clone(graph, x, COPY_UNLESS_FORMAT, phase, module, out);
}

int graph_readers(const struct graph *graph, int value, int *nodes, int most)
{
    int found = 0;
    for (int n = 0; n < graph->nodes; n++) {
        for (int i = 0; i < graph->node[n].inputs; i++) {
            if (graph->node[n].in[i] != value)
                continue;
            if (found < most)
                nodes[found] = n;
            found++;
            break;
        }
    }
    return found;
}
