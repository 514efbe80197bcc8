/* aten::native_batch_norm and its backward, with the fused residual and relu. */
#include "kernels/cpu/vector_op.h"

static enum status forward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *x = call->in[0];
    const struct tensor *const maps[] = {x, call->out[0], call->in[5]};
    const struct tensor *const small[] = {call->in[1], call->in[2],  call->in[3],
                                          call->in[4], call->out[1], call->out[2]};
    bool rows, training = call->attrs.norm.training;
    TRY(vector_op_layout(call, maps, 3, &rows));
    TRY(vector_op_float32(call, small, training ? 6 : 4));
    struct vector_op op = {rows ? device->vector->batch_norm_rows : device->vector->batch_norm_planes,
                           vector_op_variant(rows), rows ? norm_rows_scratch_bytes(x->size[1], device->threads) : 0,
                           training ? tensor_bytes(x) : 0};
    return vector_op_create(device, call, &op, out);
}

static enum status backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *x = call->in[1];
    bool mixed = tensor_same_shape(call->in[0], x) && !tensor_same_layout(call->in[0], x);
    const struct tensor *const maps[] = {x, mixed ? NULL : call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[2], call->in[3],  call->in[4],
                                          call->in[5], call->out[1], call->out[2]};
    bool rows;
    TRY(vector_op_layout(call, maps, 3, &rows));
    TRY(vector_op_float32(call, small, 6));
    struct vector_op op = {rows ? device->vector->batch_norm_backward_rows : device->vector->batch_norm_backward_planes,
                           vector_op_variant(rows), rows ? norm_rows_scratch_bytes(x->size[1], device->threads) : 0,
                           2 * tensor_bytes(x), mixed};
    return vector_op_create(device, call, &op, out);
}

const struct op_impl cpu_batch_norm = {forward_prepare};
const struct op_impl cpu_batch_norm_backward = {backward_prepare};
