/* What each layout rule of a policy (kernels/policy.h) does to one node: its outputs' strides and its conversions. */
#ifndef TRAINER_LAYOUT_RULES_H
#define TRAINER_LAYOUT_RULES_H

#include "kernels/policy.h"
#include "trainer/graph.h"

/* Applies the rule to node number `node`, whose inputs have their strides. Fails with UNSUPPORTED. */
enum status layout_rule_apply(enum layout_rule rule, struct graph *graph, int node);

#endif
