/*
 * The only way out of kernels: what runs is told to an observer, a table of functions; NULL = nobody watches.
 *
 * Two stages. Before the first step everything that will run is declared once, with all its facts, and gets a number.
 * While steps run, only numbers and times are passed, so watching a call costs a few stores.
 * profiler/recorder implements it; kernels and trainer know nothing of databases.
 */
#ifndef KERNELS_OBSERVER_H
#define KERNELS_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/tensor.h"

enum op_phase { PHASE_DATA, PHASE_FORWARD, PHASE_BACKWARD, PHASE_OPTIMIZER, PHASE_COUNT };
const char *op_phase_name(enum op_phase phase); /* "data", "forward", "backward", "optimizer" */

enum kernel_role {
    ROLE_COMPUTE,    /* the operator's own arithmetic */
    ROLE_CONVERSION, /* rewrites a tensor in another memory format, with or without a cast */
    ROLE_CAST,       /* changes dtype, keeps the format */
    ROLE_COPY,       /* same dtype and format */
    ROLE_COUNT
};
const char *kernel_role_name(enum kernel_role role); /* "compute", "conversion", "cast", "copy" */

enum conversion_cause {
    CAUSE_INPUT, CAUSE_OPERATOR, CAUSE_EXPLICIT, CAUSE_LIBRARY, CAUSE_WEIGHT, CAUSE_GRADIENT, CAUSE_OPTIMIZER, CAUSE_COUNT
};
const char *conversion_cause_name(enum conversion_cause cause);

/* A module of the model: path "layer1.0.conv1", class "Conv2d"; the root has path "". */
struct module_info {
    const char *path, *class_name;
    int parent; /* number of the parent, -1 for the root */
};

/* A tensor as an operator sees it. */
struct tensor_info {
    struct tensor tensor; /* data is ignored */
    int64_t id;           /* identity in the dataflow; equal ids = the same elements in the same place and format */
    bool persistent;      /* parameters, buffers, optimizer state: the id means the same tensor in every step */
};

/* One operator instance of the step. Arrays are borrowed during the call of declare_op only. */
struct op_info {
    const char *name;      /* "aten::convolution" */
    enum op_phase phase;
    int module;            /* number from declare_module, -1 = none */
    int forward_op;        /* for a backward operator: number of its forward operator; else -1 */
    int fused_into;        /* number of the operator whose kernel does this one's work; -1 = runs itself. Declared before. */
    int inputs, outputs;
    const struct tensor_info *input; /* absent tensors are left out; `input_position` tells where each belongs */
    const struct tensor_info *output;
    const int *input_position, *output_position;
};

/* One kernel of one operator instance. */
struct kernel_info {
    const char *name;      /* "jit:avx512_core_bf16 brgconv", "convert_nchw_nhwc"; borrowed for the plan's life */
    enum kernel_role role;
    int64_t bytes_read, bytes_written, flops; /* -1 = unknown */
};

/* One layout conversion of one operator instance (SEMANTICS: one row each). */
struct conversion_info {
    enum conversion_cause cause;
    enum memory_format from, to;
    struct tensor tensor;            /* sizes; dtype and strides are the source's */
    enum dtype dest_dtype;
    int64_t bytes_read, bytes_written; /* -1 = unknown */
    int64_t source_id, dest_id;      /* tensor ids; -1 = inside the library */
    bool source_persistent, dest_persistent;
    bool cached;                     /* weights: paid once, not every step */
    bool padded;
};

/* Facts of a finished step. NAN for a loss not read, scale < 0 without a scaler. */
struct step_info {
    int64_t index;         /* from 0 */
    int64_t start_ns, end_ns;
    int64_t images;
    double loss;
    double grad_scale;
    bool skipped;          /* GradScaler skipped the optimizer */
};

struct observer {
    void *self;
    /* Set-up. Each returns the number of the thing in *number (from 0, per kind). Not thread-safe. */
    enum status (*declare_module)(void *self, const struct module_info *module, int *number);
    enum status (*declare_op)(void *self, const struct op_info *op, int *number);
    enum status (*declare_kernel)(void *self, int op, const struct kernel_info *kernel, int *number);
    /* kernel = -1: a conversion without a kernel of its own (silent, mixed): recorded whenever its operator is. */
    enum status (*declare_conversion)(void *self, int op, int kernel, const struct conversion_info *conversion);
    /*
     * Hot path, from the thread that runs the step. Times from clock_ns(). A kernel is told before its operator ends;
     * the conversions declared for a kernel are recorded with it. op() is told after the operator ended; operators fused
     * into it and conversions without a kernel are recorded with it. Outside steps (before the first, between two) they
     * are recorded with no step.
     */
    void (*step_begin)(void *self, int64_t index, int64_t start_ns);
    void (*kernel)(void *self, int kernel, int64_t start_ns, int64_t end_ns);
    void (*op)(void *self, int op, int64_t start_ns, int64_t end_ns);
    void (*step_end)(void *self, const struct step_info *step);
    /*
     * The same path, for a device with a clock of its own, instead of kernel(): around the call that launches a kernel. When
     * it ran, the device says later (profiler/activity.h); whatever a library launches in between belongs to it as well.
     */
    void (*launch_begin)(void *self, int kernel, int64_t launch_ns);
    void (*launch_end)(void *self, int kernel);
};

#endif
