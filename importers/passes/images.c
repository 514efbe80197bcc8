/* Orders of image tensors, from sizes and strides alone. */
#include "importers/passes/images.h"

/* Strides of a dense tensor whose dimensions lie in this order, fastest first; those of size 1 carry no meaning. */
static bool lies_in_order(const struct tensor_kind *kind, const int *order)
{
    int64_t expected = 1;
    for (int i = 0; i < kind->dims; i++) {
        if (kind->size[order[i]] != 1 && kind->stride[order[i]] != expected)
            return false;
        expected *= kind->size[order[i]];
    }
    return true;
}

/*
 * A 5-D view (N, G, C/G, H, W) of an image, also with its channel dimensions swapped: which of channels and places is
 * inside. Of an image with one channel or one place both hold.
 */
static enum memory_format format_of_5d(const struct tensor_kind *kind)
{
    static const int inside[][5] = {{2, 1, 4, 3, 0}, {1, 2, 4, 3, 0}},
                     outside[][5] = {{4, 3, 2, 1, 0}, {4, 3, 1, 2, 0}};
    bool channels_last = lies_in_order(kind, inside[0]) || lies_in_order(kind, inside[1]);
    bool contiguous = lies_in_order(kind, outside[0]) || lies_in_order(kind, outside[1]);
    if (channels_last && contiguous)
        return FORMAT_EITHER;
    return contiguous ? FORMAT_CONTIGUOUS : channels_last ? FORMAT_CHANNELS_LAST : FORMAT_STRIDED;
}

enum memory_format image_format(const struct tensor_kind *kind)
{
    if (!kind || !kind->has_strides || (kind->dims != 4 && kind->dims != 5))
        return FORMAT_COUNT;
    if (tensor_elements(kind) <= 0 || !layout_is_dense(kind->dims, kind->size, kind->stride))
        return FORMAT_COUNT;
    return kind->dims == 4 ? layout_of(4, kind->size, kind->stride) : format_of_5d(kind);
}

/* Strides that grow in this order, fastest first, and leave room for what lies inside. */
static bool grows_in_order(const struct tensor_kind *kind, const int order[4])
{
    int64_t least = 1;
    for (int i = 0; i < 4; i++) {
        int64_t size = kind->size[order[i]], stride = kind->stride[order[i]];
        if (size == 1)
            continue;
        if (stride < least || __builtin_mul_overflow(stride, size, &least))
            return false;
    }
    return true;
}

enum memory_format image_order(const struct tensor_kind *kind)
{
    static const int channels_last_order[] = {1, 3, 2, 0}, contiguous_order[] = {3, 2, 1, 0};
    enum memory_format format = image_format(kind);
    if (format != FORMAT_COUNT || !kind || !kind->has_strides || kind->dims != 4 || tensor_elements(kind) <= 0)
        return format;
    bool channels_last = grows_in_order(kind, channels_last_order), contiguous = grows_in_order(kind, contiguous_order);
    if (channels_last && contiguous)
        return FORMAT_EITHER;
    return channels_last ? FORMAT_CHANNELS_LAST : contiguous ? FORMAT_CONTIGUOUS : FORMAT_COUNT;
}

enum memory_format image_label(const struct tensor_kind *kind)
{
    enum memory_format format = image_format(kind);
    return format == FORMAT_COUNT ? FORMAT_STRIDED : format;
}

bool image_formats_differ(enum memory_format from, enum memory_format to)
{
    bool known = from != FORMAT_COUNT && to != FORMAT_COUNT && from != FORMAT_EITHER && to != FORMAT_EITHER;
    return known && from != to && (from == FORMAT_CHANNELS_LAST || to == FORMAT_CHANNELS_LAST);
}

bool image_same_sizes(const struct tensor_kind *a, const struct tensor_kind *b)
{
    if (a->dims != b->dims)
        return false;
    for (int i = 0; i < a->dims; i++) {
        if (a->size[i] != b->size[i])
            return false;
    }
    return true;
}

int64_t image_bytes(const struct tensor_kind *kind)
{
    int64_t bytes = tensor_dtype_bytes(kind->dtype), elements = tensor_elements(kind);
    return bytes == 0 || elements < 0 || __builtin_mul_overflow(bytes, elements, &bytes) ? -1 : bytes;
}

static int tensor_of(const struct chunk *chunk, const struct node *node, int position, bool out)
{
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (chunk->tensors[i].out == out && chunk->tensors[i].position == position)
            return i;
    }
    return -1;
}

int node_input(const struct chunk *chunk, const struct node *node, int position)
{
    return tensor_of(chunk, node, position, false);
}

int node_output(const struct chunk *chunk, const struct node *node, int position)
{
    return tensor_of(chunk, node, position, true);
}

const struct tensor_kind *tensor_kind_at(const struct chunk *chunk, int tensor)
{
    return tensor < 0 ? NULL : chunk_tensor_kind(chunk, chunk->tensors[tensor].kind);
}
