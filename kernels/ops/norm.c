/* Batch, group and instance normalisation. Parameters and statistics are float32 whatever the input is. */
#include "kernels/ops/facts.h"

static enum status need_channels(const struct op_query *query)
{
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, -1));
    if (query->in[0]->dims < 2)
        return FAIL(USAGE, "%s: input %s must have at least 2 dimensions, batch and channels", op_name(query->op),
                    facts_shape(shape, query->in[0]));
    return STATUS_OK;
}

static enum status infer_batch_norm(const struct op_query *query, struct tensor *out)
{
    char shape[FACTS_SHAPE_BYTES];

    TRY(need_channels(query));
    const struct tensor *input = query->in[0];
    int64_t channels = input->size[1];
    for (int position = 1; position <= 4; position++) {
        TRY(facts_need(query, position, -1));
        TRY(facts_need_vector(query, position, channels, "channels"));
    }
    if (query->in[5])
        TRY(facts_need_same(query, 0, 5));
    out[0] = facts_like(input);
    if (!query->attrs->norm.training)
        return STATUS_OK; /* save_* are not written */
    if (tensor_count(input) <= channels)
        return FAIL(USAGE, "%s: input %s has one value per channel, training needs more; use a larger batch or image",
                    op_name(query->op), facts_shape(shape, input));
    out[1] = out[2] = facts_vector(DTYPE_FLOAT32, channels);
    return STATUS_OK;
}

static enum status infer_batch_norm_backward(const struct op_query *query, struct tensor *out)
{
    TRY(need_channels(query));
    TRY(facts_need_same(query, 0, 1));
    int64_t channels = query->in[1]->size[1];
    for (int position = 2; position <= 5; position++)
        TRY(facts_need_vector(query, position, channels, "channels"));
    out[0] = facts_like(query->in[1]);
    out[1] = out[2] = facts_vector(DTYPE_FLOAT32, channels);
    return STATUS_OK;
}

static enum status check_groups(const struct op_query *query, const struct tensor *input)
{
    int groups = query->attrs->norm.groups;
    char shape[FACTS_SHAPE_BYTES];
    if (groups < 1 || input->size[1] % groups)
        return FAIL(USAGE, "%s: groups is %d, input is %s; groups must divide the %lld channels", op_name(query->op),
                    groups, facts_shape(shape, input), (long long)input->size[1]);
    return STATUS_OK;
}

static enum status infer_group_norm(const struct op_query *query, struct tensor *out)
{
    TRY(need_channels(query));
    const struct tensor *input = query->in[0];
    TRY(check_groups(query, input));
    for (int position = 1; position <= 2; position++)
        TRY(facts_need_vector(query, position, input->size[1], "channels"));
    out[0] = facts_like(input);
    out[1] = out[2] =
        tensor_make(DTYPE_FLOAT32, 2, (int64_t[]){input->size[0], query->attrs->norm.groups}, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_group_norm_backward(const struct op_query *query, struct tensor *out)
{
    TRY(need_channels(query));
    TRY(facts_need_same(query, 0, 1));
    const struct tensor *input = query->in[1];
    TRY(check_groups(query, input));
    out[0] = facts_like(input);
    out[1] = out[2] = facts_vector(DTYPE_FLOAT32, input->size[1]);
    return STATUS_OK;
}

static enum status check_instances(const struct op_query *query, const struct tensor *input)
{
    char shape[FACTS_SHAPE_BYTES];
    if (query->attrs->norm.groups != input->size[1])
        return FAIL(USAGE, "%s: groups is %d, input is %s; every channel is a group", op_name(query->op),
                    query->attrs->norm.groups, facts_shape(shape, input));
    return STATUS_OK;
}

static enum status infer_instance_norm(const struct op_query *query, struct tensor *out)
{
    char shape[FACTS_SHAPE_BYTES];
    TRY(facts_need(query, 0, 4));
    const struct tensor *input = query->in[0];
    TRY(check_instances(query, input));
    for (int position = 1; position <= 2; position++)
        TRY(facts_need_vector(query, position, input->size[1], "channels"));
    if (input->size[2] * input->size[3] <= 1)
        return FAIL(USAGE, "%s: input %s has one value per channel and image, training needs more; use a larger image",
                    op_name(query->op), facts_shape(shape, input));
    out[0] = facts_like(input);
    out[1] = out[2] = tensor_make(DTYPE_FLOAT32, 2, input->size, FORMAT_CONTIGUOUS);
    return STATUS_OK;
}

static enum status infer_instance_norm_backward(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 1, 4));
    TRY(facts_need_same(query, 0, 1));
    const struct tensor *input = query->in[1];
    TRY(check_instances(query, input));
    out[0] = facts_like(input);
    if (query->in[4])
        out[1] = out[2] = facts_vector(DTYPE_FLOAT32, input->size[1]);
    return STATUS_OK;
}

/* Per element: scale and shift 2; in training the sum 1 and the squared distance 3; the fused add and relu 1 each. */
static int64_t flops_batch_norm(const struct op_call *call)
{
    const struct norm_attrs *norm = &call->attrs.norm;
    return tensor_count(call->in[0]) * (2 + (norm->training ? 4 : 0) + (call->in[5] ? 1 : 0) + (norm->relu ? 1 : 0));
}

static int64_t flops_group_norm(const struct op_call *call)
{
    return tensor_count(call->in[0]) * 6;
}

/* Per element: the two sums, of g and of g (x - mean), 4; grad_input from them 4; the relu's mask 3. */
static int64_t flops_norm_backward(const struct op_call *call)
{
    bool relu = call->op == OP_BATCH_NORM_BACKWARD && call->attrs.norm.relu;
    return tensor_count(call->in[1]) * (8 + (relu ? 3 : 0));
}

const struct op_facts facts_batch_norm = {infer_batch_norm, flops_batch_norm, 0};
const struct op_facts facts_batch_norm_backward = {infer_batch_norm_backward, flops_norm_backward, 0};
const struct op_facts facts_group_norm = {infer_group_norm, flops_group_norm, 0};
const struct op_facts facts_group_norm_backward = {infer_group_norm_backward, flops_norm_backward, 0};
const struct op_facts facts_instance_norm = {infer_instance_norm, flops_group_norm, 0};
const struct op_facts facts_instance_norm_backward = {infer_instance_norm_backward, flops_norm_backward, 0};
