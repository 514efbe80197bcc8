/* add, clamp (relu, hardtanh) and clamp's backward. */
#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/element.h"

/* Defines the body `name`: a loop over `inputs` operands that calls name_pair. */
#define ELEMENT_BODY(name, inputs)                                                                                \
    static void name##_body(enum dtype dtype, char *const *data, int64_t count, bool stream, const void *context) \
    {                                                                                                             \
        VECTOR_FOR_DTYPE(dtype, element_loop, data, inputs, count, stream, name##_pair, context);                 \
    }

VECTOR_INLINE struct vpair add_pair(const struct vpair *x, const void *context)
{
    lfloat alpha = lanes_set(*(const float *)context);
    return (struct vpair){lanes_fma(x[1].a, alpha, x[0].a), lanes_fma(x[1].b, alpha, x[0].b)};
}
ELEMENT_BODY(add, 2)

VECTOR_INLINE struct vpair add_relu_pair(const struct vpair *x, const void *context)
{
    struct vpair sum = add_pair(x, context);
    return (struct vpair){lanes_relu(sum.a), lanes_relu(sum.b)};
}
ELEMENT_BODY(add_relu, 2)

struct bounds {
    float low, high;
};

VECTOR_INLINE lfloat clamp_lanes(lfloat x, const struct bounds *bounds)
{
    return lanes_at_most(lanes_at_least(x, lanes_set(bounds->low)), lanes_set(bounds->high));
}

VECTOR_INLINE struct vpair clamp_pair(const struct vpair *x, const void *context)
{
    return (struct vpair){clamp_lanes(x[0].a, context), clamp_lanes(x[0].b, context)};
}
ELEMENT_BODY(clamp, 1)

VECTOR_INLINE lfloat pass_inside(lfloat gradient, lfloat result, const struct bounds *bounds)
{
    lint inside = (result > lanes_set(bounds->low)) & ~(result >= lanes_set(bounds->high));
    return lanes_select(inside, gradient, lanes_set(0));
}

VECTOR_INLINE struct vpair clamp_backward_pair(const struct vpair *x, const void *context)
{
    return (struct vpair){pass_inside(x[0].a, x[1].a, context), pass_inside(x[0].b, x[1].b, context)};
}
ELEMENT_BODY(clamp_backward, 2)

VECTOR_INLINE struct vpair clamp_backward_add_pair(const struct vpair *x, const void *context)
{
    return (struct vpair){pass_inside(x[0].a + x[2].a, x[1].a, context), pass_inside(x[0].b + x[2].b, x[1].b, context)};
}
ELEMENT_BODY(clamp_backward_add, 3)

void VECTOR_NAME(vector_add)(const struct tensor *self, const struct tensor *other, const struct tensor *output,
                             float alpha, bool relu, int threads)
{
    struct element_call call = {3, {output, self, other}, relu ? add_relu_body : add_body, &alpha};
    VECTOR_NAME(element_run)(&call, threads);
}

void VECTOR_NAME(vector_clamp)(const struct tensor *input, const struct tensor *output, float low, float high,
                               int threads)
{
    struct bounds bounds = {low, high};
    struct element_call call = {2, {output, input}, clamp_body, &bounds};
    VECTOR_NAME(element_run)(&call, threads);
}

void VECTOR_NAME(vector_clamp_backward)(const struct tensor *grad_output, const struct tensor *result,
                                        const struct tensor *addend, const struct tensor *grad_input, float low,
                                        float high, int threads)
{
    struct bounds bounds = {low, high};
    struct element_call call = {addend ? 4 : 3,
                                {grad_input, grad_output, result, addend},
                                addend ? clamp_backward_add_body : clamp_backward_body,
                                &bounds};
    VECTOR_NAME(element_run)(&call, threads);
}
