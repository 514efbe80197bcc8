/* aten::mean over H,W, its gradient, and aten::sum over dimension 0. */
#include "kernels/cpu/vector_op.h"

static enum status forward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const map = call->in[0], *const mean = call->out[0];
    bool rows;
    TRY(vector_op_layout(call, &map, 1, &rows));
    TRY(vector_op_dense(call, &mean, 1));
    struct vector_op op = {rows ? device->vector->mean_rows : device->vector->mean_planes, vector_op_variant(rows),
                           rows ? mean_scratch_bytes(map->size[1], device->threads) : 0, 0};
    return vector_op_create(device, call, &op, out);
}

static enum status backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const map = call->out[0], *const grad = call->in[0];
    bool rows;
    TRY(vector_op_layout(call, &map, 1, &rows));
    TRY(vector_op_dense(call, &grad, 1));
    struct vector_op op = {rows ? device->vector->mean_backward_rows : device->vector->mean_backward_planes,
                           vector_op_variant(rows), rows ? mean_scratch_bytes(map->size[1], device->threads) : 0, 0};
    return vector_op_create(device, call, &op, out);
}

static enum status sum_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {call->in[0], call->out[0]};
    TRY(vector_op_dense(call, tensors, 2));
    struct vector_op op = {device->vector->sum_rows, "", mean_scratch_bytes(call->in[0]->size[1], device->threads), 0};
    return vector_op_create(device, call, &op, out);
}

const struct op_impl cpu_mean = {forward_prepare};
const struct op_impl cpu_mean_backward = {backward_prepare};
const struct op_impl cpu_sum = {sum_prepare};
