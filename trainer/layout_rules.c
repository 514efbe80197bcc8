/* One function per layout rule. */
#include "trainer/layout_rules.h"

#include "kernels/iterator.h"
#include "kernels/view.h"
#include "trainer/layout_images.h"

struct ruling {
    struct graph *graph;
    struct node *node; /* nodes are not added while rules run, values are */
};

static struct tensor *tensor_of(const struct graph *graph, int value)
{
    return &graph->value[value].tensor;
}

static void set_format(struct graph *graph, int value, enum memory_format format)
{
    struct tensor *t = tensor_of(graph, value);
    layout_strides(t->dims == 4 ? format : FORMAT_CONTIGUOUS, t->dims, t->size, t->stride);
}

/* Outputs without a place of their own. Parameters' gradients lie as the parameter. */
static bool is_placed(const struct ruling *self, int out)
{
    return out < 0 || self->graph->value[out].alias_of >= 0 || self->graph->value[out].stand_in >= 0;
}

static void set_outputs(struct ruling *self, enum memory_format format)
{
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (!is_placed(self, self->node->out[i]))
            set_format(self->graph, self->node->out[i], format);
    }
}

static enum conversion_cause cause_of(const struct graph *graph, int value)
{
    const struct value *v = &graph->value[value];
    if (v->kind == VALUE_PARAMETER || v->stand_in >= 0)
        return CAUSE_WEIGHT;
    return v->producer >= 0 && graph->node[v->producer].phase == PHASE_BACKWARD ? CAUSE_GRADIENT : CAUSE_OPERATOR;
}

/* Input `position` in `format`: nothing to do, or a conversion (or a copy that gathers) just before the node. */
static enum status bring(struct ruling *self, int position, enum memory_format format)
{
    struct graph *graph = self->graph;
    int source = self->node->in[position];
    if (source < 0 || !op_reads(self->node->op, position) || layout_lies(graph, source, format))
        return STATUS_OK;
    struct node *node = self->node;
    struct tensor made = tensor_with_format(tensor_of(graph, source), format);
    int dest = graph_add_value(graph, &made, VALUE_ACTIVATION);
    graph->value[dest].producer = (int)(node - graph->node);
    struct node_conversion made_by = {position, source, dest, cause_of(graph, source), false, false, format};
    made_by.viewed = format == FORMAT_CONTIGUOUS && layout_changes_image(graph, source, &made_by.to);
    made_by.copy = !made_by.viewed && layout_is_copy(graph, source, format);
    node->conversion[node->conversions++] = made_by;
    return STATUS_OK;
}

/* As bring, for images only: other ranks are read by their strides. */
static enum status convert(struct ruling *self, int position, enum memory_format format)
{
    return layout_is_image(self->graph, self->node->in[position]) ? bring(self, position, format) : STATUS_OK;
}

/* Input `position` is read by its strides while the output is in `format`: a conversion without a kernel of its own. */
static void mixed(struct ruling *self, int position, enum memory_format format)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    int source = node->in[position];
    if (!op_reads(node->op, position) || !layout_is_image(graph, source) || layout_lies(graph, source, format) ||
        layout_is_copy(graph, source, format))
        return;
    node->conversion[node->conversions++] = (struct node_conversion){position, source, -1, cause_of(graph, source), false};
}

/* Views of an image with another rank are read by their strides, and what is made of them is row-major: the image changes. */
static void silent_views(struct ruling *self)
{
    struct node *node = self->node;
    for (int i = 0; i < node->inputs; i++) {
        struct node_conversion made = {i, node->in[i], -1, CAUSE_OPERATOR, false, true, FORMAT_CONTIGUOUS};
        if (node->in[i] < 0 || layout_is_image(self->graph, node->in[i]) || !layout_changes_image(self->graph, node->in[i], &made.to))
            continue;
        made.cause = cause_of(self->graph, node->in[i]);
        node->conversion[node->conversions++] = made;
    }
}

static enum status convert_all(struct ruling *self, enum memory_format format)
{
    for (int i = 0; i < self->node->inputs; i++)
        TRY(convert(self, i, format));
    return STATUS_OK;
}

static void mix_all(struct ruling *self, enum memory_format format)
{
    for (int i = 0; i < self->node->inputs; i++)
        mixed(self, i, format);
}

static enum status rule_any(struct ruling *self)
{
    set_outputs(self, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status rule_input(struct ruling *self)
{
    enum memory_format format = layout_suggested(self->graph, self->node->in[0]);
    set_outputs(self, format);
    silent_views(self);
    return convert_all(self, format);
}

static enum status rule_input_mixed(struct ruling *self)
{
    enum memory_format format = layout_suggested(self->graph, self->node->in[0]);
    set_outputs(self, format);
    mix_all(self, format);
    return STATUS_OK;
}

/* Convolution's or-rule (ATen/native/ConvUtils.h): positions of the activation and the weight. */
static enum memory_format conv_format(struct ruling *self, int input, int weight)
{
    struct graph *graph = self->graph;
    return layout_suggested(graph, self->node->in[input]) == FORMAT_CHANNELS_LAST ||
                   layout_suggested(graph, self->node->in[weight]) == FORMAT_CHANNELS_LAST
               ? FORMAT_CHANNELS_LAST
               : FORMAT_CONTIGUOUS;
}

/*
 * The operator's kernel takes weights in either format, so only activations are converted; gradients lie as the weight.
 * 1-D convolutions (3-D tensors) take contiguous ones (ATen/native/Convolution.cpp, "avoid accidentally going through NHWC").
 */
static enum status rule_conv(struct ruling *self)
{
    enum memory_format format = conv_format(self, 0, 1);
    set_format(self->graph, self->node->out[0], format);
    return bring(self, 0, format);
}

static enum status rule_conv_backward(struct ruling *self)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    enum memory_format format = conv_format(self, 1, 2);
    if (node->out[0] >= 0)
        set_format(graph, node->out[0], format);
    TRY(bring(self, 0, format));
    return bring(self, 1, format);
}

static enum status rule_saved(struct ruling *self)
{
    enum memory_format format = layout_suggested(self->graph, self->node->in[1]);
    set_outputs(self, format);
    return convert_all(self, format);
}

/* What forward converted it kept: the copy is the saved input. */
static enum status rule_saved_copy(struct ruling *self)
{
    const struct node *forward = &self->graph->node[self->node->forward_node];
    for (int i = 0; i < forward->conversions; i++) {
        if (forward->conversion[i].source == self->node->in[1] && forward->conversion[i].dest >= 0)
            self->node->in[1] = forward->conversion[i].dest;
    }
    return rule_saved(self);
}

static enum status rule_saved_mixed(struct ruling *self)
{
    enum memory_format format = layout_suggested(self->graph, self->node->in[1]);
    set_outputs(self, format);
    mix_all(self, format);
    return STATUS_OK;
}

/* In place, the output keeps its own memory's order. */
static enum status rule_first(struct ruling *self)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    const struct tensor *input[OP_MAX_IN];
    int inputs = op_flags(node->op) & OP_IN_PLACE ? 1 : node->inputs;
    for (int i = 0; i < inputs; i++)
        input[i] = node->in[i] < 0 ? NULL : tensor_of(graph, node->in[i]);
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (!is_placed(self, node->out[i]))
            iterator_strides(input, inputs, tensor_of(graph, node->out[i]));
    }
    if (layout_is_image(graph, node->out[0]))
        mix_all(self, layout_order(graph, node->out[0]));
    return STATUS_OK;
}

/* stack: the strides of the inputs put one behind the other along the new dimension, seen with that dimension apart. */
static void set_stacked(struct ruling *self, enum memory_format format)
{
    const struct tensor *in = tensor_of(self->graph, self->node->in[0]);
    struct tensor *out = tensor_of(self->graph, self->node->out[0]), joined = *in;
    int dim = self->node->attrs.dim.dim;
    joined.size[dim] *= out->size[dim];
    layout_strides(joined.dims == 4 ? format : FORMAT_CONTIGUOUS, joined.dims, joined.size, joined.stride);
    for (int d = 0; d < out->dims; d++)
        out->stride[d] = joined.stride[d <= dim ? d : d - 1];
    out->stride[dim] *= in->size[dim];
}

/* cat's rule (ATen/native/TensorShape.cpp, compute_output_memory_format): all inputs agree, or contiguous. */
static enum status rule_cat(struct ruling *self)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    enum memory_format format = layout_suggested(graph, node->in[0]);
    for (int i = 1; i < node->inputs; i++) {
        if (layout_suggested(graph, node->in[i]) != format)
            format = FORMAT_CONTIGUOUS;
    }
    if (node->op == OP_STACK)
        set_stacked(self, format);
    else
        set_outputs(self, format);
    mix_all(self, format);
    return STATUS_OK;
}

static enum status rule_contiguous(struct ruling *self)
{
    set_outputs(self, FORMAT_CONTIGUOUS);
    for (int i = 0; i < self->node->inputs; i++)
        TRY(bring(self, i, FORMAT_CONTIGUOUS));
    return STATUS_OK;
}

/* A reduction's input, seen with the sizes of its output: without the dimensions that go, those that stay as 1 unordered. */
static struct tensor what_stays(struct ruling *self)
{
    const struct reduce_attrs *attrs = &self->node->attrs.reduce;
    const struct tensor *in = tensor_of(self->graph, self->node->in[0]);
    struct tensor left = *tensor_of(self->graph, self->node->out[0]);
    int at = 0;
    for (int d = 0; d < in->dims; d++) {
        bool reduced = attrs->dims >> d & 1;
        if (!reduced)
            left.stride[at++] = in->stride[d];
        else if (attrs->keep)
            left.stride[at++] = 0;
    }
    return left;
}

/* A sum over the paths of a 5-D tensor that lies as images in channels_last: the image that comes out is contiguous. */
static void note_deep_sum(struct ruling *self)
{
    struct node *node = self->node;
    if (node->op != OP_SUM || layout_is_image(self->graph, node->in[0]))
        return;
    struct tensor left = what_stays(self);
    if (layout_suggest(left.dims, left.size, left.stride) == FORMAT_CHANNELS_LAST)
        node->conversion[node->conversions++] =
            (struct node_conversion){0, node->in[0], -1, cause_of(self->graph, node->in[0]), false};
}

/* An output that is both formats has lost nothing. */
static enum status rule_silent(struct ruling *self)
{
    set_outputs(self, FORMAT_CONTIGUOUS);
    if (!layout_is_image(self->graph, self->node->out[0]) ||
        tensor_format(tensor_of(self->graph, self->node->out[0])) == FORMAT_EITHER)
        return STATUS_OK;
    mix_all(self, FORMAT_CONTIGUOUS);
    note_deep_sum(self);
    return STATUS_OK;
}

static enum status rule_kept(struct ruling *self)
{
    struct tensor left = what_stays(self);
    const struct tensor *one[] = {&left};
    iterator_strides(one, 1, tensor_of(self->graph, self->node->out[0]));
    return STATUS_OK;
}

/* A copy that changes the order of an image, or of the image that its input is a view of, is a conversion that the node does. */
static void note_copy(struct ruling *self, enum memory_format to)
{
    struct graph *graph = self->graph;
    struct node *node = self->node;
    int in = node->in[0], image = layout_image(graph, in);
    struct node_conversion made = {0, image, node->out[0], CAUSE_EXPLICIT, false, image != in, to};
    if (node->phase == PHASE_BACKWARD)
        made.cause = CAUSE_GRADIENT;
    if (image < 0 || layout_lies(graph, in, to))
        return;
    if (made.viewed ? !layout_changes_image(graph, in, &made.to) : layout_is_copy(graph, image, to))
        return;
    node->conversion[node->conversions++] = made;
}

/*
 * Copies and casts. Preserve keeps the strides of a dense input; of another one _to_copy takes the suggested format
 * (ATen/native/TensorConversions.cpp), clone the order of its dimensions (empty_like, infer_dense_strides).
 */
static enum status rule_preserve(struct ruling *self)
{
    static const enum memory_format formats[] = {[COPY_CONTIGUOUS] = FORMAT_CONTIGUOUS,
                                                 [COPY_CHANNELS_LAST] = FORMAT_CHANNELS_LAST};
    struct graph *graph = self->graph;
    struct node *node = self->node;
    const struct tensor *in = tensor_of(graph, node->in[0]);
    struct tensor *out = tensor_of(graph, node->out[0]);
    enum copy_format format = node->attrs.copy.format;
    if (format != COPY_PRESERVE) {
        set_format(graph, node->out[0], formats[format]);
        note_copy(self, formats[format]);
    } else if (layout_is_dense(in->dims, in->size, in->stride)) {
        for (int d = 0; d < TENSOR_MAX_DIMS; d++)
            out->stride[d] = in->stride[d];
    } else if (node->op == OP_CLONE) {
        iterator_strides(&in, 1, out);
    } else {
        set_format(graph, node->out[0], layout_suggested(graph, node->in[0]));
    }
    return STATUS_OK;
}

/*
 * The copy between two views of a channels_last image, of more dimensions than 4 (a channel shuffle), in the order in which the view
 * that reads it is a channels_last image again. No conversion: the elements move, the order of N, H, W and C stays.
 */
static bool keeps_image(struct ruling *self)
{
    struct graph *graph = self->graph;
    const struct node *node = self->node;
    int image = layout_image(graph, node->in[0]), reader;
    struct tensor *out = tensor_of(graph, node->out[0]);
    if (node->op != OP_CLONE || node->attrs.copy.when == COPY_ALWAYS || node->attrs.copy.format != COPY_CONTIGUOUS || image < 0 ||
        layout_order(graph, image) != FORMAT_CHANNELS_LAST || graph_readers(graph, node->out[0], &reader, 1) != 1)
        return false;
    enum op_id op = graph->node[reader].op;
    int becomes = op == OP_VIEW || op == OP_UNSAFE_VIEW ? graph->node[reader].out[0] : -1;
    if (!layout_is_image(graph, becomes))
        return false;
    struct tensor wanted = tensor_with_format(tensor_of(graph, becomes), FORMAT_CHANNELS_LAST);
    return view_possible(&wanted, out->dims, out->size, out->stride);
}

static enum status rule_preserve_image(struct ruling *self)
{
    return keeps_image(self) ? STATUS_OK : rule_preserve(self);
}

static enum status (*const rules[RULE_COUNT])(struct ruling *) = {
    [RULE_ANY] = rule_any,
    [RULE_INPUT] = rule_input,
    [RULE_INPUT_MIXED] = rule_input_mixed,
    [RULE_CONV] = rule_conv,
    [RULE_CONV_BACKWARD] = rule_conv_backward,
    [RULE_SAVED] = rule_saved,
    [RULE_SAVED_COPY] = rule_saved_copy,
    [RULE_SAVED_MIXED] = rule_saved_mixed,
    [RULE_FIRST] = rule_first,
    [RULE_CAT] = rule_cat,
    [RULE_CONTIGUOUS] = rule_contiguous,
    [RULE_SILENT] = rule_silent,
    [RULE_KEPT] = rule_kept,
    [RULE_BORN] = rule_any,
    [RULE_PRESERVE] = rule_preserve,
    [RULE_PRESERVE_IMAGE] = rule_preserve_image,
};

enum status layout_rule_apply(enum layout_rule rule, struct graph *graph, int node)
{
    struct ruling self = {graph, &graph->node[node]};
    return rules[rule](&self);
}
