/* Between the probe's files only: what is compared, and the run of one comparison. */
#ifndef TRAINER_PROBE_INT_H
#define TRAINER_PROBE_INT_H

#include "trainer/probe.h"

/* One side of a comparison: calls that run one after the other. None: another operator's kernel does the work. */
struct probe_side {
    bool wanted;
    const struct graph *graph;
    const struct backend *backend;
    struct plan_call call[1 + NODE_MAX_CONVERSIONS];
    int calls;
};

/* Where a comparison's calls of as_run and channels_last stand, in the graphs GRAPH_RAN and GRAPH_KEPT. */
#define PROBE_PENALTY_SIDES 2
struct probe_instance {
    int op; /* the observer's number */
    int node[PROBE_PENALTY_SIDES], calls[PROBE_PENALTY_SIDES];
    int8_t conversion[PROBE_PENALTY_SIDES][1 + NODE_MAX_CONVERSIONS]; /* of each call: plan_call's */
};

struct probe_case {
    struct probe_side side[PROBE_VARIANTS];
    int same_as_run; /* a variant whose calls are those of as_run, so that it isn't measured again; -1 = none */
    bool penalty;    /* it ran in another way than channels_last: first in line */
    struct probe_instance *instances; /* that it stands for */
    int instances_count, instances_room;
    double weight; /* a guess of the seconds that all instances take together */
};

/* The graphs side by side. Node n of `ran` is node n + shift of another. */
enum probe_graph { GRAPH_RAN, GRAPH_KEPT, GRAPH_CONTIGUOUS, PROBE_GRAPHS };
struct probe_graphs {
    const struct graph *graph[PROBE_GRAPHS];
    struct graph made[PROBE_GRAPHS]; /* that of GRAPH_RAN is the session's */
    bool *runs[PROBE_GRAPHS];        /* by node: it is in the order of execution (layouts takes copies out that change nothing) */
    int shift[PROBE_GRAPHS];
};

/* Fills a zeroed case from node `node` of the graph that ran; false when there is nothing to compare. */
bool probe_compare(const struct probe_graphs *graphs, const struct backend *backend, int node, struct probe_case *out);
bool probe_same_case(const struct probe_case *a, const struct probe_case *b);
void probe_case_free(struct probe_case *one);

/*
 * Where both ways of a convolution run the same kernels but for the library's own conversions (its contiguous tensors are
 * brought to channels_last), there is no penalty, and no measurement could say better: as_run is no longer wanted then. Other
 * operators' kernels have one name for all formats, as has the copy that gathers a slice before a convolution.
 */
void probe_settle(struct probe_case *one, struct device *device);

/* Adds a kernel's time to that of its call. */
void probe_count(struct probe_time *time, const struct op_prepared *call, int kernel, int64_t dur_ns);

/* Is there memory for a second session? */
bool probe_has_room(const struct session *session);

/* That session, with the batch of the one that ran; by session_destroy to be freed, after a failure, too. */
enum status probe_steps_open(const struct session_config *config, struct session *ran, struct session **out);

/*
 * Times whole steps of both sessions for about so long, and tells the sink of each comparison's penalty, as measurements 1 to `count`.
 * Leaves both with other parameters than they had. Only for back ends whose calls end when they return.
 */
enum status probe_steps(struct session *ran, struct session *kept, double seconds, struct probe_case *const *cases, int count,
                        const struct probe_sink *sink);

/*
 * What evicts the second-level caches before each run: within a step, other operators have used them since an input was
 * made or saved, so that an operator run again and again on buffers of its own would be faster than it is there.
 */
struct probe_sweep {
    const struct backend *backend;
    struct device *device;
    char *memory; /* the device's where it has caches of its own */
    size_t bytes;
    int threads;
};
enum status probe_sweep_open(struct probe_sweep *sweep, const struct session *session);
void probe_sweep_close(struct probe_sweep *sweep);
/* Of a core; twice a device's cache. */
#define PROBE_SWEEP_BYTES (4 << 20) /* a thread's part: above what a core of today has */

/*
 * Runs one comparison for about that long, between PROBE_LEAST and `most` repetitions, and tells the sink. Where channels_last was
 * the slower one each time it goes on to `most`: a few rounds are no proof (analysis/slow_kernels.c), and a comparison
 * that stopped early can't become one. A variant
 * that the back end has no kernel for is left out; *done is false when too little is left to compare.
 */
#define PROBE_LEAST 3
#define PROBE_MOST 15
enum status probe_measure(struct probe_case *one, struct device *device, const struct probe_sweep *sweep, double seconds,
                          int most, int measurement, const struct probe_sink *sink, bool *done);

#endif
