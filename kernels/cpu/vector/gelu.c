/* gelu, the exact one, and its gradient. */
#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/element.h"
#include "kernels/cpu/vector/exponential.h"

VECTOR_INLINE lfloat gelu_lanes(lfloat x)
{
    lfloat bell;
    return x * lanes_normal(x, &bell);
}

VECTOR_INLINE struct vpair gelu_pair(const struct vpair *x, const void *context)
{
    (void)context;
    return (struct vpair){gelu_lanes(x[0].a), gelu_lanes(x[0].b)};
}

/* The derivative is Phi(x) + x phi(x), phi the density e^(-x^2/2) / sqrt(2 pi). */
VECTOR_INLINE lfloat gelu_backward_lanes(lfloat gradient, lfloat x)
{
    lfloat bell, normal = lanes_normal(x, &bell);
    return gradient * lanes_fma(x * 0.39894228f, bell, normal);
}

VECTOR_INLINE struct vpair gelu_backward_pair(const struct vpair *x, const void *context)
{
    (void)context;
    return (struct vpair){gelu_backward_lanes(x[0].a, x[1].a), gelu_backward_lanes(x[0].b, x[1].b)};
}

static void gelu_body(enum dtype dtype, char *const *data, int64_t count, bool stream, const void *context)
{
    VECTOR_FOR_DTYPE(dtype, element_loop, data, 1, count, stream, gelu_pair, context);
}

static void gelu_backward_body(enum dtype dtype, char *const *data, int64_t count, bool stream, const void *context)
{
    VECTOR_FOR_DTYPE(dtype, element_loop, data, 2, count, stream, gelu_backward_pair, context);
}

void VECTOR_NAME(vector_gelu)(const struct tensor *input, const struct tensor *output, int threads)
{
    struct element_call call = {2, {output, input}, gelu_body, NULL};
    VECTOR_NAME(element_run)(&call, threads);
}

void VECTOR_NAME(vector_gelu_backward)(const struct tensor *grad_output, const struct tensor *input,
                                       const struct tensor *grad_input, int threads)
{
    struct element_call call = {3, {grad_input, grad_output, input}, gelu_backward_body, NULL};
    VECTOR_NAME(element_run)(&call, threads);
}
