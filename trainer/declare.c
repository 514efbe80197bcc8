/* Telling an observer what a plan will run: modules, operators with their tensors, kernels, conversions. */
#include <stdlib.h>
#include <string.h>

#include "trainer/layout_images.h"
#include "trainer/plan.h"

struct declaration {
    struct plan *plan;
    const struct observer *observer;
    int *module_number; /* by graph module */
    int pass;
};

/* The observer's numbers of this pass's operators, by node. */
static int *op_numbers(const struct declaration *self)
{
    return self->plan->op_number + self->pass * self->plan->graph->nodes;
}

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

/* What lives within one pass has another identity in the next. */
static int in_pass(const struct declaration *self, int id)
{
    const struct graph *graph = self->plan->graph;
    return id < 0 || is_persistent(graph, id) ? id : id + self->pass * graph->values;
}

static int collect(const struct declaration *self, const int *values, int most, struct tensor_info *info, int *position)
{
    const struct graph *graph = self->plan->graph;
    int count = 0;
    for (int i = 0; i < most; i++) {
        if (values[i] < 0)
            continue;
        int id = identity(graph, values[i]);
        info[count] = (struct tensor_info){graph->value[values[i]].tensor, in_pass(self, id), is_persistent(graph, id)};
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
        .forward_op = node->forward_node < 0 ? -1 : op_numbers(self)[node->forward_node],
        .fused_into = node->fused_into < 0 ? -1 : op_numbers(self)[node->fused_into],
        .inputs = collect(self, node->in, OP_MAX_IN, in, in_position),
        .outputs = collect(self, node->out, OP_MAX_OUT, out, out_position),
        .input = in,
        .output = out,
        .input_position = in_position,
        .output_position = out_position,
    };
    return self->observer->declare_op(self->observer->self, &info, &op_numbers(self)[number]);
}

/* Declares a node and then the nodes that waited for it to be their host. */
static enum status declare_with_guests(struct declaration *self, int number)
{
    const struct graph *graph = self->plan->graph;
    TRY(declare_op(self, number));
    for (int n = 0; n < graph->nodes; n++) {
        if (graph->node[n].fused_into == number && op_numbers(self)[n] < 0)
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
    bool deep = silent && source->dims != 4; /* a sum's over paths (layout_rules.c) */
    struct conversion_info info = {
        .cause = conversion->cause,
        .from = deep ? FORMAT_CHANNELS_LAST : layout_order(graph, image),
        .to = conversion->viewed ? conversion->to : tensor_format(dest),
        .tensor = deep ? *dest : *source,
        .dest_dtype = dest->dtype,
        .bytes_read = tensor_bytes(source),
        .bytes_written = silent ? -1 : tensor_bytes(dest),
        .source_id = in_pass(self, identity(graph, conversion->source)),
        .dest_id = silent ? -1 : in_pass(self, conversion->dest),
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
        *(inward ? &info->source_id : &info->dest_id) = in_pass(self, id);
        *(inward ? &info->source_persistent : &info->dest_persistent) = is_persistent(graph, id);
        return;
    }
}

static enum status declare_call(struct declaration *self, struct plan_call *call)
{
    const struct node *node = &self->plan->graph->node[call->node];
    const struct op_prepared *prepared = call->prepared;
    int op = op_numbers(self)[call->node];
    if (!prepared)
        return STATUS_OK;
    int *kernel_number = call->kernel_number + self->pass * prepared->kernels;
    for (int k = 0; k < prepared->kernels; k++)
        TRY(self->observer->declare_kernel(self->observer->self, op, &prepared->kernel[k], &kernel_number[k]));
    for (int c = 0; c < prepared->conversions; c++) {
        struct conversion_info info = prepared->conversion[c];
        find_ends(self, call, &info);
        TRY(self->observer->declare_conversion(self->observer->self, op,
                                               kernel_number[prepared->conversion_kernel[c]], &info));
    }
    if (call->conversion >= 0)
        return declare_node_conversion(self, node, op, kernel_number[0], &node->conversion[call->conversion]);
    for (int c = 0; c < node->conversions; c++) {
        const struct node_conversion *conversion = &node->conversion[c];
        if (conversion->dest < 0)
            TRY(declare_node_conversion(self, node, op, -1, conversion));
        else if (conversion->dest == node->out[0])
            TRY(declare_node_conversion(self, node, op, kernel_number[0], conversion));
    }
    return STATUS_OK;
}

/* Room for the numbers of all passes. */
static enum status make_room(struct plan *plan, int passes)
{
    size_t numbers = (size_t)plan->graph->nodes * (size_t)passes;
    free(plan->op_number);
    plan->op_number = malloc(numbers * sizeof(int));
    if (!plan->op_number)
        return FAIL(NO_MEMORY, "no memory for declaring %zu operators", numbers);
    for (size_t n = 0; n < numbers; n++)
        plan->op_number[n] = -1;
    for (int c = 0; c < plan->calls; c++) {
        struct plan_call *call = &plan->call[c];
        free(call->kernel_number);
        call->kernel_number = calloc((size_t)(call->prepared ? call->prepared->kernels * passes : 0) + 1, sizeof(int));
        if (!call->kernel_number)
            return FAIL(NO_MEMORY, "no memory for the kernels of %s", op_name(call->call.op));
    }
    plan->passes = passes;
    return STATUS_OK;
}

/* All that is in every pass; the first has the optimizer, too, which runs behind the last. */
static bool is_in_pass(const struct declaration *self, int node)
{
    return self->pass == 0 || self->plan->graph->node[node].phase != PHASE_OPTIMIZER;
}

static enum status declare_pass(struct declaration *self)
{
    struct plan *plan = self->plan;
    const struct graph *graph = plan->graph;
    for (int i = 0; i < graph->orders; i++) {
        int n = graph->order[i], host = graph->node[n].fused_into;
        if (is_in_pass(self, n) && op_numbers(self)[n] < 0 && (host < 0 || op_numbers(self)[host] >= 0))
            TRY(declare_with_guests(self, n));
    }
    for (int c = 0; c < plan->calls; c++) {
        if (is_in_pass(self, plan->call[c].node))
            TRY(declare_call(self, &plan->call[c]));
    }
    return STATUS_OK;
}

enum status plan_declare(struct plan *plan, const struct observer *observer, int passes)
{
    struct declaration self = {plan, observer, malloc((size_t)(plan->graph->modules + 1) * sizeof(int)), 0};
    enum status status = self.module_number ? make_room(plan, passes) : FAIL(NO_MEMORY, "no memory for declaring modules");
    if (status == STATUS_OK)
        status = declare_modules(&self);
    for (; self.pass < passes && status == STATUS_OK; self.pass++)
        status = declare_pass(&self);
    free(self.module_number);
    return status;
}
