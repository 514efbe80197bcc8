/*
 * A convolution's call as a list of steps, one kernel each: casts and conversions around cuDNN calls, the bias. Everything is
 * chosen while preparing; running launches. Input and weight may get more channels for cuDNN (conv_channels.h): a cast or a conversion
 * pads in the same pass, and what comes back leaves them out.
 *
 *   conv_steps_prepare -> the caller's conv_passes -> conv_steps_bring / conv_steps_cudnn / conv_steps_deliver ...
 */
#ifndef KERNELS_CUDA_CONV_STEPS_H
#define KERNELS_CUDA_CONV_STEPS_H

#include "kernels/cuda/conv_bias.h"
#include "kernels/cuda/conv_channels.h"
#include "kernels/cuda/conv_plan.h"
#include "kernels/cuda/copy_plan.h"
#include "kernels/cuda/simple.h"

/* A tensor that a step reads or writes: 4-D, and where its elements lie. */
struct conv_operand {
    struct tensor tensor;       /* .data is unused */
    const struct tensor *caller; /* a tensor of the call, whose data is read at every run; NULL = scratch */
    size_t offset;              /* bytes into the scratch */
};

struct conv_step;
struct conv_steps {
    struct simple simple; /* first: the prepared call */
    enum dtype dtype;     /* computed in */
    enum memory_format format; /* contiguous or channels_last: of all operands of cuDNN calls */
    struct conv_attrs attrs;   /* of two dimensions */
    int64_t channels, padded;  /* C_in / groups; what cuDNN gets instead, 0 = that */
    int steps;
    struct conv_step *step; /* [OP_MAX_KERNELS] */
};

/*
 * A convolution's prepare. `like`: input, output (or its gradient), weight, by whose dtype (the input's) and format (the first that has
 * one) cuDNN computes; add_passes adds the steps in running order.
 */
enum { CONV_LIKE = 3 };
typedef enum status conv_passes(struct conv_steps *steps, const struct op_call *call);
enum status conv_steps_prepare(struct device *device, const struct op_call *call, const struct tensor *const like[CONV_LIKE],
                               conv_passes *add_passes, struct op_prepared **out);

/*
 * The call's tensor as it is, in two dimensions; and as cuDNN takes it, in scratch unless it is that already. `padded`: its channels
 * there (steps->padded of inputs, weights and their gradients), 0 = as many as it has.
 */
struct conv_operand conv_steps_operand(const struct conv_steps *steps, const struct tensor *tensor);
struct conv_operand conv_steps_target(struct conv_steps *steps, const struct tensor *tensor, int64_t padded);

/*
 * *ready = the tensor in the dtype and format computed in, with `padded` channels; a step is added where it isn't so: a cast, a
 * conversion of `cause`, padding, or all in one.
 */
enum status conv_steps_bring(struct conv_steps *steps, const struct tensor *tensor, int64_t padded, enum conversion_cause cause,
                             struct conv_operand *ready);
/* The other direction, after the step that writes `target` = conv_steps_target(tensor). */
enum status conv_steps_deliver(struct conv_steps *steps, const struct conv_operand *target, const struct tensor *tensor,
                               enum conversion_cause cause);

/* operand: by CONV_INPUT, CONV_FILTER, CONV_OUTPUT. */
enum status conv_steps_cudnn(struct conv_steps *steps, enum conv_kind kind, const struct conv_operand *operand);
enum status conv_steps_add_bias(struct conv_steps *steps, const struct conv_operand *output, const struct tensor *bias);
enum status conv_steps_sum_bias(struct conv_steps *steps, const struct conv_operand *grad_output, const struct tensor *grad_bias);

#endif
