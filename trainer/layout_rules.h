/* What each layout rule of a policy (kernels/policy.h) does to one node: its outputs' strides and its conversions. */
#ifndef TRAINER_LAYOUT_RULES_H
#define TRAINER_LAYOUT_RULES_H

#include "kernels/policy.h"
#include "trainer/graph.h"

/* Applies the rule to node number `node`, whose inputs have their strides. Fails with UNSUPPORTED. */
enum status layout_rule_apply(enum layout_rule rule, struct graph *graph, int node);

/* Contiguous or channels_last: the value's format, or of a slice the order that PyTorch suggests. */
enum memory_format layout_order(const struct graph *graph, int value);

/* The image that a value of another rank, or an image seen as (N,H,W,C), is a view of; the value itself where it is one; -1. */
int layout_image(const struct graph *graph, int value);

/* True when the value already lies as `format` asks, up to dimensions of size 1. Ranks other than 4: row-major. */
bool layout_lies(const struct graph *graph, int value, enum memory_format format);

#endif
