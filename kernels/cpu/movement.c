/* aten::cat and aten::zeros. */
#include <string.h>

#include "kernels/cpu/simple.h"

static bool is_small_float(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

static enum status check_cat(const struct op_call *call)
{
    bool fits = is_small_float(call->out[0]->dtype);
    for (int i = 0; i < OP_MAX_IN && call->in[i]; i++)
        fits = fits && is_small_float(call->in[i]->dtype);
    if (fits)
        return STATUS_OK;
    return FAIL(UNSUPPORTED, "%s of %s to %s: the cpu back end has float32, bfloat16 and float16", op_name(call->op),
                dtype_name(call->in[0]->dtype), dtype_name(call->out[0]->dtype));
}

static void compute_cat(const struct device *device, const struct op_call *call)
{
    device->vector->cat(call, device->threads);
}
SIMPLE_OP(cat)

static enum status check_zeros(const struct op_call *call)
{
    return simple_check_alike(call, (const struct tensor *const *)call->out, 1);
}

static void compute_zeros(const struct device *device, const struct op_call *call)
{
    (void)device;
    memset(call->out[0]->data, 0, (size_t)tensor_bytes(call->out[0]));
}
SIMPLE_OP(zeros)
