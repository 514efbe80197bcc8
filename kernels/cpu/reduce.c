/* aten::mean over H,W, aten::sum over any dimensions, aten::_softmax over one, and its gradient. */
#include "kernels/cpu/vector/sum.h"
#include "kernels/cpu/vector_op.h"

/* Over H,W of a dense image. */
static enum status image_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const map = call->in[0], *const result = call->out[0];
    bool rows;
    TRY(vector_op_layout(call, &map, 1, &rows));
    TRY(vector_op_dense(call, &result, 1));
    struct vector_op op = {rows ? device->vector->mean_rows : device->vector->mean_planes, vector_op_variant(rows),
                           rows ? mean_scratch_bytes(map->size[1], device->threads) : 0, 0, false};
    return vector_op_create(device, call, &op, out);
}

static bool is_image_sum(const struct op_call *call)
{
    const struct tensor *input = call->in[0];
    return input->dims == 4 && call->attrs.reduce.dims == 0xc && tensor_format(input) != FORMAT_STRIDED;
}

static enum status sum_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const result = call->out[0];
    if (is_image_sum(call))
        return image_prepare(device, call, out);
    TRY(vector_op_float(call, call->in, 1));
    TRY(vector_op_dense(call, &result, 1));
    struct sum_plan plan = sum_plan_make(call);
    size_t scratch = sum_scratch_bytes(sum_rows_of(&plan), tensor_count(result));
    struct vector_op op = {device->vector->sum, "", scratch, 0, false};
    return vector_op_create(device, call, &op, out);
}

static enum status softmax_prepare_with(struct device *device, const struct op_call *call,
                                        void (*kernel)(const struct op_call *, void *, int), struct op_prepared **out)
{
    const struct tensor *tensors[] = {call->in[0], call->in[1] ? call->in[1] : call->in[0], call->out[0]};
    TRY(vector_op_dense(call, tensors, 3));
    for (int i = 0; i < 3; i++) {
        if (layout_of(tensors[i]->dims, tensors[i]->size, tensors[i]->stride) == FORMAT_CHANNELS_LAST)
            return FAIL(UNSUPPORTED, "%s of a channels_last tensor: the cpu back end wants contiguous ones",
                        op_name(call->op));
    }
    int64_t dim = call->out[0]->size[call->attrs.dim.dim];
    struct vector_op op = {kernel, "", softmax_scratch_bytes(dim, device->threads), 0, false};
    return vector_op_create(device, call, &op, out);
}

static enum status softmax_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return softmax_prepare_with(device, call, device->vector->softmax, out);
}

static enum status softmax_backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return softmax_prepare_with(device, call, device->vector->softmax_backward, out);
}

const struct op_impl cpu_mean = {image_prepare};
const struct op_impl cpu_sum = {sum_prepare};
const struct op_impl cpu_softmax = {softmax_prepare};
const struct op_impl cpu_softmax_backward = {softmax_backward_prepare};
