/*
 * A prepared call as a list of steps, one kernel each: a oneDNN primitive, or by the vector table a conversion, a cast or
 * a weight's repack. Everything is made while preparing; running sets data handles and executes.
 *
 *   steps_create -> steps_bring / steps_add_* in running order -> steps_finish; steps_destroy where preparing fails
 *
 * A step that rewrites a tensor in another memory format declares its conversion. Private to the oneDNN operators.
 */
#ifndef KERNELS_CPU_STEPS_H
#define KERNELS_CPU_STEPS_H

#include "kernels/cpu/device.h"

#define STEP_MAX_ARGUMENTS 6

/* Where elements lie: in a tensor of the call (its data pointer is read at every run), or in the scratch. */
struct place {
    const struct tensor *caller; /* NULL = scratch */
    size_t offset;               /* bytes into the scratch */
};

/* A tensor that a step reads or writes. */
struct operand {
    struct tensor tensor; /* dtype, sizes, strides; .data is unused */
    struct place place;
};

/* A tensor of the call with its descriptor, which may split dimensions (grouped weights). */
struct plain {
    const struct tensor *tensor;
    const_dnnl_memory_desc_t desc;
};

/* Elements in a layout of oneDNN's own. */
struct opaque {
    const_dnnl_memory_desc_t desc; /* borrowed during the call that takes it */
    struct place place;
};

/* One argument of a primitive; the descriptor is the primitive's own. */
struct argument {
    int name; /* DNNL_ARG_SRC ... */
    struct place place;
};

struct step {
    char name[96];
    dnnl_primitive_t primitive; /* NULL: a repack or a conversion from -> to by the vector table */
    struct repack repack;       /* place[0] -> place[1]; width 0: none */
    int arguments;
    dnnl_exec_arg_t argument[STEP_MAX_ARGUMENTS];
    struct place place[STEP_MAX_ARGUMENTS];
    struct operand from, to;
};

struct steps {
    struct op_prepared head;
    struct device *device;
    size_t library_bytes; /* the largest scratchpad of any primitive; they share one */
    struct step step[OP_MAX_KERNELS];
};

enum status steps_create(struct device *device, const struct op_call *call, struct steps **out);
void steps_destroy(struct steps *steps);

/* Ends preparing: places the shared scratchpad and hands the call to the caller. */
void steps_finish(struct steps *steps, struct op_prepared **out);

/* The operand that a tensor of the call is; and a new one in the scratch. */
struct operand steps_operand(const struct tensor *tensor);
struct operand steps_temporary(struct steps *steps, const struct tensor *like);
struct place steps_reserve(struct steps *steps, size_t bytes);

/* Adds from -> to: any strides, any float dtype. A conversion of `cause` when the memory order changes, else a cast. */
enum status steps_add_convert(struct steps *steps, const struct operand *from, const struct operand *to,
                              enum conversion_cause cause);

/*
 * *ready is the tensor in `dtype` and, when 4-D, in `format` (contiguous or channels_last): the tensor itself when it
 * already is that, else a temporary that an added step fills (cause `library`).
 */
enum status steps_bring(struct steps *steps, const struct tensor *tensor, enum dtype dtype, enum memory_format format,
                        struct operand *ready);

/*
 * *ready is a float32 vector (a bias) with the values that it has in `dtype`: autocast rounds it to the dtype of what it is added
 * to. The tensor itself where that changes nothing.
 */
enum status steps_bring_rounded(struct steps *steps, const struct tensor *tensor, enum dtype dtype, struct operand *ready);

/*
 * The other direction: *target is where to write the tensor in that dtype and format; steps_deliver, called after the
 * step that writes it was added, adds the step back to the tensor when they differ.
 */
struct operand steps_target(struct steps *steps, const struct tensor *tensor, enum dtype dtype,
                            enum memory_format format);
enum status steps_deliver(struct steps *steps, const struct operand *target, const struct tensor *tensor);

/* Adds a primitive; `what` follows oneDNN's implementation name in the kernel's name. flops -1 = unknown. */
enum status steps_add_primitive(struct steps *steps, const_dnnl_primitive_desc_t desc, const char *what, int64_t flops,
                                const struct argument *arguments, int count);

/*
 * Adds plain -> opaque (a weight) or opaque -> plain (a weight's gradient), the cast fused, and its conversion: a
 * oneDNN reorder, or the vector table's for the weights that it has one for. Where dnnl_memory_desc_equal says that the
 * descriptors agree there is nothing to add.
 */
enum status steps_add_weight(struct steps *steps, const struct plain *from, const struct opaque *to);
enum status steps_add_gradient(struct steps *steps, const struct opaque *from, const struct plain *to);

/* Attributes that every primitive descriptor is made with: scratchpads are ours, not oneDNN's. Caller destroys. */
enum status steps_attributes(dnnl_primitive_attr_t *out);

/* oneDNN's name of the implementation behind a descriptor: "brgconv:avx512_core_bf16". Lives as long as the library. */
const char *steps_implementation(const_dnnl_primitive_desc_t desc);

/* True for oneDNN's plain-loop implementations, hundreds of times slower than the others. */
bool steps_is_reference(const_dnnl_primitive_desc_t desc);

/* Bytes of a memory descriptor in oneDNN's layout, padding included. */
struct place steps_reserve_desc(struct steps *steps, const_dnnl_memory_desc_t desc);

#endif
