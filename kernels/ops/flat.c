/* The positions of each operator on flat memory, as a table. */
#include "kernels/ops/flat.h"

/* Positions as bits; what is no vector is a scalar. */
static const struct flat_row {
    enum op_id op;
    unsigned vectors_in, vectors_out;
} rows[] = {
    {OP_SGD, 1 << 0 | 1 << 1 | 1 << 2, 1 << 0 | 1 << 1},
    {OP_ADAMW, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3, 1 << 0 | 1 << 1 | 1 << 2},
    {OP_AMP_UNSCALE, 1 << 0, 1 << 0},
    {OP_AMP_UPDATE_SCALE, 0, 0},
    {OP_FOREACH_NORM, 1 << 0, 0},
    {OP_FOREACH_MUL_, 1 << 0, 1 << 0},
    {OP_FOREACH_LERP_, 1 << 0 | 1 << 1, 1 << 0},
    {OP_ALL_REDUCE_, 1 << 0, 1 << 0},
};

static enum status check_each(const struct op_call *call, struct tensor *const *tensors, int count, unsigned vectors)
{
    for (int i = 0; i < count; i++) {
        const struct tensor *tensor = tensors[i];
        int64_t length = vectors >> i & 1 ? tensor_count(call->in[0]) : 1;
        if (!tensor || (tensor->dtype == DTYPE_FLOAT32 && tensor_format(tensor) != FORMAT_STRIDED && tensor_count(tensor) == length))
            continue;
        return FAIL(UNSUPPORTED, "%s of %lld elements, %s, %s: it takes %lld float32 elements, flat", op_name(call->op),
                    (long long)tensor_count(tensor), dtype_name(tensor->dtype), layout_name(tensor_format(tensor)),
                    (long long)length);
    }
    return STATUS_OK;
}

enum status flat_check(const struct op_call *call)
{
    if (call->op == OP_SGD && call->attrs.sgd.momentum != 0 && (!call->in[2] || !call->out[1]))
        return FAIL(UNSUPPORTED, "%s with momentum %g but without a momentum buffer", op_name(call->op), call->attrs.sgd.momentum);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].op != call->op)
            continue;
        TRY(check_each(call, call->in, OP_MAX_IN, rows[i].vectors_in));
        return check_each(call, call->out, OP_MAX_OUT, rows[i].vectors_out);
    }
    return FAIL(UNSUPPORTED, "%s works on no flat memory", op_name(call->op));
}
