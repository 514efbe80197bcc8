/*
 * A chunk: one step of one process in memory (of a trace without steps: the next CHUNK_NODES operators), assembled from
 * spans. The passes of passes.def fill it in one after the other, the last one writes its rows. All pointers belong to the chunk.
 */
#ifndef IMPORTERS_CHUNK_H
#define IMPORTERS_CHUNK_H

#include "importers/job.h"
#include "importers/tensors.h"
#include "kernels/observer.h" /* op_phase, kernel_role, conversion_cause: words of the trace */

#define CHUNK_NODES 200000

/*
 * Where an operator span stands in its call stack. The analysis and the conversions look at LEVEL_OPERATOR alone:
 * its wrappers only pass on (aten::conv2d -> aten::convolution), and what runs inside it is its own business
 * (the aten::copy_ in aten::native_group_norm).
 */
enum node_level { LEVEL_WRAPPER = -1, LEVEL_OPERATOR = 0, LEVEL_INNER = 1 };

struct node_tensor {
    /*
     * As the recorder tells them (tensor_identity) before pass identity; after it, id is a number within the chunk (of
     * persistent tensors: within the process), told or inferred. -1 = unknown.
     */
    int64_t id, storage, offset;
    int32_t kind;        /* number of a tensor_kind of the job */
    int16_t position;
    bool out, persistent;
};

/* An operator span; nodes stand in order of start, a parent before its children. */
struct node {
    int64_t start_ns, dur_ns, sequence_number, record_id;
    int32_t name, lane, signature, forward_thread; /* as in span */
    int parent;                /* node that encloses it on its thread, -1 = none */
    int module;                /* number in the job's modules, -1 = none; of backward nodes: their forward node's */
    int annotation;            /* word of the innermost annotation around it, -1 = none */
    int first_tensor, tensors; /* in chunk.tensors: inputs, then outputs */
    /* From the passes: */
    enum node_level level;
    enum op_phase phase;       /* PHASE_COUNT = unknown */
    int forward;               /* forward node of a backward one, -1 = none in this chunk */
    int operator_;             /* the LEVEL_OPERATOR node that it belongs to (itself for that level); -1 for wrappers */
    int64_t op_id;             /* row in table op, once written */
};

/* A device span tied to what launched it; in order of start. */
struct chunk_kernel {
    int64_t start_ns, dur_ns, correlation, launch_ns, bytes; /* launch_ns: start of the call, -1 = unknown */
    int32_t name, lane, signature, kind;                     /* as in span */
    int node;                  /* innermost operator span around its launch, -1 = unknown */
    /* From the passes: */
    enum kernel_role role;     /* ROLE_COUNT = unknown */
    int64_t kernel_id;
};

/* A layout conversion found in the chunk. */
struct chunk_conversion {
    int node;                  /* LEVEL_OPERATOR node it happened under, -1 = unknown */
    int kernel;                /* chunk_kernel that did it; -1 = none (silent, mixed) or, on a CPU, the copy below */
    int copy;                  /* inner or own node that did it where kernels are not told (CPU): its time is the conversion's; -1 */
    int source, dest;          /* chunk.tensors; -1 = inside the library */
    int32_t kind;              /* tensor_kind of its source; -1 = unknown shape */
    enum conversion_cause cause;
    enum memory_format from, to;
    const char *source_dtype, *dest_dtype; /* NULL = unknown */
    int64_t bytes_read, bytes_written;     /* -1 = unknown */
    bool padded;
};

struct chunk {
    struct job *job;
    int process;               /* number of the job's process */
    int64_t step_index;        /* -1: no step (set-up, or the trace has none) */
    int64_t start_ns, dur_ns;  /* of the step span */
    const char *mode;          /* step.mode; NULL = profiled as it runs */
    int64_t images;            /* -1 = the batch, if that is known */
    int64_t step_id;           /* row in table step; -1 = none */
    struct node *nodes;
    int nodes_count, nodes_room;
    struct node_tensor *tensors;
    int tensors_count, tensors_room;
    struct chunk_kernel *kernels;
    int kernels_count, kernels_room;
    struct chunk_conversion *conversions;
    int conversions_count, conversions_room;
};

/* What the passes may ask of the job. */
const char *chunk_word(const struct chunk *chunk, int32_t word);
const struct tensor_kind *chunk_tensor_kind(const struct chunk *chunk, int32_t kind);
/* The other arguments of a node as text, by position, tab-separated; NULL when not told. */
const char *chunk_arguments(const struct chunk *chunk, const struct node *node);

/*
 * What the passes carry from chunk to chunk of one process (passes/carry.h); owned by the job, which makes one with
 * job_process and frees it.
 */
struct carry;
struct carry *chunk_carry(const struct chunk *chunk);
enum status carry_create(struct carry **out);
void carry_destroy(struct carry *carry); /* harmless with NULL */

#define PASS(name, what) enum status import_pass_##name(struct chunk *chunk);
#include "importers/passes.def"
#undef PASS

#endif
