/* gelu(x) = x Phi(x), Phi the normal distribution's, and its gradient. */
#include <math.h>

#include "kernels/ref/ref.h"

static double normal(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

static void compute_gelu(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++) {
        double x = ref_load(call->in[0], i);
        ref_store(call->out[0], i, x * normal(x));
    }
}
REF_OP(gelu)

static void compute_gelu_backward(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++) {
        double x = ref_load(call->in[1], i), density = exp(-x * x / 2) / sqrt(2 * acos(-1));
        ref_store(call->out[0], i, ref_load(call->in[0], i) * (normal(x) + x * density));
    }
}
REF_OP(gelu_backward)
