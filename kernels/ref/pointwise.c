/* mul, div, activations that are no clamp, and Bernoulli numbers. */
#include <math.h>

#include "base/random.h"
#include "kernels/ops/broadcast.h"
#include "kernels/ref/ref.h"

typedef double binary(double x, double y);
typedef double unary(double x);

static void each_pair(const struct op_call *call, binary *function)
{
    const struct tensor *out = call->out[0];
    struct tensor a = broadcast_to(call->in[0], out), b = call->in[1] ? broadcast_to(call->in[1], out) : a;
    for (int64_t i = 0; i < tensor_count(out); i++)
        ref_store(out, i, function(ref_load(&a, i), call->in[1] ? ref_load(&b, i) : call->attrs.scalar.value));
}

static void each_one(const struct op_call *call, unary *function)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, function(ref_load(call->in[0], i)));
}

static double product(double x, double y)
{
    return x * y;
}

static double quotient(double x, double y)
{
    return x / y;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double sigmoid_slope(double grad, double y)
{
    return grad * y * (1 - y);
}

static double silu(double x)
{
    return x * sigmoid(x);
}

static double silu_slope(double grad, double x)
{
    double s = sigmoid(x);
    return grad * s * (1 + x * (1 - s));
}

/* Comparisons are written so that NaN passes through. */
static double hardsigmoid(double x)
{
    return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
}

static double hardsigmoid_slope(double grad, double x)
{
    return x > -3 && x < 3 ? grad / 6 : 0;
}

static double hardswish(double x)
{
    return x * hardsigmoid(x);
}

static double hardswish_slope(double grad, double x)
{
    return x <= -3 ? 0 : x < 3 ? grad * (x / 3 + 0.5) : grad;
}

#define REF_PAIRS(object, function)                          \
    static void compute_##object(const struct op_call *call) \
    {                                                        \
        each_pair(call, function);                           \
    }                                                        \
    REF_OP(object)

#define REF_ONES(object, function)                           \
    static void compute_##object(const struct op_call *call) \
    {                                                        \
        each_one(call, function);                            \
    }                                                        \
    REF_OP(object)

REF_PAIRS(mul, product)
REF_PAIRS(div, quotient)
REF_ONES(sigmoid, sigmoid)
REF_PAIRS(sigmoid_backward, sigmoid_slope)
REF_ONES(silu, silu)
REF_PAIRS(silu_backward, silu_slope)
REF_ONES(hardsigmoid, hardsigmoid)
REF_PAIRS(hardsigmoid_backward, hardsigmoid_slope)
REF_ONES(hardswish, hardswish)
REF_PAIRS(hardswish_backward, hardswish_slope)

/* As dropout's mask: numbers are counted in logical order, on from those of the steps before. */
static void compute_bernoulli(const struct op_call *call)
{
    const struct dropout_attrs *attrs = &call->attrs.dropout;
    int64_t count = tensor_count(call->out[0]);
    uint64_t first = (uint64_t)ref_load(call->in[1], 0) * (uint64_t)count;
    for (int64_t i = 0; i < count; i++)
        ref_store(call->out[0], i, random_uniform(attrs->key, first + (uint64_t)i) >= attrs->p);
}
REF_OP(bernoulli)
