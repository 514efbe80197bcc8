/*
 * Questions about a value's memory format, slices, expanded tensors and views of images included. Strides must be set; nothing
 * is changed. "Image": a 4-D tensor.
 */
#ifndef TRAINER_LAYOUT_IMAGES_H
#define TRAINER_LAYOUT_IMAGES_H

#include "trainer/graph.h"

/* False for -1. */
bool layout_is_image(const struct graph *graph, int value);

/* layout_suggest of the value's tensor. */
enum memory_format layout_suggested(const struct graph *graph, int value);

/* Contiguous or channels_last: the value's format, or of a slice the order that PyTorch suggests. */
enum memory_format layout_order(const struct graph *graph, int value);

/* True when the value already lies as `format` asks, up to dimensions of size 1. Ranks other than 4: row-major. */
bool layout_lies(const struct graph *graph, int value, enum memory_format format);

/* True when bringing the value to `format` gathers elements in the order they have: a copy, no layout conversion. */
bool layout_is_copy(const struct graph *graph, int value, enum memory_format format);

/* The image that a value of another rank, or an image seen as (N,H,W,C), is a view of; the value itself where it is one; -1. */
int layout_image(const struct graph *graph, int value);

/* A view whose copy to row-major order brings the whole image below into another format; *to is set. */
bool layout_changes_image(const struct graph *graph, int value, enum memory_format *to);

#endif
