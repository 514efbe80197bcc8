/* One step of the trace in memory: operators in order of execution, and their layout conversions. */
#ifndef ANALYSIS_STEP_H
#define ANALYSIS_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/terms.h"

struct op_def;

struct step_op {
    struct op_def *def;
    int64_t op_id, op_def_id, forward_id, fused_into, sequence; /* -1 = none */
    int64_t thread_id, start_ns, dur_ns;                        /* -1 = unknown */
    int name, path;                                             /* numbers in analysis.words; path -1 = no module */
    int forward;                                                /* index of the forward operator; its own without one */
    int cluster;                                                /* index of the operator whose kernel does the work */
    enum phase phase;
};

/*
 * Only those that change the order of elements, in order of execution: between `either` and contiguous or channels_last
 * nothing moves, between `either` and a library's blocks it does.
 */
struct step_conversion {
    int64_t conversion_id, conversion_def_id, op_id;
    int64_t source, dest;                        /* tensor numbers, -1 = inside the library */
    int64_t start_ns, dur_ns, exposed_ns, bytes; /* -1 = unknown; bytes read and written */
    int64_t kernel_id;                           /* -1: no kernel of its own (silent, mixed) */
    int op;                                      /* index, -1 = none */
    int stream;                                  /* of its kernel; number in analysis.words, -1 = none (CPU) */
    enum cause cause;
    enum order from, to;
};

struct step {
    struct step_op *ops;
    int ops_count, ops_room;
    struct step_conversion *conversions;
    int conversions_count, conversions_room;
};

/* Index of the operator with that op_id in a step whose by_id is sorted; -1 = not in this step. */
struct step_id {
    int64_t id;
    int index;
};
int step_find(const struct step_id *by_id, int count, int64_t id);

#endif
