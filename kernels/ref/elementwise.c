/* Operators that look at one element at a time: activations, add, dropout, copy and their backward operators. */
#include "base/random.h"
#include "kernels/ops/broadcast.h"
#include "kernels/ref/ref.h"

static void compute_relu(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, ref_rectify(ref_load(call->in[0], i)));
}
REF_OP(relu)

static void compute_threshold_backward(const struct op_call *call)
{
    const struct tensor *grad_output = call->in[0], *result = call->in[1], *addend = call->in[2];
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++) {
        double gradient = ref_load(grad_output, i);
        if (addend)
            gradient = ref_round(grad_output->dtype, gradient + ref_load(addend, i));
        ref_store(call->out[0], i, ref_load(result, i) > 0 ? gradient : 0);
    }
}
REF_OP(threshold_backward)

/* Comparisons are written so that NaN passes through, as in torch.clamp. */
static void compute_hardtanh(const struct op_call *call)
{
    const struct clamp_attrs *attrs = &call->attrs.clamp;
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++) {
        double value = ref_load(call->in[0], i);
        value = value < attrs->low ? attrs->low : value > attrs->high ? attrs->high : value;
        ref_store(call->out[0], i, value);
    }
}
REF_OP(hardtanh)

/* The result stands in for the input: where it touches a bound the gradient is 0. */
static void compute_hardtanh_backward(const struct op_call *call)
{
    const struct clamp_attrs *attrs = &call->attrs.clamp;
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++) {
        double result = ref_load(call->in[1], i);
        bool inside = result > attrs->low && result < attrs->high;
        ref_store(call->out[0], i, inside ? ref_load(call->in[0], i) : 0);
    }
}
REF_OP(hardtanh_backward)

static void compute_add(const struct op_call *call)
{
    const struct add_attrs *attrs = &call->attrs.add;
    struct tensor self = broadcast_to(call->in[0], call->out[0]), other = broadcast_to(call->in[1], call->out[0]);
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++) {
        double sum = ref_load(&self, i) + attrs->alpha * ref_load(&other, i);
        ref_store(call->out[0], i, attrs->relu ? ref_rectify(sum) : sum);
    }
}
REF_OP(add)

static double dropout_scale(const struct dropout_attrs *attrs)
{
    return attrs->p < 1 ? 1 / (1 - attrs->p) : 0;
}

/* Elements are counted in logical order, so the memory format does not change which are dropped. */
static void compute_dropout(const struct op_call *call)
{
    const struct dropout_attrs *attrs = &call->attrs.dropout;
    int64_t count = tensor_count(call->out[0]);
    uint64_t first = (uint64_t)ref_load(call->in[1], 0) * (uint64_t)count;
    for (int64_t i = 0; i < count; i++) {
        int kept = random_uniform(attrs->key, first + (uint64_t)i) >= attrs->p;
        ref_store(call->out[0], i, kept ? ref_load(call->in[0], i) * dropout_scale(attrs) : 0);
        ref_store(call->out[1], i, kept);
    }
}
REF_OP(dropout)

static void compute_dropout_backward(const struct op_call *call)
{
    double scale = dropout_scale(&call->attrs.dropout);
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, ref_load(call->in[1], i) != 0 ? ref_load(call->in[0], i) * scale : 0);
}
REF_OP(dropout_backward)

static void compute_copy(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, ref_load(call->in[0], i));
}
REF_OP(copy)
