/* aten::avg_pool2d, avg_pool3d, _adaptive_avg_pool2d and their backward operators: one kernel each way, any layouts. */
#include "kernels/cpu/vector_op.h"

static bool is_float(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

/* `pooled` is the side with one element per window. */
static enum status prepare(struct device *device, const struct op_call *call, const struct tensor *pooled,
                           void (*kernel)(const struct op_call *, void *, int), struct op_prepared **out)
{
    const struct tensor *from = call->in[0], *to = call->out[0];
    int dims = pooled->dims;
    if (!is_float(from->dtype) || from->dtype != to->dtype)
        return FAIL(UNSUPPORTED, "%s of %s to %s: the cpu back end wants one dtype, float32, bfloat16 or float16",
                    op_name(call->op), dtype_name(from->dtype), dtype_name(to->dtype));
    struct vector_op op = {kernel, "",
                           average_pool_scratch_bytes(dims == 5 ? pooled->size[2] : 0, pooled->size[dims - 2],
                                                      pooled->size[dims - 1]),
                           0, false};
    return vector_op_create(device, call, &op, out);
}

static enum status forward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare(device, call, call->out[0], device->vector->average_pool, out);
}

static enum status backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare(device, call, call->in[0], device->vector->average_pool_backward, out);
}

const struct op_impl cpu_average_pool = {forward_prepare};
const struct op_impl cpu_average_pool_backward = {backward_prepare};
