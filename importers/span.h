/*
 * A span: what any profiler tells of one stretch of time on a host thread or on a device stream. Importers turn their
 * format into spans and hand them to a job (job.h) in any order; nothing else of the file is kept.
 *
 * Fixed size, without pointers, so that spans can be sorted outside of memory.
 */
#ifndef IMPORTERS_SPAN_H
#define IMPORTERS_SPAN_H

#include <stdint.h>

/*
 * A library's own log (oneDNN) has no framework above it. Its primitives are OPERATORs ("onednn::convolution",
 * "onednn::convolution_backward_data", ...) whose signature says what comes in and goes out at their outer border; the reorders
 * around a primitive lie within its span as OPERATORs "onednn::reorder", each with one input and one output (kind.blocked where
 * the format is opaque) and, as its only argument, the cause of the conversion: "library", "weight" or "gradient"; no argument:
 * the order stays, only the dtype changes.
 */

enum span_kind {
    SPAN_OPERATOR,   /* host: an operator of the framework (Kineto cpu_op, an emit_nvtx range) */
    SPAN_MODULE,     /* host: a module's forward; name: its path or, where the profiler knows no better, "Conv2d_0" */
    SPAN_STEP,       /* host: one training step; number: its index */
    SPAN_ANNOTATION, /* host: a range of the user's or the framework's ("Optimizer.step#SGD.step", "enumerate(DataLoader)...") */
    SPAN_LAUNCH,     /* host: a call of the driver or runtime that a device span may correlate with */
    SPAN_KERNEL,     /* device; on a CPU without a stream: a library's primitive (oneDNN) */
    SPAN_MEMCPY,     /* device */
    SPAN_MEMSET,     /* device */
    SPAN_KIND_COUNT
};

struct span {
    int64_t start_ns;
    int64_t dur_ns;      /* >= 0 */
    int64_t correlation; /* LAUNCH and device spans: what ties them, within one process; -1 = none */
    int64_t sequence;    /* OPERATOR: autograd's sequence number; STEP: index; KERNEL of a CPU library: -1; -1 = none */
    int64_t record_id;   /* OPERATOR: key of its tensors when a sidecar tells them (job_tensors); -1 = none */
    int64_t bytes;       /* MEMCPY, MEMSET: bytes moved; -1 = unknown */
    int32_t kind;        /* enum span_kind */
    int32_t name;        /* job_word */
    int32_t lane;        /* job_thread or job_stream */
    int32_t signature;   /* OPERATOR, KERNEL: job_signature; -1 = its tensors are not told */
    int32_t forward_thread; /* OPERATOR of a backward pass: the profiler's number of the thread its forward ran on; -1 */
    int32_t order;       /* place in the file; decides among equal times */
};

#endif
