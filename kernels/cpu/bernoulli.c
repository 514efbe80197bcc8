/* aten::bernoulli_: 1 or 0 by the stream's key, the step and the logical index, as dropout's mask. A mask is small. */
#include "base/random.h"
#include "kernels/cpu/simple.h"

static enum status check_bernoulli(const struct op_call *call)
{
    if (call->in[1]->dtype != DTYPE_INT64)
        return FAIL(UNSUPPORTED, "%s with a %s counter: it is int64", op_name(call->op), dtype_name(call->in[1]->dtype));
    return STATUS_OK;
}

static void compute_bernoulli(const struct device *device, const struct op_call *call)
{
    const struct dropout_attrs *attrs = &call->attrs.dropout;
    const struct tensor *out = call->out[0];
    int64_t count = tensor_count(out);
    uint64_t first = (uint64_t) * (const int64_t *)call->in[1]->data * (uint64_t)count;
#pragma omp parallel for num_threads(device->threads) schedule(static) if (count > 4096)
    for (int64_t i = 0; i < count; i++)
        dtype_store(out->data, out->dtype, tensor_offset(out, i),
                    (double)random_uniform(attrs->key, first + (uint64_t)i) >= attrs->p);
}

SIMPLE_OP(bernoulli)
