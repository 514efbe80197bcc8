/* Max pooling over windows, and the mean over the whole image. */
#include "kernels/ops/facts.h"

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static enum status check_window(const struct op_query *query, int i)
{
    const struct pool_attrs *pool = &query->attrs->pool;

    if (pool->kernel[i] < 1 || pool->stride[i] < 1 || pool->dilation[i] < 1)
        return FAIL(USAGE, "%s: kernel %d, stride %d, dilation %d must be positive", op_name(query->op),
                    pool->kernel[i], pool->stride[i], pool->dilation[i]);
    if (pool->padding[i] < 0 || pool->padding[i] > pool->kernel[i] / 2)
        return FAIL(USAGE, "%s: padding is %d; it must be at least 0 and at most half of the kernel size, which is %d",
                    op_name(query->op), pool->padding[i], pool->kernel[i]);
    return STATUS_OK;
}

/* With ceil_mode a last window may hang over the edge, but must begin inside the image or its left padding. */
static int64_t window_count(const struct pool_attrs *pool, int i, int64_t size)
{
    int64_t room = size + 2 * pool->padding[i] - pool->dilation[i] * (pool->kernel[i] - 1) - 1;
    int64_t count = divide_down(room + (pool->ceil_mode ? pool->stride[i] - 1 : 0), pool->stride[i]) + 1;
    if (pool->ceil_mode && (count - 1) * pool->stride[i] >= size + pool->padding[i])
        count--;
    return count;
}

static enum status infer_max_pool2d(const struct op_query *query, struct tensor *out)
{
    const struct pool_attrs *pool = &query->attrs->pool;
    char shape[FACTS_SHAPE_BYTES];
    int64_t size[2];

    TRY(facts_need(query, 0, 4));
    const struct tensor *input = query->in[0];
    for (int i = 0; i < 2; i++) {
        TRY(check_window(query, i));
        size[i] = window_count(pool, i, input->size[2 + i]);
    }
    if (size[0] < 1 || size[1] < 1)
        return FAIL(USAGE,
                    "%s: input %s is too small for a %dx%d window with padding %dx%d: the output would be %lldx%lld; "
                    "use larger images",
                    op_name(query->op), facts_shape(shape, input), pool->kernel[0], pool->kernel[1], pool->padding[0],
                    pool->padding[1], (long long)size[0], (long long)size[1]);
    if (pool->kernel[0] * pool->kernel[1] > 256)
        return FAIL(USAGE, "%s: a %dx%d window has more than 256 positions, which the indices can't number",
                    op_name(query->op), pool->kernel[0], pool->kernel[1]);
    out[0] = tensor_make_4d(input->dtype, input->size[0], input->size[1], size[0], size[1], FORMAT_CONTIGUOUS);
    out[1] = tensor_with_dtype(&out[0], DTYPE_UINT8);
    return STATUS_OK;
}

static enum status infer_max_pool2d_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need_same(query, 0, 2));
    TRY(facts_need(query, 1, 4));
    out[0] = facts_like(query->in[1]);
    return STATUS_OK;
}

static enum status infer_mean(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, 4));
    const struct tensor *input = query->in[0];
    bool drops = query->attrs && query->attrs->reduce.dims && !query->attrs->reduce.keep;
    out[0] = tensor_make_4d(input->dtype, input->size[0], input->size[1], 1, 1, FORMAT_CONTIGUOUS);
    if (drops)
        out[0] = tensor_make(input->dtype, 2, input->size, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

/* One comparison for each position of a window but the first. */
static int64_t flops_max_pool2d(const struct op_call *call)
{
    const struct pool_attrs *pool = &call->attrs.pool;
    return tensor_count(call->out[0]) * (pool->kernel[0] * pool->kernel[1] - 1);
}

const struct op_facts facts_max_pool2d = {infer_max_pool2d, flops_max_pool2d, 0};
const struct op_facts facts_max_pool2d_backward = {infer_max_pool2d_backward, flops_per_input, 1 << 1};
const struct op_facts facts_mean = {infer_mean, flops_per_input, 0};
