/*
 * Memory formats: gives every value its strides and inserts every layout conversion, each with its cause. Nothing else
 * decides formats. The policy says what each operator does with formats (kernels/policy.h); the plan says which format the
 * model and the batch start in. An operator that the policy calls contiguous really gets contiguous tensors.
 */
#ifndef TRAINER_LAYOUTS_H
#define TRAINER_LAYOUTS_H

#include "kernels/policy.h"
#include "trainer/graph.h"

/* The two trivial layout plans: what --channels-last and --contiguous (or neither) ask for. */
struct layout_plan {
    enum memory_format format; /* of the parameters; a batch is brought to it at model entry by layouts_batch */
};

/* Before the model is built: x.to(memory_format=...) on the batch. Returns the value that the model starts from. */
enum status layouts_batch(struct graph *graph, const struct layout_plan *plan, int batch, int *out);

/* After all nodes are there. */
enum status layouts_assign(struct graph *graph, const struct layout_plan *plan, const struct policy *policy);

#endif
