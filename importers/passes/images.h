/*
 * Orders of image tensors: 4-D ones, and 5-D views that split the channels of one (channel shuffle) or stack several.
 */
#ifndef IMPORTERS_PASSES_IMAGES_H
#define IMPORTERS_PASSES_IMAGES_H

#include "importers/chunk.h"

/*
 * contiguous, channels_last, either; strided: dense in another order. FORMAT_COUNT: unknown, no image, or with gaps or
 * overlap (slices, expanded tensors), of which a copy is no change of format.
 */
enum memory_format image_format(const struct tensor_kind *kind);

/*
 * The same, but slices of a contiguous or channels_last tensor count as that: what a copy has to do follows from the
 * order of the elements, gaps or not.
 */
enum memory_format image_order(const struct tensor_kind *kind);

/* What a conversion is said to start from or give: image_format, and slices are `strided`. */
enum memory_format image_label(const struct tensor_kind *kind);

/* The two formats are known, and going from one to the other moves elements from or to channels_last. */
bool image_formats_differ(enum memory_format from, enum memory_format to);

bool image_same_sizes(const struct tensor_kind *a, const struct tensor_kind *b);

/* Elements times the size of one; -1 = unknown. */
int64_t image_bytes(const struct tensor_kind *kind);

/* Index in chunk.tensors of the first input (output) of a node at a position; -1 = none. */
int node_input(const struct chunk *chunk, const struct node *node, int position);
int node_output(const struct chunk *chunk, const struct node *node, int position);

const struct tensor_kind *tensor_kind_at(const struct chunk *chunk, int tensor);

#endif
