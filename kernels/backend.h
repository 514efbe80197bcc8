/*
 * A back end: one const table of functions per device kind, and one implementation per operator.
 *
 * Life of a call: prepare (once: choose the implementation, make primitives, say how much scratch it wants and which
 * kernels it will run) -> run (every step) -> destroy. Tensors' data pointers may be NULL at prepare and must be set,
 * and stay, from the first run on.
 */
#ifndef KERNELS_BACKEND_H
#define KERNELS_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "kernels/observer.h"
#include "kernels/op.h"

#define BACKEND_ABI_VERSION 5
#define OP_MAX_KERNELS 16

struct device;      /* an opened back end: back-end-owned */
struct op_prepared;

/* What a running call is given. */
struct run_context {
    struct device *device;
    void *scratch;                  /* at least op_prepared.scratch_bytes, 64-byte aligned; contents undefined */
    const struct observer *observer; /* NULL = off */
    const int *kernel_number;       /* [op_prepared.kernels] numbers from declare_kernel; valid when observer is set */
};

/* One implementation of one operator in one back end. */
struct op_impl {
    /* Fails with UNSUPPORTED (naming dtype, formats, shapes) when it can't do the call. *out is owned by the caller. */
    enum status (*prepare)(struct device *device, const struct op_call *call, struct op_prepared **out);
};

/* Head of what prepare makes; implementations append their own members behind it. */
struct op_prepared {
    const struct op_call *call; /* borrowed for life */
    size_t scratch_bytes;
    int kernels;
    struct kernel_info kernel[OP_MAX_KERNELS];
    /* Conversions that the implementation does itself (causes library, weight, gradient), and the kernel doing each. */
    int conversions;
    struct conversion_info conversion[OP_MAX_KERNELS];
    int conversion_kernel[OP_MAX_KERNELS]; /* index into kernel[] */
    /* Runs the call; brackets each kernel with kernel_start / kernel_end in the order of kernel[]. */
    enum status (*run)(struct op_prepared *self, const struct run_context *context);
    void (*destroy)(struct op_prepared *self); /* frees self */
};

/* Brackets for kernels inside run(): a clock read each when watched, nothing otherwise. */
static inline int64_t kernel_start(const struct run_context *context)
{
    return context->observer ? clock_ns() : 0;
}
static inline void kernel_end(const struct run_context *context, int index, int64_t start_ns)
{
    if (context->observer)
        context->observer->kernel(context->observer->self, context->kernel_number[index], start_ns, clock_ns());
}

/* The same for a device that runs kernels later than the host launches them. */
static inline void kernel_launch(const struct run_context *context, int index)
{
    if (context->observer)
        context->observer->launch_begin(context->observer->self, context->kernel_number[index], clock_ns());
}
static inline void kernel_launched(const struct run_context *context, int index)
{
    if (context->observer)
        context->observer->launch_end(context->observer->self, context->kernel_number[index]);
}

/* Where float32 products may be rounded to TF32 (10 bits of mantissa) first: what PyTorch does, everywhere, nowhere. */
enum backend_tf32 { TF32_AUTO, TF32_ON, TF32_OFF };

/* Processes that train one model together, each on a device of its own: rank 0 to ranks - 1. */
#define BACKEND_GROUP_BYTES 128
struct backend_group {
    int rank, ranks;
    unsigned char id[BACKEND_GROUP_BYTES]; /* what group_id made in rank 0, the same in all of them */
};

struct backend_options {
    int threads;            /* 0 = all cores */
    enum backend_tf32 tf32; /* GPUs; auto: convolutions, but no matrix products (torch.backends' defaults) */
    bool autotune;          /* GPUs: measure a convolution's implementations and take the fastest (torch.backends.cudnn.benchmark) */
    const struct backend_group *group; /* to join, on device number `rank`; NULL = alone. Borrowed during open, which waits for all ranks */
};

#define BACKEND_MARKS 128

struct device_graph; /* calls that were kept to be launched as one: back-end-owned */

struct backend {
    uint32_t abi_version; /* BACKEND_ABI_VERSION; checked when a plugin loads */
    uint32_t op_count;    /* OP_COUNT */
    const char *name;     /* "cpu", "ref", "cuda" */
    /* NULL when usable on this machine, else the reason in words (static text). */
    const char *(*probe)(void);
    enum status (*open)(const struct backend_options *options, struct device **out);
    void (*close)(struct device *device);
    /* "Emerald Rapids, avx512_core_amx, 2 threads": what the report calls device_name. Owned by the device. */
    const char *(*device_name)(const struct device *device);
    int (*threads)(const struct device *device);
    /* "oneDNN 3.2.0" and the like. Static. */
    const char *(*library_versions)(void);
    /* Device memory, 64-byte aligned, zeroed. `what` it is for is named when there is none left: NULL, NO_MEMORY is recorded. */
    void *(*alloc)(struct device *device, size_t bytes, const char *what);
    void (*free)(struct device *device, void *memory);
    /*
     * Host <-> device, in the order of what runs. On return the host's memory may be used again; copy_in and zero wait for nothing
     * else, copy_out waits until everything that was run has finished. They fail with BACKEND when the device did.
     */
    enum status (*copy_in)(struct device *device, void *to, const void *from, size_t bytes);
    enum status (*copy_out)(struct device *device, void *to, const void *from, size_t bytes);
    enum status (*zero)(struct device *device, void *to, size_t bytes);
    /* Waits until everything that was run has finished, and tells whether it did without failure. */
    enum status (*synchronize)(struct device *device);
    /* One implementation per operator; NULL only for OP_ALIAS operators. */
    const struct op_impl *const *ops;
    /*
     * NULL where there is no such thing. Between begin and end calls' run() is kept instead of done; launching the graph does it. A
     * failed end leaves the device as it was.
     */
    enum status (*capture_begin)(struct device *device);
    enum status (*capture_end)(struct device *device, struct device_graph **out);
    enum status (*graph_launch)(struct device *device, struct device_graph *graph);
    void (*graph_destroy)(struct device *device, struct device_graph *graph);
    /*
     * NULL where there is no such thing. Begins to bring host memory to the device, beside what runs there; a copy_in from the same
     * address finds it there. The host's memory may be used again on return, but what is copied in from there next must be that. NULL: forgets what
     * was brought.
     */
    enum status (*prefetch)(struct device *device, const void *from, size_t bytes);
    /*
     * The device's own clock; NULL: the host's will do. A mark (0 to BACKEND_MARKS - 1) is set where the device gets to it in the order
     * of what runs; after synchronize, elapsed is the time between two. cache_bytes: of the largest cache that a kernel's operands
     * may be found in.
     */
    enum status (*mark)(struct device *device, int mark);
    enum status (*elapsed)(struct device *device, int from, int to, int64_t *dur_ns);
    size_t (*cache_bytes)(const struct device *device);
    /* NULL where there are no ranks. Makes the name of a group, before any device is open; this process must be its rank 0. */
    enum status (*group_id)(unsigned char id[BACKEND_GROUP_BYTES]);
};

/* The embedded back ends. */
extern const struct backend backend_cpu; /* oneDNN and own vectorised kernels */
extern const struct backend backend_cpu_blocked; /* the same, contiguous convolutions in oneDNN's own blocked formats */
extern const struct backend backend_ref; /* plain loops, any strides, any float dtype: the judge */

/* "cpu", "cpu-blocked", "ref", or "cuda" when its plugin can be loaded (kernels/plugin.h); NULL when there is none. */
const struct backend *backend_find(const char *name);

/* The same for somebody who wants to run something: UNSUPPORTED, with the reason in words, when it is unknown or can't run here. */
enum status backend_usable(const char *name, const struct backend **out);

/* prepare through the table; fails with UNSUPPORTED naming the operator when the back end has none. */
enum status backend_prepare(const struct backend *backend, struct device *device, const struct op_call *call,
                            struct op_prepared **out);

#endif
