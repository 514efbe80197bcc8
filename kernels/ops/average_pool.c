/* Average pooling over windows (2-D and 3-D) and adaptive pooling. */
#include "kernels/ops/facts.h"

static bool is_adaptive(enum op_id op)
{
    return op == OP_ADAPTIVE_AVG_POOL2D || op == OP_ADAPTIVE_AVG_POOL2D_BACKWARD;
}

static enum status check_window(const struct op_query *query, int i)
{
    const struct average_attrs *attrs = &query->attrs->average;
    if (attrs->kernel[i] < 1 || attrs->stride[i] < 1)
        return FAIL(USAGE, "%s: kernel %d, stride %d must be positive", op_name(query->op), attrs->kernel[i],
                    attrs->stride[i]);
    if (attrs->padding[i] < 0 || attrs->padding[i] > attrs->kernel[i] / 2)
        return FAIL(USAGE, "%s: padding is %d; it must be at least 0 and at most half of the kernel size, which is %d",
                    op_name(query->op), attrs->padding[i], attrs->kernel[i]);
    return STATUS_OK;
}

/* PyTorch's pooling_output_shape: with ceil_mode a last window must begin inside the image or its left padding. */
static int64_t window_count(const struct average_attrs *attrs, int i, int64_t size)
{
    int64_t room = size + 2 * attrs->padding[i] - attrs->kernel[i];
    if (room < 0)
        return 0;
    int64_t count = (room + (attrs->ceil_mode ? attrs->stride[i] - 1 : 0)) / attrs->stride[i] + 1;
    if (attrs->ceil_mode && (count - 1) * attrs->stride[i] >= size + attrs->padding[i])
        count--;
    return count;
}

/* The last `dims` - 2 dimensions are D, H, W or H, W. */
static enum status infer_windows(const struct op_query *query, int dims, struct tensor *out)
{
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, dims));
    out[0] = facts_like(query->in[0]);
    for (int d = 2; d < dims; d++) {
        int axis = d + 3 - dims;
        TRY(check_window(query, axis));
        out[0].size[d] = window_count(&query->attrs->average, axis, query->in[0]->size[d]);
        if (out[0].size[d] < 1)
            return FAIL(USAGE, "%s: input %s is too small for a window of %d with padding %d; use larger images",
                        op_name(query->op), facts_shape(shape, query->in[0]), query->attrs->average.kernel[axis],
                        query->attrs->average.padding[axis]);
    }
    out[0] = tensor_make(out[0].dtype, dims, out[0].size, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_average_pool(const struct op_query *query, struct tensor *out)
{
    const int *output = query->attrs->average.output;
    if (!is_adaptive(query->op))
        return infer_windows(query, query->op == OP_AVG_POOL3D ? 5 : 4, out);
    TRY(facts_need(query, 0, 4));
    if (output[0] < 1 || output[1] < 1)
        return FAIL(USAGE, "%s: output size %dx%d must be positive", op_name(query->op), output[0], output[1]);
    const struct tensor *input = query->in[0];
    out[0] = tensor_make_4d(input->dtype, input->size[0], input->size[1], output[0], output[1], FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_average_pool_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, query->op == OP_AVG_POOL3D_BACKWARD ? 5 : 4));
    TRY(facts_need(query, 1, query->op == OP_AVG_POOL3D_BACKWARD ? 5 : 4));
    out[0] = facts_like(query->in[1]);
    return STATUS_OK;
}

/* One addition for each element of a window and the division; adaptive windows cover the input about once. */
static int64_t flops_windows(const struct op_call *call, const struct tensor *small, const struct tensor *large)
{
    const int *kernel = call->attrs.average.kernel;
    if (is_adaptive(call->op))
        return tensor_count(large) + tensor_count(small);
    int64_t window = (int64_t)kernel[1] * kernel[2] * (small->dims == 5 ? kernel[0] : 1);
    return tensor_count(small) * (window + 1);
}

static int64_t flops_average_pool(const struct op_call *call)
{
    return flops_windows(call, call->out[0], call->in[0]);
}

static int64_t flops_average_pool_backward(const struct op_call *call)
{
    return flops_windows(call, call->in[0], call->out[0]);
}

const struct op_facts facts_average_pool = {infer_average_pool, flops_average_pool, 0};
const struct op_facts facts_average_pool_backward = {infer_average_pool_backward, flops_average_pool_backward, 1 << 1};
