/* Operators on flat float32 memory (optimizers, GradScaler's, foreach): which tensors of a call are vectors, which scalars. */
#ifndef KERNELS_OPS_FLAT_H
#define KERNELS_OPS_FLAT_H

#include "kernels/op.h"

/*
 * Fails with UNSUPPORTED, naming operator and tensor, unless every tensor of the call that is there is dense float32, the vectors as long
 * as input 0 and the scalars of one element; and where SGD has a momentum but no buffer for it.
 */
enum status flat_check(const struct op_call *call);

#endif
