/* Conversions that a library's own log tells: "onednn::reorder" within a primitive's span (importers/span.h). */
#include <string.h>

#include "base/array.h"
#include "importers/passes/convert.h"

/* Between `either` and contiguous or channels_last nothing moves; with a library's blocks on a side it does, since a
 * cause is told. */
static bool moves(enum memory_format from, enum memory_format to)
{
    bool blocks = from == FORMAT_BLOCKED || to == FORMAT_BLOCKED;
    return from != FORMAT_COUNT && to != FORMAT_COUNT &&
           (blocks || (from != to && from != FORMAT_EITHER && to != FORMAT_EITHER));
}

static enum conversion_cause cause_told(const struct chunk *chunk, const struct node *reorder)
{
    const char *word = chunk_arguments(chunk, reorder);
    for (int i = 0; word && i < CAUSE_COUNT; i++) {
        if (strcmp(word, conversion_cause_name((enum conversion_cause)i)) == 0)
            return (enum conversion_cause)i;
    }
    return CAUSE_LIBRARY;
}

static enum status add(struct converter *self, int reorder, int source, int dest)
{
    struct chunk *chunk = self->chunk;
    const struct tensor_kind *from = tensor_kind_at(chunk, source), *to = tensor_kind_at(chunk, dest);
    struct chunk_conversion conversion = {
        .node = chunk->nodes[reorder].operator_,
        .kernel = self->first_kernel[reorder],
        .copy = reorder,
        .dest = -1,
        .kind = chunk->tensors[source].kind,
        .cause = cause_told(chunk, &chunk->nodes[reorder]),
        .from = tensor_kind_format(from),
        .to = tensor_kind_format(to),
        .source_dtype = from->dtype,
        .dest_dtype = to->dtype,
        .bytes_read = image_bytes(from),
        .bytes_written = image_bytes(to),
    };
    conversion.source = convert_source(self, conversion.node, source);
    if (conversion.source >= 0)
        self->converted[conversion.source] = true;
    ARRAY_ADD(chunk, conversions, conversion);
    return STATUS_OK;
}

/* A reorder has one tensor on either side, at the place that it has in the primitive. */
static int side(const struct chunk *chunk, const struct node *node, bool out)
{
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (chunk->tensors[i].out == out)
            return i;
    }
    return -1;
}

enum status convert_by_reorders(struct converter *self)
{
    const struct chunk *chunk = self->chunk;
    for (int n = 0; n < chunk->nodes_count; n++) {
        const struct node *node = &chunk->nodes[n];
        if (self->class_[n] != CLASS_REORDER || node->operator_ < 0 || !chunk_arguments(chunk, node))
            continue;
        int source = side(chunk, node, false), dest = side(chunk, node, true);
        if (source >= 0 && dest >= 0 &&
            moves(tensor_kind_format(tensor_kind_at(chunk, source)), tensor_kind_format(tensor_kind_at(chunk, dest))))
            TRY(add(self, n, source, dest));
    }
    return STATUS_OK;
}
