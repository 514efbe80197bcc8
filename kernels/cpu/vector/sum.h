/*
 * How a sum over dimensions goes through memory: dimensions that are kept and dimensions that are summed over, each sorted
 * by the input's strides, largest first, and merged where neighbours lie one in the other.
 */
#ifndef KERNELS_CPU_VECTOR_SUM_H
#define KERNELS_CPU_VECTOR_SUM_H

#include "kernels/op.h"

struct sum_dims {
    int dims;
    int64_t size[TENSOR_MAX_DIMS], in[TENSOR_MAX_DIMS], out[TENSOR_MAX_DIMS]; /* strides in elements */
};

struct sum_plan {
    struct sum_dims kept, reduced;
};

static inline void sum_insert(struct sum_dims *self, int64_t size, int64_t in, int64_t out)
{
    int d = self->dims++;
    for (; d > 0 && self->in[d - 1] < in; d--) {
        self->size[d] = self->size[d - 1];
        self->in[d] = self->in[d - 1];
        self->out[d] = self->out[d - 1];
    }
    self->size[d] = size;
    self->in[d] = in;
    self->out[d] = out;
}

static inline void sum_merge(struct sum_dims *self)
{
    for (int d = self->dims - 1; d > 0; d--) {
        if (self->in[d - 1] != self->in[d] * self->size[d] || self->out[d - 1] != self->out[d] * self->size[d])
            continue;
        self->size[d] *= self->size[d - 1];
        for (int k = d - 1; k + 1 < self->dims; k++) {
            self->size[k] = self->size[k + 1];
            self->in[k] = self->in[k + 1];
            self->out[k] = self->out[k + 1];
        }
        self->dims--;
    }
}

static inline struct sum_plan sum_plan_make(const struct op_call *call)
{
    const struct tensor *x = call->in[0], *y = call->out[0];
    struct sum_plan plan = {{0}, {0}};
    bool keep = y->dims == x->dims; /* not attrs.keep: a gradient may be written where its parameter wants it */
    int at = 0;                     /* dimension of the output */
    for (int d = 0; d < x->dims; d++) {
        bool reduced = call->attrs.reduce.dims >> d & 1;
        if (x->size[d] != 1)
            sum_insert(reduced ? &plan.reduced : &plan.kept, x->size[d], x->stride[d], reduced ? 0 : y->stride[at]);
        at += !reduced || keep;
    }
    sum_merge(&plan.kept);
    sum_merge(&plan.reduced);
    return plan;
}

/* The input is a dense matrix, all of whose rows are added into one dense row. */
static inline bool sum_rows_of(const struct sum_plan *plan)
{
    const struct sum_dims *kept = &plan->kept, *reduced = &plan->reduced;
    return kept->dims == 1 && reduced->dims == 1 && kept->in[0] == 1 && kept->out[0] == 1 &&
           reduced->in[0] == kept->size[0];
}

#endif
