/*
 * The functions of pointwise operators. Each gets its operands as float, the scalars, and R, which rounds as the dtype of the
 * call would hold a value. Comparisons are written so that NaN passes through.
 */
#ifndef KERNELS_CUDA_POINTWISE_FUNCTIONS_CUH
#define KERNELS_CUDA_POINTWISE_FUNCTIONS_CUH

#include "kernels/cuda/element.cuh"

#define UNARY(name, expression)                                                                            \
    struct name {                                                                                          \
        static const int inputs = 1;                                                                       \
        template <typename R> static __device__ inline float of(float x, float, float, const float *s, R)  \
        {                                                                                                  \
            (void)s;                                                                                       \
            return expression;                                                                             \
        }                                                                                                  \
    };
#define BINARY(name, expression)                                                                            \
    struct name {                                                                                           \
        static const int inputs = 2;                                                                        \
        template <typename R> static __device__ inline float of(float x, float y, float, const float *s, R) \
        {                                                                                                   \
            (void)s;                                                                                        \
            return expression;                                                                              \
        }                                                                                                   \
    };

#define SQRT_HALF 0.70710678118654752440f
#define INVERSE_SQRT_TWO_PI 0.39894228040143267794f

__device__ inline float normal_distribution(float x)
{
    return 0.5f * erfcf(-x * SQRT_HALF);
}
__device__ inline float logistic(float x)
{
    return 1 / (1 + expf(-x));
}
__device__ inline float hard_logistic(float x)
{
    return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
}
__device__ inline float between(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

namespace function {
UNARY(clamp, between(x, s[0], s[1]))
UNARY(gelu, x *normal_distribution(x))
UNARY(sigmoid, logistic(x))
UNARY(silu, x *logistic(x))
UNARY(hardswish, x *hard_logistic(x))
UNARY(hardsigmoid, hard_logistic(x))
UNARY(neg, -x)
UNARY(pow_scalar, powf(x, s[0]))
UNARY(add_scalar, x + s[0])
UNARY(mul_scalar, x *s[0])
UNARY(div_scalar, x / s[0])

/* x: grad_output */
BINARY(clamp_backward, y > s[0] && !(y >= s[1]) ? x : 0)
BINARY(gelu_backward, x *(normal_distribution(y) + y * expf(-y * y / 2) * INVERSE_SQRT_TWO_PI))
BINARY(sigmoid_backward, x *y * (1 - y))
BINARY(silu_backward, x *logistic(y) * (1 + y * (1 - logistic(y))))
BINARY(hardswish_backward, y <= -3 ? 0 : y < 3 ? x * (y / 3 + 0.5f) : x)
BINARY(hardsigmoid_backward, y > -3 && y < 3 ? x / 6 : 0)
BINARY(masked_scale, y != 0 ? x *s[0] : 0)

struct clamp_backward_add {
    static const int inputs = 3;
    template <typename R> static __device__ inline float of(float x, float y, float z, const float *s, R round)
    {
        return y > s[0] && !(y >= s[1]) ? round(x + z) : 0;
    }
};

struct add {
    static const int inputs = 2;
    template <typename R> static __device__ inline float of(float x, float y, float, const float *s, R)
    {
        float sum = x + s[0] * y;
        return s[1] != 0 && sum <= 0 ? 0 : sum;
    }
};
BINARY(mul, x *y)
BINARY(div, x / y)
} // namespace function

#endif
