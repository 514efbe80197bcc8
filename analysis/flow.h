/*
 * The dataflow of one step. A version is what one write of a tensor made: an operator that works in place reads one
 * version and makes the next, so that the graph has no cycles even where an importer reuses tensor numbers.
 * Edges: version -> operator that reads it -> versions it makes; version -> conversion -> version, or, when the
 * converted tensor stays inside, -> the operator that holds the conversion.
 */
#ifndef ANALYSIS_FLOW_H
#define ANALYSIS_FLOW_H

#include "analysis/step.h"
#include "base/status.h"

struct version {
    int op, conversion; /* who made it: an operator, or a conversion just before one; -1 = neither */
    int cluster;        /* of the operator that first touched it */
    enum order order;
    bool persistent, deep; /* deep: of 5 or more dimensions */
};

/* Numbers grouped by owner: those of owner i are item[start[i]] .. item[start[i + 1] - 1]. */
struct lists {
    int *start, *item;
};

struct flow_link {
    int op, version;
};

enum conversion_role {
    ROLE_NONE,    /* no part of a round trip: batch, weights, optimizer, or already paired */
    ROLE_OPENING, /* channels_last -> contiguous or strided */
    ROLE_CLOSING, /* contiguous or strided -> channels_last */
    ROLE_BORN     /* mixed, out of channels_last, because the other operand was born contiguous: opens no round trip */
};

struct flow_conversion {
    int source, dest;    /* versions, -1 = inside the library */
    bool dest_is_output; /* the operator hands the converted tensor on, so it does nothing with it itself */
    enum conversion_role role;
};

struct flow {
    const struct step *step;
    int clone; /* word of aten::clone */
    struct version *versions;
    int versions_count, versions_room;
    struct flow_link *reads, *writes; /* by operator, in order of execution */
    int reads_count, reads_room, writes_count, writes_room;
    struct flow_conversion *conversion; /* by index of the step's conversions */
    struct lists read_of, made_by;      /* operator -> versions */
    struct lists readers;               /* version -> operators */
    struct lists starts;                /* version -> conversions whose source it is */
    struct lists held;                  /* operator -> conversions */
    signed char *breaks;                /* by operator: hands on contiguous what came in channels_last */
};

/* A path may run through this version: an activation that is not known to be in channels_last and has an order. */
bool flow_follows(const struct flow *flow, int version);
/* The operator reads an activation in channels_last / one that is out of it. */
bool flow_reads_channels_last(const struct flow *flow, int op);
bool flow_reads_out(const struct flow *flow, int op);
/*
 * Seen in this step alone: the operator takes channels_last and hands on contiguous. One that also reads a contiguous
 * activation by its strides follows that one.
 */
bool flow_breaks(const struct flow *flow, int op);
/*
 * The operator copies a tensor of 5 or more dimensions, and no more: a permuted view of an image made real (a channel
 * shuffle, space to depth, windows), which leaves channels_last whatever came before.
 */
bool flow_copies_deep(const struct flow *flow, int op);
/* Fills the lists and the conversions' roles, once versions, reads, writes and conversion are there. */
enum status flow_index(struct flow *flow);
void flow_release(struct flow *flow);

#endif
