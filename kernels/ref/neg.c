/* neg: the other sign. */
#include "kernels/ref/ref.h"

static void compute_neg(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, -ref_load(call->in[0], i));
}
REF_OP(neg)
