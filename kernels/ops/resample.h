/*
 * Operators on (N,C,H,W) whose output is, along H and along W separately, a sum of few input positions: upsampling, and
 * pads that repeat or mirror the edge. Formulas: PyTorch aten/src/ATen/native/UpSample.h (area_pixel_compute_scale,
 * area_pixel_compute_source_index, get_cubic_upsample_coefficients), ReflectionPad.cpp, ReplicationPadding.cpp.
 */
#ifndef KERNELS_OPS_RESAMPLE_H
#define KERNELS_OPS_RESAMPLE_H

#include "kernels/op.h"

#define RESAMPLE_MAX_TAPS 4

/* One axis of a call: 0 = H, 1 = W; sizes of the forward operator's input and output. `op` may be the backward one. */
struct resample_axis {
    enum op_id op;
    const union op_attrs *attrs;
    int axis;
    int64_t in, out;
};

/*
 * The input positions that output position `out` is made of, and their weights; returns how many (1 to
 * RESAMPLE_MAX_TAPS; a position may come twice).
 */
int resample_taps(const struct resample_axis *axis, int64_t out, int64_t index[RESAMPLE_MAX_TAPS],
                  double weight[RESAMPLE_MAX_TAPS]);

/* Sparse rows: result position p is made of index[start[p] .. start[p + 1]), source positions, with those weights. */
struct resample_rows {
    int64_t positions;
    int32_t *start, *index;
    float *weight;
    size_t bytes; /* of the one block that all three lie in; start is where it begins */
};

/* The rows of an axis, forward or `backward`. The block is the caller's to free(). */
enum status resample_rows_create(const struct resample_axis *axis, bool backward, struct resample_rows *out);

/* True for the operators above's backwards, whose output 0 has the sizes of the forward input. */
bool resample_is_backward(enum op_id op);

#endif
