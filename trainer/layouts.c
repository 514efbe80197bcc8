/* One function per layout rule; the walk over the nodes in order of execution. */
#include "trainer/layouts.h"

#include "base/log.h"

struct layouts {
    struct graph *graph;
    struct node *node; /* the one being looked at; refreshed after values were added (nodes are not) */
};

static struct tensor *tensor_of(struct graph *graph, int value)
{
    return &graph->value[value].tensor;
}

static bool is_image(struct graph *graph, int value)
{
    return value >= 0 && tensor_of(graph, value)->dims == 4;
}

static enum memory_format suggested(struct graph *graph, int value)
{
    const struct tensor *t = tensor_of(graph, value);
    return layout_suggest(t->dims, t->size, t->stride);
}

/* True when the tensor already lies as `format` asks, up to the order of dimensions of size 1. */
static bool has_format(struct graph *graph, int value, enum memory_format format)
{
    enum memory_format have = tensor_format(tensor_of(graph, value));
    return have == format || have == FORMAT_EITHER;
}

static void set_format(struct graph *graph, int value, enum memory_format format)
{
    struct tensor *t = tensor_of(graph, value);
    layout_strides(t->dims == 4 ? format : FORMAT_CONTIGUOUS, t->dims, t->size, t->stride);
}

/* All outputs without a place of their own get `format` (4-D) or row-major. Parameters' gradients lie as the parameter. */
static void set_outputs(struct layouts *self, enum memory_format format)
{
    for (int i = 0; i < OP_MAX_OUT; i++) {
        int out = self->node->out[i];
        if (out >= 0 && self->graph->value[out].alias_of < 0 && self->graph->value[out].stand_in < 0)
            set_format(self->graph, out, format);
    }
}

static enum conversion_cause cause_of(const struct graph *graph, int value)
{
    const struct value *v = &graph->value[value];
    if (v->kind == VALUE_PARAMETER || v->stand_in >= 0)
        return CAUSE_WEIGHT;
    return v->producer >= 0 && graph->node[v->producer].phase == PHASE_BACKWARD ? CAUSE_GRADIENT : CAUSE_OPERATOR;
}

/* Input `position` in `format`: nothing to do, or a conversion just before the node. */
static enum status convert(struct layouts *self, int position, enum memory_format format)
{
    struct graph *graph = self->graph;
    int source = self->node->in[position];
    if (!is_image(graph, source) || has_format(graph, source, format))
        return STATUS_OK;
    struct node *node = self->node;
    if (node->conversions == NODE_MAX_CONVERSIONS)
        return FAIL(UNSUPPORTED, "%s needs more than %d conversions", op_name(node->op), NODE_MAX_CONVERSIONS);
    struct tensor made = tensor_with_format(tensor_of(graph, source), format);
    int dest = graph_add_value(graph, &made, VALUE_ACTIVATION);
    graph->value[dest].producer = (int)(node - graph->node);
    node->conversion[node->conversions++] =
        (struct node_conversion){position, source, dest, cause_of(graph, source)};
    return STATUS_OK;
}

/* Input `position` is read by its strides while the output is in `format`: a conversion without a kernel of its own. */
static void mixed(struct layouts *self, int position, enum memory_format format)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    int source = node->in[position];
    if (!is_image(graph, source) || has_format(graph, source, format) || node->conversions == NODE_MAX_CONVERSIONS)
        return;
    node->conversion[node->conversions++] = (struct node_conversion){position, source, -1, cause_of(graph, source)};
}

static enum status convert_all(struct layouts *self, enum memory_format format)
{
    for (int i = 0; i < OP_MAX_IN; i++)
        TRY(convert(self, i, format));
    return STATUS_OK;
}

static void mix_all(struct layouts *self, enum memory_format format)
{
    for (int i = 0; i < OP_MAX_IN; i++)
        mixed(self, i, format);
}

static enum status rule_any(struct layouts *self)
{
    set_outputs(self, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status rule_input(struct layouts *self)
{
    enum memory_format format = suggested(self->graph, self->node->in[0]);
    set_outputs(self, format);
    return convert_all(self, format);
}

static enum status rule_input_mixed(struct layouts *self)
{
    enum memory_format format = suggested(self->graph, self->node->in[0]);
    set_outputs(self, format);
    mix_all(self, format);
    return STATUS_OK;
}

/* Convolution's or-rule (ATen/native/ConvUtils.h): positions of the activation and the weight. */
static enum memory_format conv_format(struct layouts *self, int input, int weight)
{
    struct graph *graph = self->graph;
    return suggested(graph, self->node->in[input]) == FORMAT_CHANNELS_LAST ||
                   suggested(graph, self->node->in[weight]) == FORMAT_CHANNELS_LAST
               ? FORMAT_CHANNELS_LAST
               : FORMAT_CONTIGUOUS;
}

/* The operator's kernel takes weights in either format, so only activations are converted; gradients lie as the weight. */
static enum status rule_conv(struct layouts *self)
{
    enum memory_format format = conv_format(self, 0, 1);
    set_format(self->graph, self->node->out[0], format);
    return convert(self, 0, format);
}

static enum status rule_conv_backward(struct layouts *self)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    enum memory_format format = conv_format(self, 1, 2);
    if (node->out[0] >= 0)
        set_format(graph, node->out[0], format);
    TRY(convert(self, 0, format));
    return convert(self, 1, format);
}

static enum status rule_saved(struct layouts *self)
{
    enum memory_format format = suggested(self->graph, self->node->in[1]);
    set_outputs(self, format);
    return convert_all(self, format);
}

static enum status rule_saved_mixed(struct layouts *self)
{
    enum memory_format format = suggested(self->graph, self->node->in[1]);
    set_outputs(self, format);
    mix_all(self, format);
    return STATUS_OK;
}

/* TensorIterator: the first operand that has an order decides; in place, the output keeps its own memory. */
static enum status rule_first(struct layouts *self)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    enum memory_format format = FORMAT_CONTIGUOUS;
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (!is_image(graph, node->in[i]))
            continue;
        enum memory_format have = tensor_format(tensor_of(graph, node->in[i]));
        format = have == FORMAT_EITHER ? suggested(graph, node->in[i]) : have;
        if (have != FORMAT_EITHER)
            break;
    }
    set_outputs(self, format);
    mix_all(self, format);
    return STATUS_OK;
}

static enum status rule_contiguous(struct layouts *self)
{
    set_outputs(self, FORMAT_CONTIGUOUS);
    return convert_all(self, FORMAT_CONTIGUOUS);
}

static enum status rule_silent(struct layouts *self)
{
    set_outputs(self, FORMAT_CONTIGUOUS);
    mix_all(self, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status rule_preserve(struct layouts *self)
{
    struct graph *graph = self->graph;
    int in = self->node->in[0], out = self->node->out[0];
    for (int d = 0; d < TENSOR_MAX_DIMS; d++)
        graph->value[out].tensor.stride[d] = graph->value[in].tensor.stride[d];
    return STATUS_OK;
}

static enum status (*const rules[RULE_COUNT])(struct layouts *) = {
    [RULE_ANY] = rule_any,
    [RULE_INPUT] = rule_input,
    [RULE_INPUT_MIXED] = rule_input_mixed,
    [RULE_CONV] = rule_conv,
    [RULE_CONV_BACKWARD] = rule_conv_backward,
    [RULE_SAVED] = rule_saved,
    [RULE_SAVED_MIXED] = rule_saved_mixed,
    [RULE_FIRST] = rule_first,
    [RULE_CONTIGUOUS] = rule_contiguous,
    [RULE_SILENT] = rule_silent,
    [RULE_BORN] = rule_any,
    [RULE_PRESERVE] = rule_preserve,
};

/* A view's strides come from what it views. Two kinds occur: (N,C,1,1) <-> (N,C), and transposed parameters. */
static void place_view(struct graph *graph, int value)
{
    struct tensor *t = tensor_of(graph, value);
    if (t->dims == 2 && t->stride[0] == 1 && t->size[0] != 1)
        return;
    layout_strides(FORMAT_CONTIGUOUS, t->dims, t->size, t->stride);
}

static void place_parameters(struct graph *graph, const struct layout_plan *plan)
{
    for (int v = 0; v < graph->values; v++) {
        struct value *value = &graph->value[v];
        if (value->kind != VALUE_PARAMETER || value->tensor.dims != 4)
            continue;
        layout_strides(plan->format, 4, value->tensor.size, value->tensor.stride);
        if (value->gradient >= 0)
            layout_strides(plan->format, 4, value->tensor.size, graph->value[value->gradient].tensor.stride);
    }
    for (int v = 0; v < graph->values; v++) {
        int stand_in = graph->value[v].stand_in;
        if (stand_in < 0)
            continue;
        for (int d = 0; d < TENSOR_MAX_DIMS; d++)
            graph->value[v].tensor.stride[d] = graph->value[stand_in].tensor.stride[d];
    }
}

/* A batch's own conversion is the model's entry, not an operator's doing. */
static void place_entry(struct graph *graph, struct node *node, const struct layout_plan *plan)
{
    set_format(graph, node->out[0], plan->format);
    if (!has_format(graph, node->in[0], plan->format))
        node->conversion[node->conversions++] = (struct node_conversion){0, node->in[0], node->out[0], CAUSE_INPUT};
}

enum status layouts_batch(struct graph *graph, const struct layout_plan *plan, int batch, int *out)
{
    *out = batch;
    if (plan->format != FORMAT_CHANNELS_LAST)
        return STATUS_OK;
    struct tensor made[OP_MAX_OUT];
    for (int i = 0; i < OP_MAX_OUT; i++)
        made[i].dims = -1;
    made[0] = graph->value[batch].tensor;
    int node;
    TRY(graph_add_node(graph, OP_COPY, NULL, (int[]){batch, -1}, made, PHASE_DATA, -1, &node));
    *out = graph->node[node].out[0];
    return STATUS_OK;
}

static bool is_parameter_cast(const struct graph *graph, const struct node *node)
{
    return node->op == OP_COPY && (graph->value[node->out[0]].stand_in >= 0 || graph->value[node->out[0]].kind == VALUE_GRADIENT);
}

enum status layouts_assign(struct graph *graph, const struct layout_plan *plan, const struct policy *policy)
{
    place_parameters(graph, plan);
    for (int i = 0; i < graph->orders; i++) {
        struct layouts self = {graph, &graph->node[graph->order[i]]};
        if (op_flags(self.node->op) & OP_ALIAS)
            place_view(graph, self.node->out[0]);
        else if (self.node->phase == PHASE_DATA)
            place_entry(graph, self.node, plan);
        else if (self.node->phase != PHASE_OPTIMIZER && !is_parameter_cast(graph, self.node))
            TRY(rules[layouts_rule(graph, plan, policy, self.node)](&self));
    }
    return STATUS_OK;
}
