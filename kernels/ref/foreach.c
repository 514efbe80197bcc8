/* The norm of gradients, clipping by it, the moving average of parameters, the mean over ranks: flat tensors, element by element. */
#include <math.h>

#include "kernels/ref/ref.h"

static void compute_foreach_norm(const struct op_call *call)
{
    double sum = 0;
    for (int64_t i = 0; i < tensor_count(call->in[0]); i++)
        sum += ref_load(call->in[0], i) * ref_load(call->in[0], i);
    ref_store(call->out[0], 0, sqrt(sum));
}
REF_OP(foreach_norm)

static void compute_foreach_mul(const struct op_call *call)
{
    double factor = call->attrs.clip.max_norm / (ref_load(call->in[1], 0) + 1e-6);
    factor = factor > 1 ? 1 : factor; /* a NaN stays */
    for (int64_t i = 0; i < tensor_count(call->in[0]); i++)
        ref_store(call->out[0], i, ref_load(call->in[0], i) * factor);
}
REF_OP(foreach_mul)

static void compute_foreach_lerp(const struct op_call *call)
{
    double weight = call->attrs.lerp.weight;
    for (int64_t i = 0; i < tensor_count(call->in[0]); i++) {
        double average = ref_load(call->in[0], i), value = ref_load(call->in[1], i);
        ref_store(call->out[0], i, average + weight * (value - average));
    }
}
REF_OP(foreach_lerp)

/* This back end has no ranks: the mean over one. */
static void compute_all_reduce(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->in[0]); i++)
        ref_store(call->out[0], i, ref_load(call->in[0], i));
}
REF_OP(all_reduce)
