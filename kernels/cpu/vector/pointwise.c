/* Functions of one or two operands, element by element: mul, div, activations that are no clamp. Backwards take (grad, x). */
#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/element.h"
#include "kernels/cpu/vector/exponential.h"

VECTOR_INLINE lfloat mul_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)scalar;
    return a * b;
}

VECTOR_INLINE lfloat mul_scalar_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)b;
    return a * scalar;
}

VECTOR_INLINE lfloat div_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)scalar;
    return a / b;
}

VECTOR_INLINE lfloat div_scalar_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)b;
    return a / scalar;
}

VECTOR_INLINE lfloat sigmoid_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)b;
    (void)scalar;
    return lanes_sigmoid(a);
}

/* b is the forward's output. */
VECTOR_INLINE lfloat sigmoid_backward_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)scalar;
    return a * b * (1.0f - b);
}

VECTOR_INLINE lfloat silu_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)b;
    (void)scalar;
    return a * lanes_sigmoid(a);
}

VECTOR_INLINE lfloat silu_backward_lanes(lfloat a, lfloat b, lfloat scalar)
{
    lfloat s = lanes_sigmoid(b);
    (void)scalar;
    return a * s * (1.0f + b * (1.0f - s));
}

/* min(max(a + 3, 0), 6) / 6; NaN stays NaN. */
VECTOR_INLINE lfloat hardsigmoid_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)b;
    (void)scalar;
    return lanes_at_most(lanes_at_least(a + 3.0f, lanes_set(0)), lanes_set(6)) / 6.0f;
}

VECTOR_INLINE lfloat hardsigmoid_backward_lanes(lfloat a, lfloat b, lfloat scalar)
{
    (void)scalar;
    return lanes_select((b > lanes_set(-3)) & (b < lanes_set(3)), a / 6.0f, lanes_set(0));
}

VECTOR_INLINE lfloat hardswish_lanes(lfloat a, lfloat b, lfloat scalar)
{
    return a * hardsigmoid_lanes(a, b, scalar);
}

VECTOR_INLINE lfloat hardswish_backward_lanes(lfloat a, lfloat b, lfloat scalar)
{
    lfloat inside = lanes_select(b < lanes_set(3), a * (b / 3.0f + 0.5f), a);
    (void)scalar;
    return lanes_select(b <= lanes_set(-3), lanes_set(0), inside);
}

/* The loop over memory of each function. */
#define POINTWISE(name, operands)                                                                                  \
    VECTOR_INLINE struct vpair name##_pair(const struct vpair *x, const void *context)                             \
    {                                                                                                              \
        lfloat scalar = lanes_set(*(const float *)context);                                                        \
        const struct vpair *b = &x[(operands)-1];                                                                  \
        return (struct vpair){name##_lanes(x[0].a, b->a, scalar), name##_lanes(x[0].b, b->b, scalar)};             \
    }                                                                                                              \
    static void name##_body(enum dtype dtype, char *const *data, int64_t count, bool stream, const void *context)  \
    {                                                                                                              \
        VECTOR_FOR_DTYPE(dtype, element_loop, data, operands, count, stream, name##_pair, context);                \
    }
POINTWISES(POINTWISE)
#undef POINTWISE

static element_body *const bodies[] = {
#define POINTWISE(name, operands) [POINTWISE_##name] = name##_body,
    POINTWISES(POINTWISE)
#undef POINTWISE
};

void VECTOR_NAME(vector_pointwise)(enum pointwise function, const struct tensor *a, const struct tensor *b,
                                   const struct tensor *output, float scalar, int threads)
{
    struct element_call call = {b ? 3 : 2, {output, a, b}, bodies[function], &scalar};
    VECTOR_NAME(element_run)(&call, threads);
}
