/* pow and add with a number, and neg. */
#include <math.h>

#include "kernels/ref/ref.h"

static void compute_add_scalar(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, ref_load(call->in[0], i) + call->attrs.scalar.value);
}
REF_OP(add_scalar)

static void compute_pow(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, pow(ref_load(call->in[0], i), call->attrs.scalar.value));
}
REF_OP(pow)

static void compute_neg(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, -ref_load(call->in[0], i));
}
REF_OP(neg)
