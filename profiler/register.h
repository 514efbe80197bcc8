/*
 * What was declared, by number, as much of it as the writer needs while steps run: which operator a kernel belongs to,
 * which operators are fused into another, which conversions a kernel or an operator brings along. Everything else about
 * a declared thing is in the database already. Guarded by the recorder's lock; -1 = none.
 */
#ifndef PROFILER_REGISTER_H
#define PROFILER_REGISTER_H

#include <stdint.h>

#include "kernels/observer.h"

struct register_list {
    int first, last; /* numbers; linked by the items' `next`, in the order of declaration */
};

struct register_op {
    int forward_op;
    int fused_into;               /* the operator that runs: what is fused into a fused one has that one's host */
    int next_fused;               /* the next operator fused into the same one */
    struct register_list fused;       /* operators fused into this one */
    struct register_list conversions; /* without a kernel of their own */
    int64_t row_step, row_id;     /* newest row: its step (0 = outside) and op_id; 0 before any */
};

struct register_kernel {
    int op;               /* -1: a device ran it for no operator */
    enum kernel_role role;
    int64_t bytes_read, bytes_written, flops; /* -1 = unknown */
    struct register_list conversions;
};

struct register_conversion {
    int next;
};

struct register_table {
    struct register_op *ops;
    struct register_kernel *kernels;
    struct register_conversion *conversions;
    int modules, op_count, kernel_count, conversion_count;
    int op_capacity, kernel_capacity, conversion_capacity;
};

void register_init(struct register_table *table);
void register_release(struct register_table *table);

/* Each fails (USAGE) naming a number that was not declared before, or NO_MEMORY. */
enum status register_add_module(struct register_table *table, int parent, int *number);
enum status register_add_op(struct register_table *table, int module, int forward_op, int fused_into, int *number);
enum status register_add_kernel(struct register_table *table, int op, const struct kernel_info *kernel, int *number);
/* What a device ran without a declaration: a number only. */
enum status register_add_found_kernel(struct register_table *table, int *number);
enum status register_add_found_conversion(struct register_table *table, int *number);
/* kernel = -1: recorded with the operator itself. */
enum status register_add_conversion(struct register_table *table, int op, int kernel, int *number);

#endif
