/* Telling an observer what a plan will run: modules, operators with their tensors, kernels, conversions. */
#include <stdlib.h>
#include <string.h>

#include "trainer/layout_rules.h"
#include "trainer/plan.h"

struct declaration {
    struct plan *plan;
    const struct observer *observer;
    int *module_number; /* by graph module */
};

/*
 * Identity in the dataflow: the value's own number. Views that no operator made (a transposed parameter) are the value
 * they view.
 */
static int identity(const struct graph *graph, int value)
{
    for (;;) {
        const struct value *v = &graph->value[value];
        bool made = v->producer >= 0;
        for (int i = 0; made && i < OP_MAX_OUT; i++) {
            if (graph->node[v->producer].out[i] == value)
                return value;
        }
        if (v->alias_of < 0)
            return value;
        value = v->alias_of;
    }
}

static bool is_persistent(const struct graph *graph, int value)
{
    enum value_kind kind = graph->value[value].kind;
    return kind == VALUE_PARAMETER || kind == VALUE_BUFFER;
}

static int collect(const struct graph *graph, const int *values, int most, struct tensor_info *info, int *position)
{
    int count = 0;
    for (int i = 0; i < most; i++) {
        if (values[i] < 0)
            continue;
        int id = identity(graph, values[i]);
        info[count] = (struct tensor_info){graph->value[values[i]].tensor, id, is_persistent(graph, id)};
        position[count++] = i;
    }
    return count;
}

static enum status declare_modules(struct declaration *self)
{
    const struct graph *graph = self->plan->graph;
    for (int m = 0; m < graph->modules; m++) {
        int parent = graph->module[m].parent;
        struct module_info info = {graph->module[m].path, graph->module[m].class_name,
                                   parent < 0 ? -1 : self->module_number[parent]};
        TRY(self->observer->declare_module(self->observer->self, &info, &self->module_number[m]));
    }
    return STATUS_OK;
}

static enum status declare_op(struct declaration *self, int number)
{
    struct plan *plan = self->plan;
    const struct graph *graph = plan->graph;
    const struct node *node = &graph->node[number];
    struct tensor_info in[OP_MAX_IN], out[OP_MAX_OUT];
    int in_position[OP_MAX_IN], out_position[OP_MAX_OUT];
    struct op_info info = {
        .name = op_name(node->op),
        .phase = node->phase,
        .module = node->module < 0 ? -1 : self->module_number[node->module],
        .forward_op = node->forward_node < 0 ? -1 : plan->op_number[node->forward_node],
        .fused_into = node->fused_into < 0 ? -1 : plan->op_number[node->fused_into],
        .inputs = collect(graph, node->in, OP_MAX_IN, in, in_position),
        .outputs = collect(graph, node->out, OP_MAX_OUT, out, out_position),
        .input = in,
        .output = out,
        .input_position = in_position,
        .output_position = out_position,
    };
    return self->observer->declare_op(self->observer->self, &info, &plan->op_number[number]);
}

/* Declares a node and then the nodes that waited for it to be their host. */
static enum status declare_with_guests(struct declaration *self, int number)
{
    const struct graph *graph = self->plan->graph;
    TRY(declare_op(self, number));
    for (int n = 0; n < graph->nodes; n++) {
        if (graph->node[n].fused_into == number && self->plan->op_number[n] < 0)
            TRY(declare_with_guests(self, n));
    }
    return STATUS_OK;
}

/* A conversion that layouts put before a node (or that is the node, or has no kernel). */
static enum status declare_node_conversion(struct declaration *self, const struct node *node, int op, int kernel,
                                           const struct node_conversion *conversion)
{
    const struct graph *graph = self->plan->graph;
    if (conversion->copy)
        return STATUS_OK;
    int image = conversion->viewed ? layout_image(graph, conversion->source) : conversion->source;
    const struct tensor *source = &graph->value[image].tensor;
    bool silent = conversion->dest < 0;
    int made = silent ? node->out[0] : graph_stand_in(graph, conversion->dest);
    const struct tensor *dest = &graph->value[made].tensor;
    struct conversion_info info = {
        .cause = conversion->cause,
        .from = layout_order(graph, image),
        .to = conversion->viewed ? conversion->to : tensor_format(dest),
        .tensor = *source,
        .dest_dtype = dest->dtype,
        .bytes_read = tensor_bytes(source),
        .bytes_written = silent ? -1 : tensor_bytes(dest),
        .source_id = identity(graph, conversion->source),
        .dest_id = silent ? -1 : conversion->dest,
        .source_persistent = is_persistent(graph, conversion->source),
    };
    return self->observer->declare_conversion(self->observer->self, op, kernel, &info);
}

/* Which graph value a library's own conversion starts from or ends in: the one of the call with those sizes. */
static void find_ends(const struct declaration *self, const struct plan_call *call, struct conversion_info *info)
{
    const struct graph *graph = self->plan->graph;
    const struct node *node = &graph->node[call->node];
    info->source_id = info->dest_id = -1;
    bool inward = info->cause == CAUSE_WEIGHT || (info->cause == CAUSE_LIBRARY && info->from == FORMAT_CONTIGUOUS);
    const int *values = inward ? node->in : node->out;
    for (int i = 0; i < (inward ? OP_MAX_IN : OP_MAX_OUT); i++) {
        if (values[i] < 0 || !tensor_same_shape(&graph->value[values[i]].tensor, &info->tensor))
            continue;
        int id = identity(graph, inward ? graph_stand_in(graph, values[i]) : values[i]);
        *(inward ? &info->source_id : &info->dest_id) = id;
        *(inward ? &info->source_persistent : &info->dest_persistent) = is_persistent(graph, id);
        return;
    }
}

static enum status declare_call(struct declaration *self, struct plan_call *call)
{
    const struct node *node = &self->plan->graph->node[call->node];
    const struct op_prepared *prepared = call->prepared;
    int op = self->plan->op_number[call->node];
    if (!prepared)
        return STATUS_OK;
    call->kernel_number = calloc((size_t)prepared->kernels + 1, sizeof(int));
    if (!call->kernel_number)
        return FAIL(NO_MEMORY, "no memory for the kernels of %s", op_name(call->call.op));
    for (int k = 0; k < prepared->kernels; k++)
        TRY(self->observer->declare_kernel(self->observer->self, op, &prepared->kernel[k], &call->kernel_number[k]));
    for (int c = 0; c < prepared->conversions; c++) {
        struct conversion_info info = prepared->conversion[c];
        find_ends(self, call, &info);
        TRY(self->observer->declare_conversion(self->observer->self, op,
                                               call->kernel_number[prepared->conversion_kernel[c]], &info));
    }
    if (call->conversion >= 0)
        return declare_node_conversion(self, node, op, call->kernel_number[0], &node->conversion[call->conversion]);
    for (int c = 0; c < node->conversions; c++) {
        const struct node_conversion *conversion = &node->conversion[c];
        if (conversion->dest < 0)
            TRY(declare_node_conversion(self, node, op, -1, conversion));
        else if (conversion->dest == node->out[0])
            TRY(declare_node_conversion(self, node, op, call->kernel_number[0], conversion));
    }
    return STATUS_OK;
}

enum status plan_declare(struct plan *plan, const struct observer *observer)
{
    const struct graph *graph = plan->graph;
    struct declaration self = {plan, observer, malloc((size_t)(graph->modules + 1) * sizeof(int))};
    free(plan->op_number);
    plan->op_number = malloc((size_t)graph->nodes * sizeof(int));
    enum status status = STATUS_OK;
    if (!self.module_number || !plan->op_number) {
        status = FAIL(NO_MEMORY, "no memory for declaring %d operators", graph->nodes);
        goto out;
    }
    for (int n = 0; n < graph->nodes; n++)
        plan->op_number[n] = -1;
    TRY_OUT(declare_modules(&self));
    for (int i = 0; i < graph->orders; i++) {
        int n = graph->order[i], host = graph->node[n].fused_into;
        if (plan->op_number[n] < 0 && (host < 0 || plan->op_number[host] >= 0))
            TRY_OUT(declare_with_guests(&self, n));
    }
    for (int c = 0; c < plan->calls; c++)
        TRY_OUT(declare_call(&self, &plan->call[c]));
out:
    free(self.module_number);
    return status;
}
