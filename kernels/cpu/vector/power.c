/* Element by element with a number: sum, power; and the negative. */
#include <math.h>

#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/element.h"
#include "kernels/cpu/vector/exponential.h"

#define SMALLEST_NORMAL 1.17549435e-38f

VECTOR_INLINE lfloat add_scalar_lanes(lfloat x, float number)
{
    return x + number;
}

VECTOR_INLINE lfloat neg_lanes(lfloat x, float number)
{
    (void)number;
    return -x;
}

static inline bool lanes_any(lint mask)
{
    int any = 0;
    for (int i = 0; i < LANES; i++)
        any |= mask[i];
    return any != 0;
}

/* x^number = e^(number log x) where that neither overflows nor meets a special case; else element by element. */
VECTOR_INLINE lfloat pow_lanes(lfloat x, float number)
{
    lint special = ~((x >= lanes_set(SMALLEST_NORMAL)) & (x <= lanes_set(3e38f)));
    lfloat power = lanes_log(lanes_select(special, lanes_set(1), x)) * number;
    special |= ~((power > lanes_set(-87)) & (power < lanes_set(88)));
    if (!lanes_any(special))
        return lanes_exp(power);
    for (int i = 0; i < LANES; i++)
        power[i] = powf(x[i], number);
    return power;
}

/* A body and the kernel of the table. */
#define POWER(name)                                                                                                \
    VECTOR_INLINE struct vpair name##_pair(const struct vpair *x, const void *context)                             \
    {                                                                                                              \
        float number = *(const float *)context;                                                                    \
        return (struct vpair){name##_lanes(x[0].a, number), name##_lanes(x[0].b, number)};                         \
    }                                                                                                              \
    static void name##_body(enum dtype dtype, char *const *data, int64_t count, bool stream, const void *context)  \
    {                                                                                                              \
        VECTOR_FOR_DTYPE(dtype, element_loop, data, 1, count, stream, name##_pair, context);                       \
    }                                                                                                              \
    void VECTOR_NAME(vector_##name)(const struct tensor *input, const struct tensor *output, float number,         \
                                    int threads)                                                                   \
    {                                                                                                              \
        struct element_call call = {2, {output, input}, name##_body, &number};                                     \
        VECTOR_NAME(element_run)(&call, threads);                                                                  \
    }

POWER(add_scalar)
POWER(neg)
POWER(pow)
