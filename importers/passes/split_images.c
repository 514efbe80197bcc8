/*
 * Copies of views that split an image's places or channels over more dimensions: space to depth and pixel shuffle written as
 * view, permute, contiguous, view. The view's own strides tell no order; the image that it was cut from and the image
 * that the copy becomes do.
 */
#include "importers/passes/convert.h"

#define VIEWS_MOST 8 /* between the copy and the image, on either side */

static bool is_image(const struct tensor_kind *kind)
{
    enum memory_format format = image_format(kind);
    return kind && kind->dims == 4 && (format == FORMAT_CONTIGUOUS || format == FORMAT_CHANNELS_LAST);
}

/* The image that a tensor is a view of; -1 = not known. */
static int image_behind(const struct converter *self, int tensor)
{
    const struct chunk *chunk = self->chunk;
    for (int i = 0; i < VIEWS_MOST && tensor >= 0; i++) {
        if (is_image(tensor_kind_at(chunk, tensor)))
            return tensor;
        int64_t id = chunk->tensors[tensor].id;
        int maker = id >= 0 && id < self->makers ? self->maker[id] : -1;
        if (maker < 0 || self->class_[maker] != CLASS_VIEW)
            return -1;
        tensor = node_input(chunk, &chunk->nodes[maker], 0);
    }
    return -1;
}

/* The next view that an operator after `node` takes of a tensor; -1 = none. Moves *node there. */
static int next_view(const struct converter *self, int tensor, int *node)
{
    const struct chunk *chunk = self->chunk;
    int64_t id = chunk->tensors[tensor].id;
    for (int n = *node + 1; id >= 0 && n < chunk->nodes_count; n++) {
        if (chunk->nodes[n].level != LEVEL_OPERATOR || self->class_[n] != CLASS_VIEW)
            continue;
        int input = node_input(chunk, &chunk->nodes[n], 0);
        if (input < 0 || chunk->tensors[input].id != id)
            continue;
        *node = n;
        return node_output(chunk, &chunk->nodes[n], 0);
    }
    return -1;
}

/* The image that a tensor made by `node` is first looked at as; -1 = not known. */
static int image_ahead(const struct converter *self, int tensor, int node)
{
    for (int i = 0; i < VIEWS_MOST && tensor >= 0; i++) {
        if (is_image(tensor_kind_at(self->chunk, tensor)))
            return tensor;
        tensor = next_view(self, tensor, &node);
    }
    return -1;
}

/* Places went into the channels or out of them: as many elements an image, height and width scaled alike. */
static bool is_scaled(const struct tensor_kind *a, const struct tensor_kind *b)
{
    int64_t x, y;
    return a->size[0] == b->size[0] && tensor_elements(a) == tensor_elements(b) &&
           !__builtin_mul_overflow(a->size[2], b->size[3], &x) && !__builtin_mul_overflow(a->size[3], b->size[2], &y) && x == y;
}

bool convert_split_image(const struct converter *self, int holder, enum memory_format *from, enum memory_format *to)
{
    const struct chunk *chunk = self->chunk;
    int source = node_input(chunk, &chunk->nodes[holder], 0), dest = node_output(chunk, &chunk->nodes[holder], 0);
    const struct tensor_kind *kind = tensor_kind_at(chunk, source);
    if (!kind || dest < 0 || kind->dims <= 5)
        return false;
    int before = image_behind(self, source), after = before < 0 ? -1 : image_ahead(self, dest, holder);
    if (after < 0 || !is_scaled(tensor_kind_at(chunk, before), tensor_kind_at(chunk, after)))
        return false;
    *from = image_format(tensor_kind_at(chunk, before));
    *to = image_format(tensor_kind_at(chunk, after));
    return *from != *to;
}
