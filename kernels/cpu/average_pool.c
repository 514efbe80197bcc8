/* aten::avg_pool2d, avg_pool3d, _adaptive_avg_pool2d and their backward operators: one kernel each way for any layouts, one for contiguous maps. */
#include "kernels/cpu/vector_op.h"

static bool is_float(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

typedef void kernel_fn(const struct op_call *call, void *scratch, int threads);

/* The kernel for any layouts, and the one for contiguous tensors, of which adaptive pooling and that of volumes have none. */
struct kernels {
    kernel_fn *any, *planes;
};

/* `pooled` is the side with one element per window, `map` the other one. */
static enum status prepare(struct device *device, const struct op_call *call, const struct tensor *pooled,
                           const struct tensor *map, struct kernels kernels, struct op_prepared **out)
{
    const struct tensor *from = call->in[0], *to = call->out[0], *const maps[] = {from, to};
    int dims = pooled->dims;
    if (!is_float(from->dtype) || from->dtype != to->dtype)
        return FAIL(UNSUPPORTED, "%s of %s to %s: the cpu back end wants one dtype, float32, bfloat16 or float16",
                    op_name(call->op), dtype_name(from->dtype), dtype_name(to->dtype));
    struct vector_op op = {kernels.any, "",
                           average_pool_scratch_bytes(dims == 5 ? pooled->size[2] : 0, pooled->size[dims - 2],
                                                      pooled->size[dims - 1]),
                           0, false};
    bool windows = call->op == OP_AVG_POOL2D || call->op == OP_AVG_POOL2D_BACKWARD;
    if (windows && dims == 4 && vector_op_contiguous(maps, 2)) {
        const struct pool_attrs window = average_window(&call->attrs.average);
        op.kernel = kernels.planes;
        op.scratch_bytes = average_pool_planes_scratch_bytes(&window, map->size[3], pooled->size[3], device->threads);
    }
    return vector_op_create(device, call, &op, out);
}

static enum status forward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct vector_kernels *vector = device->vector;
    const struct kernels kernels = {vector->average_pool, vector->average_pool_planes};
    return prepare(device, call, call->out[0], call->in[0], kernels, out);
}

static enum status backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct vector_kernels *vector = device->vector;
    const struct kernels kernels = {vector->average_pool_backward, vector->average_pool_backward_planes};
    return prepare(device, call, call->in[0], call->out[0], kernels, out);
}

const struct op_impl cpu_average_pool = {forward_prepare};
const struct op_impl cpu_average_pool_backward = {backward_prepare};
