/*
 * What convolution and its backward share: oneDNN's view of the call's shapes, and the choice of the dtype to compute
 * in. Activations are always channels_last (nhwc); weights are left to oneDNN (`any`).
 */
#ifndef KERNELS_CPU_CONV_COMMON_H
#define KERNELS_CPU_CONV_COMMON_H

#include "kernels/cpu/steps.h"

/* Descriptors of one call in one dtype. Release with conv_shape_release. */
struct conv_shape {
    enum dtype dtype; /* of the activations and of the weight as oneDNN sees it */
    int groups;
    int64_t group_channels; /* of one group: the smaller of input and output */
    dnnl_dims_t stride, dilation, padding; /* H, W; dilation 0 = dense, as in oneDNN */
    dnnl_memory_desc_t input, output;      /* nhwc */
    dnnl_memory_desc_t weight;             /* `any`; (groups, O/groups, I/groups, kH, kW) when grouped */
    dnnl_memory_desc_t grad_weight;        /* the same in float32 */
    dnnl_memory_desc_t bias;               /* float32; NULL without one */
};

enum status conv_shape_init(struct conv_shape *shape, const struct conv_attrs *attrs, const struct tensor *input,
                            const struct tensor *weight, const struct tensor *output, bool bias, enum dtype dtype);
void conv_shape_release(struct conv_shape *shape);

/* The plain descriptor of a weight or its gradient, with the O dimension split when grouped. Caller destroys it. */
enum status conv_weight_desc(const struct tensor *weight, int groups, dnnl_memory_desc_t *out);

/* The forward primitive descriptor; also the hint that the backward ones need. UNSUPPORTED when oneDNN has none. */
enum status conv_forward_desc(struct device *device, const struct conv_shape *shape, dnnl_primitive_desc_t *out);

/*
 * Moves a fresh descriptor on to oneDNN's next implementation where the first it offers is known to be the slower:
 * brgconv on groups of few channels. False when only gemm or plain loops follow: then make it again and keep the first
 * (oneDNN can't go back, and its clones can't go on).
 */
bool conv_settle(const struct conv_shape *shape, dnnl_primitive_desc_t desc);

/* Floating-point operations of one of the three passes. */
int64_t conv_flops(const struct tensor *output, const struct tensor *weight);

/*
 * Where a primitive that wants its weight in the layout `wanted` finds it: the tensor itself when it has that layout
 * and dtype, else a temporary that an added step fills (cause `weight`, paid at every run).
 */
enum status conv_bring_weight(struct steps *steps, const struct tensor *weight, int groups,
                              const_dnnl_memory_desc_t wanted, struct place *place);

/*
 * Whether the weight gradient in that compute dtype is better made as a matrix product, and the step that makes it (no
 * conversion: it writes grad_weight directly). Operands are channels_last.
 */
bool conv_takes_product(const struct op_call *call, enum dtype dtype);
enum status conv_add_product(struct steps *steps, const struct op_call *call, const struct operand *grad_output,
                             const struct operand *input);

/*
 * The dtypes to try, best first: the tensor's own where oneDNN computes in it at full speed, and float32. bfloat16
 * needs AVX-512's bf16 instructions (without, oneDNN emulates at a third of float32's speed, or has nothing); oneDNN
 * 3.2 does not train in float16. Returns how many. float32 results are rounded to the tensor's dtype at the end; the
 * weight is then not rounded to it first.
 */
int cpu_compute_dtypes(enum dtype dtype, enum dtype candidates[2]);

/* Fails with UNSUPPORTED, naming operator, shape and dtype, unless the tensor is float32, bfloat16 or float16. */
enum status cpu_require_float(const struct op_call *call, const struct tensor *tensor);

#endif
