/*
 * Views: operators whose outputs are their input's memory, seen with other sizes and strides. Flagged OP_ALIAS in ops.def;
 * nothing runs.
 *
 *   view, _unsafe_view        other sizes over the same elements in row-major order; not of every layout (view_possible)
 *   permute, transpose, t     dimensions in another order
 *   expand                    dimensions of size 1, and new ones in front, repeated (stride 0)
 *   unsqueeze, squeeze        a dimension of size 1 more, or less
 *   slice, select             part of one dimension, or one index of it
 *   split                     consecutive parts of one dimension; the last may be shorter
 */
#ifndef KERNELS_VIEW_H
#define KERNELS_VIEW_H

#include "kernels/op.h"

/*
 * Sizes, strides and dtype of each output for an input with these strides, and where each begins, in elements from the
 * input's first. out[i].dims is -1 for outputs that the call has not. Fails with USAGE when sizes and attributes
 * disagree, UNSUPPORTED when aten::view can't view this layout (PyTorch: "use reshape").
 */
enum status view_apply(enum op_id op, const struct view_attrs *attrs, const struct tensor *input,
                       struct tensor out[OP_MAX_OUT], int64_t offset[OP_MAX_OUT]);

/*
 * Strides of `dims` sizes over the elements of `input`, when such a view exists without a copy. The rule is PyTorch's
 * computeStride (ATen/TensorUtils.cpp): a run of input dimensions that lie row-major may be cut and merged freely.
 */
bool view_possible(const struct tensor *input, int dims, const int64_t *size, int64_t *stride);

#endif
