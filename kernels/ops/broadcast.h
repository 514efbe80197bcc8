/* Broadcasting, as PyTorch and numpy do it: sizes are aligned at the last dimension, and 1 meets anything. */
#ifndef KERNELS_OPS_BROADCAST_H
#define KERNELS_OPS_BROADCAST_H

#include "kernels/tensor.h"

/* The sizes that both can be broadcast to, into dims and size of *out; false when there are none. */
bool broadcast_sizes(const struct tensor *a, const struct tensor *b, struct tensor *out);

/*
 * The tensor seen with the sizes of `like`: stride 0 along what is repeated. Sizes must allow it (broadcast_sizes).
 * Borrows the tensor's data.
 */
struct tensor broadcast_to(const struct tensor *tensor, const struct tensor *like);

#endif
