/* aten::native_layer_norm and its backward, over the rows of contiguous tensors. */
#include "kernels/cpu/vector_op.h"

/* Maps of one dtype that lie row by row, and float32 parameters and statistics. */
static enum status check(const struct op_call *call, const struct tensor *const *maps, int count)
{
    TRY(vector_op_dense(call, maps, count));
    for (int i = 0; i < count; i++) {
        enum memory_format format = tensor_format(maps[i]);
        if (maps[i]->dtype != maps[0]->dtype || (format != FORMAT_CONTIGUOUS && format != FORMAT_EITHER))
            return FAIL(UNSUPPORTED, "%s of %s %s: the cpu back end wants contiguous tensors of one dtype",
                        op_name(call->op), layout_name(format), dtype_name(maps[i]->dtype));
    }
    return STATUS_OK;
}

static enum status forward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const maps[] = {call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[1], call->in[2], call->out[1], call->out[2]};
    TRY(check(call, maps, 2));
    TRY(vector_op_float32(call, small, 4));
    struct vector_op op = {device->vector->layer_norm, "",
                           layer_norm_scratch_bytes(tensor_count(call->in[1]), device->threads), 0, false};
    return vector_op_create(device, call, &op, out);
}

static enum status backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const maps[] = {call->in[1], call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[2], call->in[3], call->in[4], call->out[1], call->out[2]};
    TRY(check(call, maps, 3));
    TRY(vector_op_float32(call, small, 5));
    struct vector_op op = {device->vector->layer_norm_backward, "",
                           layer_norm_backward_scratch_bytes(tensor_count(call->in[4]), device->threads), 0, false};
    return vector_op_create(device, call, &op, out);
}

const struct op_impl cpu_layer_norm = {forward_prepare};
const struct op_impl cpu_layer_norm_backward = {backward_prepare};
