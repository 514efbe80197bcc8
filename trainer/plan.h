/*
 * The plan: every call of the step prepared once, and every value's place in memory. Lifetimes follow from the order of
 * execution; values whose lifetimes do not meet share memory.
 */
#ifndef TRAINER_PLAN_H
#define TRAINER_PLAN_H

#include "kernels/backend.h"
#include "trainer/graph.h"

/* One prepared call: a node's own work, or one of the conversions before it. */
struct plan_call {
    struct op_call call;
    struct tensor in[OP_MAX_IN], out[OP_MAX_OUT]; /* what call points to; data is set by plan_place */
    int in_value[OP_MAX_IN], out_value[OP_MAX_OUT]; /* graph values whose memory they are; -1 = absent */
    struct op_prepared *prepared;
    int *kernel_number; /* from the observer, [pass][kernels of prepared]; NULL without one */
    int node;
    int conversion; /* index into node.conversion when this is a conversion, else -1 */
};

/* An unwatched run of some phases, kept as one launch. */
struct plan_graph {
    unsigned phases;  /* 0 = free */
    bool seen;        /* run once in the ordinary way: what calls make at their first run is made */
    bool refused;     /* can't be kept */
    struct device_graph *graph;
};
#define PLAN_MOST_GRAPHS 4

struct plan {
    struct graph *graph;
    const struct backend *backend;
    struct device *device;
    struct plan_call *call; /* in order of execution; a node's conversions stand just before its own call */
    int calls;
    size_t scratch_bytes, arena_bytes;
    void *arena;            /* activations; then scratch */
    int *op_number;         /* [pass][node]: the observer's number, -1 = not declared */
    int passes, pass;       /* declared; the one that runs */
    bool keep_graphs;       /* unwatched runs are kept as graphs of the device, where it has such things */
    struct plan_graph kept[PLAN_MOST_GRAPHS];
};

/* Where values that outlive the step lie, by value number: set by whoever owns them before plan_create. NULL = in the arena. */
enum status plan_create(struct graph *graph, const struct backend *backend, struct device *device,
                        void *const *outside, struct plan *out);
void plan_release(struct plan *plan);

/*
 * The calls of a node that is not fused away: the conversions before it, then its own; nothing is prepared. `calls` has room for
 * 1 + NODE_MAX_CONVERSIONS, and must stay where it is: a call points at its tensors. Returns how many.
 */
int plan_calls_of(const struct graph *graph, int node, struct plan_call *calls);

/*
 * Tells the observer of every module, operator, kernel and conversion of the plan. `cached`: nothing yet is. With accumulation the
 * same operators run for several batches before the optimizer does: each such pass has operators and tensors of its own.
 */
enum status plan_declare(struct plan *plan, const struct observer *observer, int passes);

/* Runs nodes of the given phases (bit 1 << phase) in order, as the declared operators of plan->pass. */
enum status plan_run(struct plan *plan, unsigned phases, const struct observer *observer);

/* The same for somebody who runs each call himself: `index` of it in plan->call. Views are passed over. */
typedef enum status plan_visit(void *self, const struct plan_call *call, int index, struct run_context *context);
enum status plan_visit_calls(struct plan *plan, plan_visit *visit, void *self);

#define PLAN_ALL_PHASES ((1u << PHASE_COUNT) - 1)

#endif
