/*
 * Conversions without a kernel of their own: silent ones (an operator takes channels_last and gives contiguous) and
 * mixed ones (operands disagree; the output follows one, the others are read by their strides).
 */
#include "base/array.h"
#include "importers/passes/convert.h"

/* The format that a mixed operator gives: its output's, else, in place, its first input's. */
static enum memory_format format_given(const struct chunk *chunk, const struct node *node,
                                       const struct operator_facts *facts, const struct tensor_kind **kind)
{
    *kind = tensor_kind_at(chunk, node_output(chunk, node, 0));
    if (!*kind && facts->class_ == CLASS_MIXED && facts->in_place)
        *kind = tensor_kind_at(chunk, node_input(chunk, node, 0));
    return image_format(*kind);
}

/*
 * An operand that lies otherwise than the result. Operators without a rule of their own only ever lose channels_last;
 * those on a TensorIterator read any mixture, but an operand that is spread over the result is no conversion.
 */
static bool is_kernelless(const struct tensor_kind *operand, enum memory_format given, const struct tensor_kind *result,
                          const struct operator_facts *facts)
{
    enum memory_format format = image_format(operand);
    if (!image_formats_differ(format, given))
        return false;
    if (facts->class_ != CLASS_MIXED)
        return format == FORMAT_CHANNELS_LAST && given == FORMAT_CONTIGUOUS;
    return facts->shape == SHAPE_CAT || image_same_sizes(operand, result);
}

static enum status add(struct converter *self, int holder, int source, enum memory_format to, const char *dtype)
{
    struct chunk *chunk = self->chunk;
    const struct tensor_kind *kind = tensor_kind_at(chunk, source);
    struct chunk_conversion conversion = {
        .node = holder,
        .kernel = -1,
        .copy = -1,
        .source = source,
        .dest = -1,
        .kind = chunk->tensors[source].kind,
        .from = image_format(kind),
        .to = to,
        .source_dtype = kind->dtype,
        .dest_dtype = dtype,
        .bytes_read = image_bytes(kind),
        .bytes_written = -1,
    };
    TRY(convert_cause(self, holder, source, &conversion.cause));
    ARRAY_ADD(chunk, conversions, conversion);
    return STATUS_OK;
}

static enum status look_at_node(struct converter *self, int number)
{
    struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[number];
    const struct operator_facts *facts;
    const struct tensor_kind *result;
    TRY(facts_of_node(chunk, node, &facts));
    struct operator_facts own = *facts; /* later look-ups may move what it points to */
    enum memory_format given = format_given(chunk, node, &own, &result);
    if ((own.class_ != CLASS_PLAIN && own.class_ != CLASS_MIXED) || given == FORMAT_COUNT)
        return STATUS_OK;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        const struct node_tensor *operand = &chunk->tensors[i];
        bool parameter = operand->position < 32 && (own.parameters >> operand->position & 1);
        if (operand->out || parameter || !is_kernelless(tensor_kind_at(chunk, i), given, result, &own) ||
            self->converted[i])
            continue;
        TRY(add(self, number, i, given, result->dtype));
    }
    return STATUS_OK;
}

enum status convert_by_formats(struct converter *self)
{
    for (int n = 0; n < self->chunk->nodes_count; n++) {
        if (self->chunk->nodes[n].level == LEVEL_OPERATOR)
            TRY(look_at_node(self, n));
    }
    return STATUS_OK;
}
