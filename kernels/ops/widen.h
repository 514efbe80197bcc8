/* A call on (N,C,L) tensors as one on (N,C,1,L): how a 1-D convolution is a 2-D one. */
#ifndef KERNELS_OPS_WIDEN_H
#define KERNELS_OPS_WIDEN_H

#include "kernels/op.h"

/* The widened call and its tensors; don't move it. */
struct widened_call {
    struct op_call call;
    struct tensor in[OP_MAX_IN], out[OP_MAX_OUT];
};

/* 3-D tensors get a dimension of size 1 before the last, others stay. attrs.conv: what H is given is for L, H gets 1, 0, 1. */
void widened_call_init(struct widened_call *wide, const struct op_call *call);

/* Sets the widened tensors' data to where the call's lie now. */
void widened_call_place(struct widened_call *wide, const struct op_call *call);

/* The attributes alone. */
void widen_conv(struct conv_attrs *conv);

/* The tensor alone. */
struct tensor widen_tensor(const struct tensor *tensor);

#endif
