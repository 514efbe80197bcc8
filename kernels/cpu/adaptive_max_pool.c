/* aten::adaptive_max_pool2d and its backward: one kernel each, any layouts. */
#include "kernels/cpu/vector_op.h"

static enum status check(const struct op_call *call, const struct tensor *indices)
{
    enum dtype dtype = call->in[0]->dtype;
    if ((dtype != DTYPE_FLOAT32 && dtype != DTYPE_BFLOAT16 && dtype != DTYPE_FLOAT16) || call->out[0]->dtype != dtype ||
        indices->dtype != DTYPE_INT64)
        return FAIL(UNSUPPORTED, "%s of %s with %s indices: the cpu back end has float32, bfloat16 and float16 with int64",
                    op_name(call->op), dtype_name(dtype), dtype_name(indices->dtype));
    return STATUS_OK;
}

static enum status forward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    TRY(check(call, call->out[1]));
    struct vector_op op = {device->vector->adaptive_max_pool, "", 0, 0, false};
    return vector_op_create(device, call, &op, out);
}

static enum status backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const int64_t *size = call->out[0]->size;
    TRY(check(call, call->in[2]));
    struct vector_op op = {device->vector->adaptive_max_pool_backward, "",
                           norm_scratch_bytes(size[2] * size[3], 0, device->threads), 0, false};
    return vector_op_create(device, call, &op, out);
}

const struct op_impl cpu_adaptive_max_pool = {forward_prepare};
const struct op_impl cpu_adaptive_max_pool_backward = {backward_prepare};
