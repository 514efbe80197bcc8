/*
 * Conversions by copies: aten::copy_ whose strides mean different orders of the same image, and copying operators
 * without one inside (a recorder that sees operators only). SEMANTICS: silent orders, `either` and slices never count.
 */
#include "base/array.h"
#include "importers/passes/convert.h"

/* aten::copy_ takes the destination first. */
#define COPY_DEST 0
#define COPY_SOURCE 1

struct relayout {
    enum memory_format from, to;
};

/* x.permute(0, 2, 3, 1) of a contiguous image x: what ConvNeXt gives to its LayerNorm. */
static bool is_permuted_image(const struct converter *self, int holder, int tensor)
{
    const struct chunk *chunk = self->chunk;
    if (chunk->tensors[tensor].id < 0) /* inside, of no told identity: as the operator's input that it looks like */
        tensor = convert_source(self, holder, tensor);
    if (tensor < 0)
        return false;
    int64_t id = chunk->tensors[tensor].id;
    int maker = id >= 0 && id < self->makers ? self->maker[id] : -1;
    if (maker < 0 || self->class_[maker] != CLASS_VIEW)
        return false;
    const struct tensor_kind *view = tensor_kind_at(chunk, tensor);
    const struct tensor_kind *image = tensor_kind_at(chunk, node_input(chunk, &chunk->nodes[maker], 0));
    static const int dimension[] = {0, 2, 3, 1};
    if (image_format(image) != FORMAT_CONTIGUOUS || image->dims != 4)
        return false;
    for (int i = 0; i < 4; i++) {
        if (view->size[i] != image->size[dimension[i]] || view->stride[i] != image->stride[dimension[i]])
            return false;
    }
    return true;
}

/* What a copy under `holder` does to the image; false where it keeps the order of its elements. */
static bool is_relayout(const struct converter *self, int holder, int source, int dest, struct relayout *relayout)
{
    const struct tensor_kind *from = tensor_kind_at(self->chunk, source), *to = tensor_kind_at(self->chunk, dest);
    if (!from || !to || !image_same_sizes(from, to))
        return false;
    if (image_formats_differ(image_order(from), image_order(to))) {
        *relayout = (struct relayout){image_label(from), image_label(to)};
        return true;
    }
    if (from->dims > 4)
        return convert_split_image(self, holder, &relayout->from, &relayout->to);
    /* The copy's dimensions are N, H, W, C: row-major it holds the image in channels_last. */
    *relayout = (struct relayout){FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST};
    return image_format(from) == FORMAT_STRIDED && image_format(to) == FORMAT_CONTIGUOUS &&
           is_permuted_image(self, holder, source);
}

static int output_of_holder(const struct chunk *chunk, int holder, int dest)
{
    const struct node *node = &chunk->nodes[holder];
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        const struct node_tensor *output = &chunk->tensors[i];
        if (output->out && output->id >= 0 && output->id == chunk->tensors[dest].id)
            return i;
    }
    return -1;
}

/* A tensor made inside that looks like one of the holder's parameters: the parameter's gradient. */
static bool is_parameter_gradient(const struct converter *self, int holder, const struct tensor_kind *kind,
                                  enum status *status)
{
    const struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[holder];
    const struct operator_facts *facts;
    *status = facts_of_node(chunk, node, &facts);
    if (*status != STATUS_OK || node->phase == PHASE_FORWARD)
        return false;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        const struct node_tensor *tensor = &chunk->tensors[i];
        if (!tensor->out && tensor->position < 32 && (facts->parameters >> tensor->position & 1) &&
            image_same_sizes(tensor_kind_at(chunk, i), kind))
            return true;
    }
    return false;
}

/*
 * A convolution's inner tensor in another order than all that it was given: the library chose that order for its result, and
 * what is converted is the library's (oneDNN gives grad_input of strided 1x1 convolutions in channels_last, whatever
 * it took; ATen/native/mkldnn/Conv.cpp then calls contiguous()).
 */
static bool is_librarys_choice(const struct chunk *chunk, const struct chunk_conversion *conversion)
{
    const struct node *node = &chunk->nodes[conversion->node];
    if (!convert_is_convolution(chunk, node))
        return false;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (!chunk->tensors[i].out && image_order(tensor_kind_at(chunk, i)) == conversion->from)
            return false;
    }
    return true;
}

/*
 * Where the conversion begins: at an input of its holder, or inside. A weight's gradient is no part of the dataflow of
 * activations, so it is given as the tensor inside that nothing else touches.
 */
static enum status set_source(struct converter *self, struct chunk_conversion *conversion, int source)
{
    struct chunk *chunk = self->chunk;
    const struct tensor_kind *kind = tensor_kind_at(chunk, source);
    enum status status;
    conversion->source = convert_source(self, conversion->node, source);
    if (conversion->source >= 0)
        return convert_cause(self, conversion->node, conversion->source, &conversion->cause);
    bool gradient = is_parameter_gradient(self, conversion->node, kind, &status);
    TRY(status);
    if (!gradient && !is_librarys_choice(chunk, conversion))
        return convert_cause(self, conversion->node, conversion->source, &conversion->cause);
    conversion->cause = gradient ? CAUSE_WEIGHT : CAUSE_LIBRARY;
    return STATUS_OK;
}

static void set_kernel(struct converter *self, struct chunk_conversion *conversion, int copy)
{
    struct chunk *chunk = self->chunk;
    conversion->kernel = self->first_kernel[copy];
    conversion->copy = -1;
    if (conversion->kernel >= 0)
        chunk->kernels[conversion->kernel].role = ROLE_CONVERSION;
    else if (chunk->kernels_count == 0 || chunk->nodes[conversion->node].phase == PHASE_DATA ||
             conversion->cause == CAUSE_INPUT)
        conversion->copy = copy; /* done by the host; elsewhere its kernel is not in the trace */
}

/* A copy into a slice of the operator's result (slice_backward's) makes what the result is. */
static enum memory_format label_given(const struct chunk *chunk, int holder, int dest, enum memory_format label)
{
    const struct tensor_kind *to = tensor_kind_at(chunk, dest);
    const struct tensor_kind *result = tensor_kind_at(chunk, node_output(chunk, &chunk->nodes[holder], 0));
    bool is_part = label == FORMAT_STRIDED && result && image_order(result) == image_order(to);
    return is_part ? image_label(result) : label;
}

static enum status add(struct converter *self, int copy, int source, int dest, struct relayout relayout)
{
    struct chunk *chunk = self->chunk;
    const struct tensor_kind *from = tensor_kind_at(chunk, source), *to = tensor_kind_at(chunk, dest);
    struct chunk_conversion conversion = {
        .node = chunk->nodes[copy].operator_,
        .dest = -1,
        .kind = chunk->tensors[source].kind,
        .from = relayout.from,
        .to = label_given(chunk, chunk->nodes[copy].operator_, dest, relayout.to),
        .source_dtype = from->dtype,
        .dest_dtype = to->dtype,
        .bytes_read = image_bytes(from),
        .bytes_written = image_bytes(to),
    };
    TRY(set_source(self, &conversion, source));
    int output = output_of_holder(chunk, conversion.node, dest);
    conversion.dest = output >= 0 ? output : chunk->tensors[dest].id >= 0 ? dest : -1;
    set_kernel(self, &conversion, copy);
    self->copies[conversion.node] = true;
    if (conversion.source >= 0)
        self->converted[conversion.source] = true;
    ARRAY_ADD(chunk, conversions, conversion);
    return STATUS_OK;
}

/* An operator that copies and whose copy is not in the trace: its tensors tell. */
static enum status look_at_operator(struct converter *self, int number)
{
    const struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[number];
    int source = node_input(chunk, node, 0), dest = node_output(chunk, node, 0);
    struct relayout relayout;
    if (self->copies[number] || !is_relayout(self, number, source, dest, &relayout))
        return STATUS_OK;
    return add(self, number, source, dest, relayout);
}

/* Before PyTorch 2.4 a profiler tells no strides: then the operator's own tensors, if somebody told those, are asked. */
static bool is_told(const struct chunk *chunk, int tensor)
{
    const struct tensor_kind *kind = tensor_kind_at(chunk, tensor);
    return kind && kind->has_strides;
}

enum status convert_copies(struct converter *self)
{
    const struct chunk *chunk = self->chunk;
    for (int n = 0; n < chunk->nodes_count; n++) {
        const struct node *node = &chunk->nodes[n];
        if (node->operator_ < 0 || self->class_[n] != CLASS_COPY_INTO)
            continue;
        int source = node_input(chunk, node, COPY_SOURCE), dest = node_input(chunk, node, COPY_DEST);
        struct relayout relayout;
        if (is_relayout(self, node->operator_, source, dest, &relayout))
            TRY(add(self, n, source, dest, relayout));
        else if (is_told(chunk, source) && is_told(chunk, dest))
            self->copies[node->operator_] = true;
    }
    for (int n = 0; n < chunk->nodes_count; n++) {
        if (chunk->nodes[n].level == LEVEL_OPERATOR && self->class_[n] == CLASS_COPY)
            TRY(look_at_operator(self, n));
    }
    return STATUS_OK;
}
