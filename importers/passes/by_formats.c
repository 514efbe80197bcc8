/*
 * Conversions without a kernel of their own: silent ones (an operator takes channels_last and gives contiguous) and
 * mixed ones (operands disagree; the output follows one, the others are read by their strides).
 */
#include <string.h>

#include "base/array.h"
#include "importers/passes/convert.h"

/* The format that a mixed operator gives: its output's, else, in place, its first input's. */
static enum memory_format format_given(const struct chunk *chunk, const struct node *node,
                                       const struct operator_facts *facts, const struct tensor_kind **kind)
{
    *kind = tensor_kind_at(chunk, node_output(chunk, node, 0));
    if (!*kind && facts->class_ == CLASS_MIXED && facts->in_place)
        *kind = tensor_kind_at(chunk, node_input(chunk, node, 0));
    return image_order(*kind);
}

/*
 * An operand that lies otherwise than the result. Operators without a rule of their own only ever lose channels_last;
 * those on a TensorIterator read any mixture, but an operand that is spread over the result is no conversion.
 */
static bool is_kernelless(const struct tensor_kind *operand, enum memory_format given, const struct tensor_kind *result,
                          const struct operator_facts *facts)
{
    enum memory_format format = image_order(operand);
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
        .from = image_label(kind),
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

static bool is_operand(const struct chunk *chunk, int tensor, const struct operator_facts *facts)
{
    const struct node_tensor *operand = &chunk->tensors[tensor];
    return !operand->out && !(operand->position < 32 && (facts->parameters >> operand->position & 1));
}

/* As large as the result in its channels or its places; a grid of coordinates is neither. */
static bool is_whole(const struct tensor_kind *operand, const struct tensor_kind *result, const struct operator_facts *facts)
{
    if (facts->class_ == CLASS_MIXED && facts->shape != SHAPE_CAT)
        return image_same_sizes(operand, result);
    if (operand->dims != result->dims || operand->size[0] != result->size[0])
        return false;
    return operand->size[1] == result->size[1] || (operand->size[2] == result->size[2] && operand->size[3] == result->size[3]);
}

/* An image among the operands that lies as the result does: then the others are read otherwise, each of them. */
static bool follows_an_operand(const struct chunk *chunk, const struct node *node, const struct operator_facts *facts,
                               enum memory_format given, const struct tensor_kind *result)
{
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        const struct tensor_kind *operand = tensor_kind_at(chunk, i);
        if (is_operand(chunk, i, facts) && image_order(operand) == given && is_whole(operand, result, facts))
            return true;
    }
    return false;
}

bool convert_is_convolution(const struct chunk *chunk, const struct node *node)
{
    return strstr(chunk_word(chunk, node->name), "convolution") != NULL;
}

/*
 * A convolution converts each operand that lies otherwise than the format it works in, which its result shows; mostly by a
 * copy inside, which has been found then. One whose input or weight is in channels_last gives that: another result is
 * a guess that went wrong. A library's own primitive (onednn::convolution) takes its operands as they lie.
 */
static enum status look_at_convolution(struct converter *self, int number, const struct operator_facts *facts,
                                       const struct tensor_kind *result)
{
    struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[number];
    bool primitive = strncmp(chunk_word(chunk, node->name), "onednn::", strlen("onednn::")) == 0;
    if (primitive || image_order(result) != FORMAT_CHANNELS_LAST || self->copies[number])
        return STATUS_OK;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (is_operand(chunk, i, facts) && !self->converted[i] && image_formats_differ(image_order(tensor_kind_at(chunk, i)), FORMAT_CHANNELS_LAST))
            TRY(add(self, number, i, FORMAT_CHANNELS_LAST, result->dtype));
    }
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
    if (convert_is_convolution(chunk, node))
        return look_at_convolution(self, number, &own, result);
    bool follows = follows_an_operand(chunk, node, &own, given, result);
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (!is_operand(chunk, i, &own) || !is_kernelless(tensor_kind_at(chunk, i), given, result, &own))
            continue;
        if (!self->converted[i])
            TRY(add(self, number, i, image_label(result), result->dtype));
        if (!follows)
            return STATUS_OK; /* silent: one tensor is given, in another format than all that were taken */
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
