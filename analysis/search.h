/* Breadth-first search along a flow, outside channels_last, for the conversion that ends or began a detour. */
#ifndef ANALYSIS_SEARCH_H
#define ANALYSIS_SEARCH_H

#include "analysis/flow.h"

struct search {
    const struct flow *flow;
    int *parent; /* item it was reached from, -1 = a start; items are operators, then versions */
    int *depth;  /* operators entered */
    int *stamp;  /* == epoch: reached in this search */
    int *queue;
    int epoch, head, tail;
    int best, best_depth, best_end; /* conversion found, its depth, the item it was found at; -1 = none */
    int silent;                     /* backwards: operator that broke without a row of its own; -1 = none */
    int born;  /* backwards: nearest operator that made a tensor from inputs without an order; -1 = none */
    int *path; /* operators in the order of the dataflow */
    int path_count;
};

enum status search_init(struct search *self, const struct flow *flow);
void search_release(struct search *self);

/* The nearest closing that an opening reaches; -1 = none. The path starts with the operator that holds the opening. */
int search_closing(struct search *self, int opening);

/*
 * Where a tensor out of channels_last comes from: the nearest opening backwards (returned, else -1), else self->silent,
 * else self->born. Starts from a closing's source, or (search_origin_of_inputs) from the operator's inputs but for
 * `except`. The path ends with the operator before the start.
 */
int search_origin(struct search *self, int closing);
int search_origin_of_inputs(struct search *self, int op, int except);

#endif
