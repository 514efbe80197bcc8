/*
 * Primitives and the reorders around them. A framework that calls a convolution reorders what goes in and what comes out, inside
 * one operator; the log has one line after the other. A reorder belongs to the primitive behind it when it makes just
 * what that one takes (dtype, tag, sizes), and to the one before it when it takes what that one made and no user can
 * read that: a blocked format, or one that the same operator had converted to. The cause follows from which tensor it is:
 * activations and their gradients `library`, weights and biases `weight`, their gradients `gradient`. Of a reorder without such a
 * neighbour the tag decides: only weights have their output channels split and innermost.
 */
#ifndef IMPORTERS_ONEDNN_GROUPS_H
#define IMPORTERS_ONEDNN_GROUPS_H

#include "importers/job.h"
#include "importers/onednn/tensor.h"

#define GROUP_REORDERS 12

struct call {
    int32_t name;             /* word */
    int64_t start_ns, dur_ns;
    struct primitive primitive;
    /* Of a reorder, once it has an owner. */
    const char *cause;        /* NULL = no neighbour */
    int partner;              /* tensor of the primitive that it makes or takes; -1 */
};

#define GROUP_LANES 64

struct groups {
    struct job *job;
    int32_t reorder;                /* the word "onednn::reorder" */
    struct call call[GROUP_REORDERS + 1]; /* reorders that wait, or a primitive with its reorders */
    int calls, main;                /* main: the primitive among them; -1 = none so far */
    int64_t lane_end_ns[GROUP_LANES];
    int lanes;
    int32_t order;
};

enum status groups_init(struct groups *self, struct job *job);

/* The next execution of the log. */
enum status groups_add(struct groups *self, const struct call *call, bool is_reorder);

/* Hands over what waits: the log, or a step of it, ends. */
enum status groups_flush(struct groups *self);

#endif
