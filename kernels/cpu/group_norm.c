/* aten::native_group_norm, aten::instance_norm (a channel a group, weight and bias may be absent), their backwards. */
#include "kernels/cpu/vector_op.h"

static enum status forward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *x = call->in[0];
    const struct tensor *const maps[] = {x, call->out[0]};
    const struct tensor *const small[] = {call->in[1], call->in[2], call->out[1], call->out[2]};
    bool rows;
    TRY(vector_op_layout(call, maps, 2, &rows));
    TRY(vector_op_float32(call, small, 4));
    struct vector_op op = {
        rows ? device->vector->group_norm_rows : device->vector->group_norm_planes, vector_op_variant(rows),
        rows ? group_norm_rows_scratch_bytes(x->size[0], x->size[1], device->threads) : 0, tensor_bytes(x)};
    return vector_op_create(device, call, &op, out);
}

static enum status backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *x = call->in[1];
    const struct tensor *const maps[] = {x, call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[2], call->in[3], call->in[4], call->out[1], call->out[2]};
    bool rows;
    if (call->attrs.norm.relu)
        return FAIL(UNSUPPORTED,
                    "%s with a fused relu: its mask needs the bias, which this operator is not given; run the "
                    "relu's own backward first",
                    op_name(call->op));
    TRY(vector_op_layout(call, maps, 3, &rows));
    TRY(vector_op_float32(call, small, 5));
    struct vector_op op = {rows ? device->vector->group_norm_backward_rows : device->vector->group_norm_backward_planes,
                           vector_op_variant(rows),
                           rows ? group_norm_rows_scratch_bytes(x->size[0], x->size[1], device->threads)
                                : group_norm_planes_scratch_bytes(x->size[0], x->size[1]),
                           2 * tensor_bytes(x)};
    return vector_op_create(device, call, &op, out);
}

const struct op_impl cpu_group_norm = {forward_prepare};
const struct op_impl cpu_group_norm_backward = {backward_prepare};
const struct op_impl cpu_instance_norm = {forward_prepare};
const struct op_impl cpu_instance_norm_backward = {backward_prepare};
