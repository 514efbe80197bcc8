/*
 * What was declared, by number, as much of it as the writer needs while steps run: which operator a kernel belongs to,
 * which operators are fused into another, which conversions a kernel or an operator brings along. Everything else about
 * a declared thing is in the database already. Guarded by the recorder's lock; -1 = none.
 */
#ifndef PROFILER_PLAN_H
#define PROFILER_PLAN_H

#include <stdint.h>

#include "base/status.h"

struct plan_list {
    int first, last; /* numbers; linked by the items' `next`, in the order of declaration */
};

struct plan_op {
    int forward_op;
    int next_fused;               /* the next operator fused into the same one */
    struct plan_list fused;       /* operators fused into this one */
    struct plan_list conversions; /* without a kernel of their own */
    int64_t row_step, row_id;     /* newest row: its step (0 = outside) and op_id; 0 before any */
};

struct plan_kernel {
    int op;
    struct plan_list conversions;
};

struct plan_conversion {
    int next;
};

struct plan {
    struct plan_op *ops;
    struct plan_kernel *kernels;
    struct plan_conversion *conversions;
    int modules, op_count, kernel_count, conversion_count;
    int op_capacity, kernel_capacity, conversion_capacity;
};

void plan_init(struct plan *plan);
void plan_release(struct plan *plan);

/* Each fails (USAGE) naming a number that was not declared before, or NO_MEMORY. */
enum status plan_add_module(struct plan *plan, int parent, int *number);
enum status plan_add_op(struct plan *plan, int module, int forward_op, int fused_into, int *number);
enum status plan_add_kernel(struct plan *plan, int op, int *number);
/* kernel = -1: recorded with the operator itself. */
enum status plan_add_conversion(struct plan *plan, int op, int kernel, int *number);

#endif
