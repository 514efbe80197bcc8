/*
 * Memory formats: gives every value its strides and inserts every layout conversion, each with its cause. Nothing else
 * decides formats. The policy says what each operator does with formats (kernels/policy.h); the plan says which format the
 * model and the batch start in. An operator that the policy calls contiguous really gets contiguous tensors.
 */
#ifndef TRAINER_LAYOUTS_H
#define TRAINER_LAYOUTS_H

#include "kernels/policy.h"
#include "trainer/graph.h"

/* Operators that follow another policy than the rest, chosen by their forward operator; backward ones go with theirs. */
struct layout_fix {
    const char *op_name;     /* "aten::native_group_norm" */
    const char *module_path; /* "layer1.0.bn1"; NULL = every instance */
};

/* What --channels-last and --contiguous (or neither) ask for, and what `clprof verify` and the probe change of it. */
struct layout_plan {
    enum memory_format format; /* of the parameters; a batch is brought to it at model entry by layouts_batch */
    const struct policy *fixed; /* whose rules the operators of `fix` follow; NULL = there are none */
    const struct layout_fix *fix;
    int fixes; /* -1: every operator that breaks channels_last follows `fixed`, and copies of reshapes */
};

/* Before the model is built: x.to(memory_format=...) on the batch. Returns the value that the model starts from. */
enum status layouts_batch(struct graph *graph, const struct layout_plan *plan, int batch, int *out);

/* After all nodes are there. */
enum status layouts_assign(struct graph *graph, const struct layout_plan *plan, const struct policy *policy);

/* The rule that a node follows: the policy's, or that of plan->fixed. */
enum layout_rule layouts_rule(const struct graph *graph, const struct layout_plan *plan, const struct policy *policy,
                              const struct node *node);

#endif
