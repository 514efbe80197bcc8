/* Convolution over one dimension as one over images of height 1, as PyTorch's view1d_as_2d does it. */
#ifndef KERNELS_CPU_CONV_1D_H
#define KERNELS_CPU_CONV_1D_H

#include "kernels/backend.h"

/* True of calls on (N,C,L) tensors. */
bool conv_is_1d(const struct op_call *call);

/*
 * Prepares such a call with `prepare`, which gets it as one on (N,C,1,L) tensors. The result shows the inner call's kernels
 * and conversions as its own.
 */
enum status conv_1d_prepare(struct device *device, const struct op_call *call,
                            enum status (*prepare)(struct device *, const struct op_call *, struct op_prepared **),
                            struct op_prepared **out);

#endif
