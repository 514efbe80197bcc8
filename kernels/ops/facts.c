/* Checks and descriptions that the operators' facts share. */
#include "kernels/ops/facts.h"

#include <stdio.h>

#include "kernels/ops/broadcast.h"

/* The word at `position` of a list like "input, weight, bias?". */
static int position_name(const char *names, int position, const char **name)
{
    for (; position > 0 && strchr(names, ','); position--)
        names = strchr(names, ',') + 2;
    *name = names;
    return (int)strcspn(names, ",?*");
}

const char *facts_shape(char text[FACTS_SHAPE_BYTES], const struct tensor *tensor)
{
    int length = snprintf(text, FACTS_SHAPE_BYTES, "(");
    for (int d = 0; d < tensor->dims; d++)
        length += snprintf(text + length, FACTS_SHAPE_BYTES - (size_t)length, "%s%lld", d ? ", " : "",
                           (long long)tensor->size[d]);
    snprintf(text + length, FACTS_SHAPE_BYTES - (size_t)length, ")");
    return text;
}

enum status facts_need(const struct op_query *query, int position, int dims)
{
    const struct tensor *tensor = query->in[position];
    char shape[FACTS_SHAPE_BYTES];
    const char *name;
    int length = position_name(op_input_names(query->op), position, &name);

    if (!tensor)
        return FAIL(USAGE, "%s: %.*s is missing; it must be given", op_name(query->op), length, name);
    if (dims >= 0 && tensor->dims != dims)
        return FAIL(USAGE, "%s: %.*s %s must have %d dimensions", op_name(query->op), length, name,
                    facts_shape(shape, tensor), dims);
    return STATUS_OK;
}

enum status facts_need_vector(const struct op_query *query, int position, int64_t count, const char *what)
{
    const struct tensor *tensor = query->in[position];
    char shape[FACTS_SHAPE_BYTES];
    const char *name;
    int length = position_name(op_input_names(query->op), position, &name);

    if (!tensor || (tensor->dims == 1 && tensor->size[0] == count))
        return STATUS_OK;
    return FAIL(USAGE, "%s: %.*s %s must be a vector of %lld elements, one for each of the %s", op_name(query->op),
                length, name, facts_shape(shape, tensor), (long long)count, what);
}

enum status facts_need_same(const struct op_query *query, int a, int b)
{
    char a_shape[FACTS_SHAPE_BYTES], b_shape[FACTS_SHAPE_BYTES];
    const char *a_name, *b_name;

    TRY(facts_need(query, a, -1));
    TRY(facts_need(query, b, -1));
    if (tensor_same_shape(query->in[a], query->in[b]))
        return STATUS_OK;
    int a_length = position_name(op_input_names(query->op), a, &a_name);
    int b_length = position_name(op_input_names(query->op), b, &b_name);
    return FAIL(USAGE, "%s: %.*s %s and %.*s %s must have equal shapes", op_name(query->op), a_length, a_name,
                facts_shape(a_shape, query->in[a]), b_length, b_name, facts_shape(b_shape, query->in[b]));
}

struct tensor facts_like(const struct tensor *like)
{
    return tensor_with_format(like, FORMAT_CONTIGUOUS);
}

struct tensor facts_vector(enum dtype dtype, int64_t count)
{
    return tensor_make(dtype, 1, &count, FORMAT_CONTIGUOUS);
}

struct tensor facts_scalar(enum dtype dtype)
{
    return tensor_make(dtype, 0, NULL, FORMAT_CONTIGUOUS);
}

enum dtype facts_promote(enum dtype a, enum dtype b)
{
    if (a == b)
        return a;
    return a == DTYPE_FLOAT64 || b == DTYPE_FLOAT64 ? DTYPE_FLOAT64 : DTYPE_FLOAT32;
}

enum status facts_broadcast(const struct op_query *query, struct tensor *out)
{
    char a_shape[FACTS_SHAPE_BYTES], b_shape[FACTS_SHAPE_BYTES];
    const char *a_name, *b_name;
    TRY(facts_need(query, 0, -1));
    TRY(facts_need(query, 1, -1));
    const struct tensor *a = query->in[0], *b = query->in[1];
    bool in_place = op_flags(query->op) & OP_IN_PLACE;
    struct tensor made = {.dtype = in_place ? a->dtype : facts_promote(a->dtype, b->dtype)};
    if (broadcast_sizes(a, b, &made) && (!in_place || tensor_same_shape(a, &made))) {
        out[0] = facts_like(&made);
        return STATUS_OK;
    }
    int a_length = position_name(op_input_names(query->op), 0, &a_name);
    int b_length = position_name(op_input_names(query->op), 1, &b_name);
    return FAIL(USAGE, "%s: %.*s %s and %.*s %s can't be broadcast%s", op_name(query->op), a_length, a_name,
                facts_shape(a_shape, a), b_length, b_name, facts_shape(b_shape, b),
                in_place ? " to the first one's sizes" : " to common sizes");
}

enum status infer_like_first(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need(query, 0, -1));
    out[0] = facts_like(query->in[0]);
    return STATUS_OK;
}

enum status infer_like_second(const struct op_query *query, struct tensor *out)
{
    TRY(facts_need_same(query, 0, 1));
    out[0] = facts_like(query->in[1]);
    return STATUS_OK;
}

int64_t flops_per_input(const struct op_call *call)
{
    return tensor_count(call->in[0]);
}
