/* What a value's tensor is as an image, and what image a view shows. */
#include "trainer/layout_images.h"

#include <string.h>

static const struct tensor *tensor_of(const struct graph *graph, int value)
{
    return &graph->value[value].tensor;
}

bool layout_is_image(const struct graph *graph, int value)
{
    return value >= 0 && tensor_of(graph, value)->dims == 4;
}

enum memory_format layout_suggested(const struct graph *graph, int value)
{
    const struct tensor *t = tensor_of(graph, value);
    return layout_suggest(t->dims, t->size, t->stride);
}

/* Repeated along a dimension: it has no order of its own. */
static bool is_expanded(const struct tensor *t)
{
    for (int d = 0; d < t->dims; d++) {
        if (t->stride[d] == 0 && t->size[d] > 1)
            return true;
    }
    return false;
}

enum memory_format layout_order(const struct graph *graph, int value)
{
    enum memory_format have = tensor_format(tensor_of(graph, value));
    return have == FORMAT_STRIDED ? layout_suggested(graph, value) : have;
}

bool layout_lies(const struct graph *graph, int value, enum memory_format format)
{
    const struct tensor *t = tensor_of(graph, value);
    enum memory_format have = tensor_format(t);
    return have == (t->dims == 4 ? format : FORMAT_CONTIGUOUS) || have == FORMAT_EITHER;
}

bool layout_is_copy(const struct graph *graph, int value, enum memory_format format)
{
    const struct tensor *t = tensor_of(graph, value);
    return t->dims != 4 || is_expanded(t) || (tensor_format(t) == FORMAT_STRIDED && layout_suggested(graph, value) == format);
}

/* (N,H,W,C) seen of an image (N,C,H,W). */
static bool is_turned(const struct graph *graph, int value)
{
    static const int last[] = {0, 2, 3, 1};
    int producer = graph->value[value].producer;
    const struct node *node = producer < 0 ? NULL : &graph->node[producer];
    return node && node->op == OP_PERMUTE && graph->value[value].alias_of >= 0 && layout_is_image(graph, value) &&
           memcmp(node->attrs.view.order, last, sizeof last) == 0;
}

int layout_image(const struct graph *graph, int value)
{
    while (value >= 0 && (!layout_is_image(graph, value) || is_turned(graph, value)))
        value = graph->value[value].alias_of;
    return value;
}

/* The format that the image under a view has after the view was copied to row-major order. */
static enum memory_format image_format(const struct graph *graph, int value)
{
    for (; !layout_is_image(graph, value) || is_turned(graph, value); value = graph->value[value].alias_of) {
        if (is_turned(graph, value))
            return FORMAT_CHANNELS_LAST;
    }
    return FORMAT_CONTIGUOUS;
}

bool layout_changes_image(const struct graph *graph, int value, enum memory_format *to)
{
    int image = layout_image(graph, value);
    if (image < 0 || image == value || tensor_count(tensor_of(graph, image)) != tensor_count(tensor_of(graph, value)) ||
        is_expanded(tensor_of(graph, image)))
        return false;
    *to = image_format(graph, value);
    return layout_order(graph, image) != *to && layout_order(graph, image) != FORMAT_EITHER;
}
