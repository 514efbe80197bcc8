/*
 * The probe: after the last step, operators of the step are run in other memory formats, in turn, on their own shapes, dtypes and
 * attributes. What it measures is what a conversion's own time does not tell: how much slower an
 * operator is for the format that it ran in, and whether its channels_last kernel is slower than its contiguous one.
 *
 * It sets three graphs of the model side by side, node by node: the one that ran; one in which everything keeps
 * channels_last (every operator that breaks it follows the policy `native`; a model that ran contiguous is in channels_last
 * under its own policy); and a contiguous one. Where a node's calls differ, they are measured.
 *
 *   as_run         the node's own call as it ran, and slices gathered for it alone; nothing when another operator's kernel
 *                  did its work, and nothing when the call is itself a conversion (which the trace has timed)
 *   channels_last  its calls in the second graph, with the conversions that are left there and that did not run
 *   contiguous     its call in the third graph. clprof's contiguous convolution converts around a channels_last kernel
 *   blocked        a convolution on contiguous tensors by the back end "cpu-blocked": oneDNN's own choice of formats,
 *                  reordered into and out of
 *
 * Equal calls are measured once. Penalties (as_run against channels_last) are timed within whole steps of both graphs, in turn, where
 * the host's clock is the device's (probe_steps.c): what an operand costs to fetch depends on who made it. Everything else, and
 * penalties on a device with a clock of its own, is run by itself: buffers hold random numbers; integers are zero. Each call is
 * run once before it counts, and the second-level caches are swept before each run.
 */
#ifndef TRAINER_PROBE_H
#define TRAINER_PROBE_H

#include "trainer/session.h"

enum probe_variant { PROBE_AS_RUN, PROBE_CHANNELS_LAST, PROBE_CONTIGUOUS, PROBE_BLOCKED, PROBE_VARIANTS };
const char *probe_variant_name(enum probe_variant variant);

struct probe_time {
    int64_t dur_ns;
    int64_t library_ns; /* of it, conversions of activations that the library makes around its kernel */
    int64_t kernel_ns;  /* of it, kernels that convert nothing */
};

/* Where measurements go; numbers of measurements count from 1. `op` is the observer's number of an operator. */
struct probe_sink {
    void *self;
    enum status (*time)(void *self, int measurement, enum probe_variant variant, int repetition,
                        const struct probe_time *time);
    enum status (*op)(void *self, int op, int measurement);
};

struct probe_config {
    struct session *session;     /* declared to the observer whose numbers the sink gets */
    const struct policy *native; /* what operators that break channels_last are measured against */
    double seconds; /* of wall time, roughly: verdicts on kernels that don't fit are left out, the largest first in; penalties never */
};

struct probe_result {
    int measured, wanted; /* distinct comparisons */
    bool cramped;         /* there was no memory to run whole steps of two sessions: penalties were measured by themselves */
    double seconds;
};

enum status probe_run(const struct probe_config *config, const struct probe_sink *sink, struct probe_result *out);

#endif
