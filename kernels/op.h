/*
 * What an operator is and what a call of one is. A call names its tensors by position (ops.def); its attributes are
 * fixed when the plan is made. Shapes are logical (N, C, H, W); the memory format is in each tensor's strides.
 */
#ifndef KERNELS_OP_H
#define KERNELS_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/tensor.h"

enum op_flag { OP_IN_PLACE = 1, OP_ALIAS = 2 };

enum op_id {
#define OP(id, object, name, inputs, outputs, flags) OP_##id,
#include "kernels/ops.def"
#undef OP
    OP_COUNT
};

#define OP_MAX_IN 32 /* a dense block concatenates its input and 24 layers */
#define OP_MAX_OUT 4

struct conv_attrs {
    int stride[2], padding[2], dilation[2]; /* H, W; dilation 1 = dense, as in PyTorch */
    int groups;
    bool transposed;       /* ConvTranspose2d: weight is (I, O/groups, kH, kW) */
    int output_padding[2]; /* transposed only: rows and columns added to the output's end */
};
struct norm_attrs {
    double eps;
    double momentum; /* of the running statistics: running = (1 - momentum) running + momentum batch (unbiased variance) */
    bool training;   /* false: normalise with the running statistics, save_* are not written */
    bool relu;       /* forward: output = max(0, ...) ; backward: grad_output is masked where the recomputed output <= 0 */
    int groups;      /* group norm; of instance norm as many as channels */
};
struct pool_attrs {
    int kernel[2], stride[2], padding[2], dilation[2];
    bool ceil_mode;
};
/* Average pooling over D, H, W; of 2-D pooling D is (1, 1, 0). Adaptive pooling has an output size and no windows. */
struct average_attrs {
    int kernel[3], stride[3], padding[3];
    bool ceil_mode;
    bool exclude_padding; /* PyTorch's count_include_pad=False */
    int output[2];        /* adaptive: H, W */
};
struct clamp_attrs {
    double low, high;
};
struct add_attrs {
    double alpha; /* output = self + alpha * other */
    bool relu;    /* a fused relu on the sum */
};
/* mul, div without an `other`: by this number. */
struct scalar_attrs {
    double value;
};
struct dropout_attrs {
    double p;     /* probability of zeroing */
    uint64_t key; /* base/random.h stream; element i of call number t uses index t * count + i */
    bool rows;    /* bernoulli_: one number for each image, (N,1,1,1), instead of the sizes of `like` */
};
/* sum: over the dimensions whose bits are set; they stay as dimensions of size 1 or go. */
struct reduce_attrs {
    unsigned dims;
    bool keep;
};
/* softmax: over this dimension. stack: the new dimension, which is not the last one. */
struct dim_attrs {
    int dim;
};
/* What a view shows of its input; which members count depends on the operator (kernels/view.h). */
struct view_attrs {
    int dims;                        /* view, expand: of the output; 0 = (size 0, all others), torch.flatten(input, 1) */
    int64_t size[TENSOR_MAX_DIMS];
    int order[TENSOR_MAX_DIMS];      /* permute, transpose, t: output dimension d is input dimension order[d] */
    int dim;                         /* slice, split, select, unsqueeze, squeeze */
    int64_t start, length;           /* slice: length elements from start; split: length of each part; select: start */
};
/* cat: the dimension along which inputs are put one behind the other; stack: the new dimension. */
struct cat_attrs {
    int dim;
};
/* pixel_shuffle, pixel_unshuffle: the up- or down-scale factor; channel_shuffle: groups. */
struct shuffle_attrs {
    int factor;
};
/* Elements added before and after each dimension, fewer than 0 taken away (constant_pad_nd only); what they are. */
struct pad_attrs {
    int64_t before[TENSOR_MAX_DIMS], after[TENSOR_MAX_DIMS];
    double value; /* constant_pad_nd */
};
struct upsample_attrs {
    int64_t size[2]; /* output H, W */
    double scale[2]; /* the caller's scale factors, which replace output / input size; 0 = not given */
    bool align_corners;
};
enum copy_format { COPY_PRESERVE, COPY_CONTIGUOUS, COPY_CHANNELS_LAST };
/* When a copy is made at all. */
enum copy_when {
    COPY_ALWAYS,
    COPY_UNLESS_FORMAT,  /* Tensor.contiguous(memory_format): not when the input lies so already */
    COPY_UNLESS_VIEWABLE /* Tensor.reshape: not when the view that reads the output can view the input */
};
struct copy_attrs {
    enum copy_format format; /* of the output; preserve: the input's strides, as torch.preserve_format */
    enum copy_when when;
};
struct loss_attrs {
    double label_smoothing; /* torch.nn.functional.cross_entropy's; mean reduction over the batch */
};
struct sgd_attrs {
    double momentum, dampening, weight_decay;
    bool nesterov;
};
struct adamw_attrs {
    double beta1, beta2, eps, weight_decay;
};
struct clip_attrs {
    double max_norm;
};
struct lerp_attrs {
    double weight; /* average += weight * (value - average) */
};
struct scaler_attrs {
    double growth_factor, backoff_factor;
    int64_t growth_interval;
};

union op_attrs {
    struct conv_attrs conv;
    struct norm_attrs norm;
    struct pool_attrs pool;
    struct average_attrs average;
    struct clamp_attrs clamp;
    struct add_attrs add;
    struct scalar_attrs scalar;
    struct dropout_attrs dropout;
    struct reduce_attrs reduce;
    struct dim_attrs dim;
    struct view_attrs view;
    struct copy_attrs copy;
    struct cat_attrs cat;
    struct shuffle_attrs shuffle;
    struct pad_attrs pad;
    struct upsample_attrs upsample;
    struct loss_attrs loss;
    struct sgd_attrs sgd;
    struct adamw_attrs adamw;
    struct scaler_attrs scaler;
    struct clip_attrs clip;
    struct lerp_attrs lerp;
};

/*
 * One call. Tensors are borrowed; an absent one is NULL. Details that positions do not tell:
 *   convolution     weight is (O, I/groups, kH, kW). Its dtype may differ from the input's (float32 master weights under
 *                   autocast): the operator computes in the input's dtype and converts the weight itself (cause `weight`), and
 *                   rounds the bias to that dtype, as does addmm.
 *                   3-D tensors: over (N,C,L), weight (O, I/groups, k), of attrs the first of each pair.
 *                   grad_weight and grad_bias are float32 (or the weight's dtype) and are overwritten, not accumulated.
 *   batch_norm      weight, bias, running_*, save_* are float32 of size C; running_* are updated in place when training.
 *                   `residual` (shape and layout of input) is added before the relu, to a sum that is rounded to the dtype as an
 *                   operator by itself would round it. save_invstd = 1/sqrt(var + eps).
 *                   Backward recomputes the relu's mask from input, weight, bias, save_*; it has no residual.
 *   group_norm      weight, bias float32 of size C; mean, rstd float32 (N, groups).
 *   instance_norm   group_norm with a channel a group, statistics of the batch's own; mean, rstd float32 (N, C).
 *   layer_norm      over the last dimensions, as many as the weight has; contiguous; weight, bias, mean, rstd float32.
 *   gelu            the exact one, x Phi(x); backward takes the forward input.
 *   threshold_backward  grad_input = (grad_output + addend) where result > 0, else 0; the sum is rounded to the dtype
 *                   before masking, as the separate add would.
 *   max_pool2d      indices are int64-free: uint8 position inside the window (kH*kW <= 256), layout of output.
 *   adaptive max pooling   average.output; indices int64 into the (H,W) plane.
 *   average pooling (N,C,H,W), 3-D (N,C,D,H,W). Backward needs its input for the shape only.
 *   mean            (N,C,H,W) -> (N,C,1,1); (N,C) when reduce.dims is set (to H and W) and reduce.keep is not.
 *   add, mul, div   operands of any strides are broadcast as in PyTorch; the dtype is the wider operand's, in place self's.
 *   sigmoid         its backward takes the forward output; silu's, hardswish's and hardsigmoid's the forward input.
 *   bernoulli_      1 with probability 1 - p, else 0, in the output's dtype; `like` is read for its sizes only.
 *   softmax         contiguous, any rank. Its backward's grad_input has grad_output's dtype.
 *   stack           any strides and float dtypes to a dense output.
 *   addmm           input (N,K) dense; weight (K,M), usually a transposed view; bias (M) or NULL-free float32.
 *                   weight and bias may be float32 while input is lower precision, as in convolution.
 *   bmm             a (B,M,K), b (B,K,N), as mm for each of B; one dtype; output contiguous.
 *   mm              a (M,K), b (K,N), any strides with one unit stride; output (M,N) dense, dtype may be wider than a's.
 *                   a and b may differ in dtype (float32 master weight): compute in the narrower.
 *   sum             any strides, float32 accumulation; contiguous output, whose dtype may be wider.
 *   dropout         counter: int64 scalar, the number of the step. mask: uint8, 1 = kept; output = input * mask/(1-p).
 *   log_softmax     over dimension 1 of (N,M); output float32 when the input is lower precision (autocast's fp32 list).
 *                   Backward's grad_input has the input's dtype.
 *   nll_loss        target int64 (N); loss float32 scalar, mean; with label smoothing e: (1-e) nll + e * mean(-log p).
 *                   Backward: grad_output float32 scalar (the loss scale).
 *   copy            any strides to any strides, any float dtype to any float dtype: the layout conversion and the cast.
 *   cat             any strides and float dtypes to a dense output; sizes agree but for cat.dim.
 *   slice_backward, select_backward   view.dim, start, length of the forward view; everything else of grad_input is 0.
 *   edge pads       along H and W: pad.before[2..3], pad.after[2..3]. *_backward's input is needed for its shape only.
 *   upsample        dtype of the input. Backward: sizes of grad_input are those of the output given.
 *   zeros           of the sizes in view.dims, view.size; float32 unless its output is given.
 *   sgd, adamw      flat float32 tensors (1-D, equal length), in place. learning_rate float32 scalar; first_step float32
 *                   scalar, nonzero on the step that initialises the momentum buffer; step float32 scalar, incremented.
 *                   found_inf float32 scalar: nonzero skips everything, step count included.
 *   amp_unscale     gradient (flat float32) *= 1/scale (reciprocal in double, then float); found_inf = 1 on any inf/nan, else 0.
 *   amp_update_scale   scale float32, growth_tracker int32 kept as float32 scalar, found_inf: torch's _amp_update_scale_.
 *   foreach_norm    2-norm of all elements of a flat float32 tensor, a float32 scalar.
 *   foreach_mul     gradient (flat float32, in place) *= min(1, max_norm / (norm + 1e-6)): torch.nn.utils.clip_grad_norm_'s
 *                   last operator, with the arithmetic on scalars before it.
 *   foreach_lerp    flat float32, in place, as torch.lerp rounds it (ATen/native/Lerp.h): from the average below weight 0.5, else
 *                   from the value.
 *   all_reduce      flat float32, in place: the mean over the ranks of the device's group (backend.h); alone it stays as it is.
 */
struct op_call {
    enum op_id op;
    union op_attrs attrs;
    struct tensor *in[OP_MAX_IN];
    struct tensor *out[OP_MAX_OUT];
};

/* PyTorch's name; flags; names of positions as written in ops.def. The last name ends in "*" when it repeats. */
const char *op_name(enum op_id op);
int op_flags(enum op_id op);
const char *op_input_names(enum op_id op);
const char *op_output_names(enum op_id op);

/* False for inputs that a call needs for their shape only: they may lie anyhow. */
bool op_reads(enum op_id op, int position);

/* OP_COUNT when no operator has the name. The first of several with one name (aten::div) wins. */
enum op_id op_find(const char *name);

/*
 * Sizes and dtypes of the outputs from inputs and attributes, contiguous strides; fails (USAGE) naming operator, shapes
 * and the rule they break (image too small, channels not divisible). Sets out[i].dims = -1 for outputs it has not.
 * Backward operators whose outputs have the shapes of forward tensors are the graph's business and are not asked.
 */
enum status op_infer(enum op_id op, const union op_attrs *attrs, const struct tensor *const *in,
                     struct tensor out[OP_MAX_OUT]);

/* Floating-point operations of a call (a multiply-add is 2), 0 for pure data movement. */
int64_t op_flops(const struct op_call *call);

/* Bytes of all inputs read once and of all outputs written once: the least traffic of the call. */
int64_t op_bytes_read(const struct op_call *call);
int64_t op_bytes_written(const struct op_call *call);

#endif
