/*
 * What the reference back end's files share. Plain loops over logical indices, elements loaded and stored through the
 * tensor's own strides, arithmetic in double: slow on purpose, because it judges every other back end (tests/ops).
 *
 * An operator is a function compute_<object>(call) in the file of its family and one line REF_OP(<object>).
 */
#ifndef KERNELS_REF_REF_H
#define KERNELS_REF_REF_H

#include "kernels/backend.h"

/* A call that can't fail once prepared: everything it needs is in the call. */
typedef void ref_compute(const struct op_call *call);

/* Makes the prepared call: one kernel called `name` that runs `compute`. */
enum status ref_prepare(const struct op_call *call, ref_compute *compute, const char *name, struct op_prepared **out);

#define REF_OP(object)                                                                                              \
    static enum status prepare_##object(struct device *device, const struct op_call *call, struct op_prepared **out) \
    {                                                                                                               \
        (void)device;                                                                                               \
        return ref_prepare(call, compute_##object, "ref " #object, out);                                            \
    }                                                                                                               \
    extern const struct op_impl ref_##object;                                                                       \
    const struct op_impl ref_##object = {prepare_##object};

/* Element number `logical` in row-major order of the sizes, whatever the memory order; any rank. */
double ref_load(const struct tensor *tensor, int64_t logical);
void ref_store(const struct tensor *tensor, int64_t logical, double value);

/* Elements of 4-D and 2-D tensors by their indices. */
double ref_load_4d(const struct tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w);
void ref_store_4d(const struct tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w, double value);
double ref_load_2d(const struct tensor *tensor, int64_t row, int64_t column);
void ref_store_2d(const struct tensor *tensor, int64_t row, int64_t column, double value);

/* The value as a tensor of that dtype would hold it. */
double ref_round(enum dtype dtype, double value);

/* max(0, value); NaN stays NaN, as in PyTorch. */
static inline double ref_rectify(double value)
{
    return value <= 0 ? 0 : value;
}

/* One dimension of a sliding window: where tap `tap` of output position `output` reads. May lie outside [0, size). */
struct ref_window {
    int64_t kernel, stride, padding, dilation;
};
static inline int64_t ref_window_input(const struct ref_window *window, int64_t output, int64_t tap)
{
    return output * window->stride - window->padding + tap * window->dilation;
}
/* The inverse: the output position whose tap `tap` reads `input`; -1 when there is none among `outputs`. */
static inline int64_t ref_window_output(const struct ref_window *window, int64_t input, int64_t tap, int64_t outputs)
{
    int64_t start = input + window->padding - tap * window->dilation;
    bool hit = start >= 0 && start % window->stride == 0 && start / window->stride < outputs;
    return hit ? start / window->stride : -1;
}

#endif
