/*
 * Optimizers and gradient unscaling over flat float32 memory, one pass: each array is read and written once. The loops
 * are plain; the compiler makes vectors of them. What depends on the attributes alone is decided outside of them.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/data_kernels.h"

#define BLOCK 16384 /* elements that one item of work has */

/* Runs `body(begin, end)` over [0, count) on the threads. */
#define FOR_BLOCKS(count, threads, body)                                              \
    do {                                                                              \
        int64_t block_count = ((count) + BLOCK - 1) / BLOCK;                          \
        _Pragma("omp parallel for num_threads(threads) schedule(static)")             \
        for (int64_t block = 0; block < block_count; block++) {                       \
            int64_t begin = block * BLOCK;                                            \
            int64_t end = begin + BLOCK < (count) ? begin + BLOCK : (count);          \
            body;                                                                     \
        }                                                                             \
    } while (0)

enum sgd_kind { SGD_PLAIN, SGD_FIRST, SGD_FIRST_NESTEROV, SGD_MOMENTUM, SGD_NESTEROV };

struct sgd_step {
    float *parameter, *momentum_buffer;
    const float *gradient;
    float learning_rate, momentum, one_minus_dampening, weight_decay;
};

VECTOR_INLINE void sgd_range(enum sgd_kind kind, const struct sgd_step *step, int64_t begin, int64_t end)
{
    float *restrict parameter = step->parameter, *restrict buffer = step->momentum_buffer;
    const float *restrict gradient = step->gradient;
    float learning_rate = step->learning_rate, momentum = step->momentum, weight_decay = step->weight_decay;
    float take = step->one_minus_dampening;
    for (int64_t i = begin; i < end; i++) {
        float g = gradient[i] + weight_decay * parameter[i], b = g;
        if (kind == SGD_MOMENTUM || kind == SGD_NESTEROV)
            b = momentum * buffer[i] + take * g;
        if (kind != SGD_PLAIN)
            buffer[i] = b;
        if (kind == SGD_NESTEROV || kind == SGD_FIRST_NESTEROV)
            b = g + momentum * b;
        parameter[i] -= learning_rate * b;
    }
}

static void sgd_block(enum sgd_kind kind, const struct sgd_step *step, int64_t begin, int64_t end)
{
    switch (kind) {
    case SGD_PLAIN:
        sgd_range(SGD_PLAIN, step, begin, end);
        break;
    case SGD_FIRST:
        sgd_range(SGD_FIRST, step, begin, end);
        break;
    case SGD_FIRST_NESTEROV:
        sgd_range(SGD_FIRST_NESTEROV, step, begin, end);
        break;
    case SGD_MOMENTUM:
        sgd_range(SGD_MOMENTUM, step, begin, end);
        break;
    case SGD_NESTEROV:
        sgd_range(SGD_NESTEROV, step, begin, end);
        break;
    }
}

void VECTOR_NAME(vector_sgd)(float *parameter, const float *gradient, float *momentum_buffer, int64_t count,
                             const struct sgd_attrs *attrs, float learning_rate, bool first_step, int threads)
{
    struct sgd_step step = {parameter,     momentum_buffer,        gradient,
                            learning_rate, (float)attrs->momentum, (float)(1 - attrs->dampening),
                            (float)attrs->weight_decay};
    enum sgd_kind kind = SGD_PLAIN;
    if (momentum_buffer && first_step)
        kind = attrs->nesterov ? SGD_FIRST_NESTEROV : SGD_FIRST;
    else if (momentum_buffer)
        kind = attrs->nesterov ? SGD_NESTEROV : SGD_MOMENTUM;
    FOR_BLOCKS(count, threads, sgd_block(kind, &step, begin, end));
}

/* Scalars in double until here, as torch's fused AdamW does. */
struct adamw_step {
    float *parameter, *exp_avg, *exp_avg_sq;
    const float *gradient;
    float keep, one_minus_beta1, beta2, one_minus_beta2, step_size, inverse_root, eps;
};

static void adamw_block(const struct adamw_step *step, int64_t begin, int64_t end)
{
    float *restrict parameter = step->parameter, *restrict exp_avg = step->exp_avg;
    float *restrict exp_avg_sq = step->exp_avg_sq;
    const float *restrict gradient = step->gradient;
    struct adamw_step s = *step;
    for (int64_t i = begin; i < end; i++) {
        float g = gradient[i];
        float average = exp_avg[i] + s.one_minus_beta1 * (g - exp_avg[i]);
        float square = s.beta2 * exp_avg_sq[i] + s.one_minus_beta2 * g * g;
        float denominator = sqrtf(square) * s.inverse_root + s.eps;
        parameter[i] = parameter[i] * s.keep - s.step_size * average / denominator;
        exp_avg[i] = average;
        exp_avg_sq[i] = square;
    }
}

void VECTOR_NAME(vector_adamw)(float *parameter, const float *gradient, float *exp_avg, float *exp_avg_sq,
                               int64_t count, const struct adamw_attrs *attrs, float learning_rate, float step,
                               int threads)
{
    struct adamw_step s = {
        .parameter = parameter,
        .exp_avg = exp_avg,
        .exp_avg_sq = exp_avg_sq,
        .gradient = gradient,
        .keep = (float)(1 - (double)learning_rate * attrs->weight_decay),
        .one_minus_beta1 = (float)(1 - attrs->beta1),
        .beta2 = (float)attrs->beta2,
        .one_minus_beta2 = (float)(1 - attrs->beta2),
        .step_size = (float)(learning_rate / (1 - pow(attrs->beta1, step))),
        .inverse_root = (float)(1 / sqrt(1 - pow(attrs->beta2, step))),
        .eps = (float)attrs->eps,
    };
    FOR_BLOCKS(count, threads, adamw_block(&s, begin, end));
}

/* True when an incoming element of the range is infinite or NaN: all bits of its exponent are set. */
static bool unscale_block(float *gradient, float inverse_scale, int64_t begin, int64_t end)
{
    uint32_t found = 0;
    for (int64_t i = begin; i < end; i++) {
        uint32_t bits;
        memcpy(&bits, &gradient[i], sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
        gradient[i] *= inverse_scale;
    }
    return found != 0;
}

void VECTOR_NAME(vector_unscale)(float *gradient, int64_t count, float inverse_scale, float *found_inf, int threads)
{
    int found = 0;
    int64_t blocks = (count + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : found)
    for (int64_t block = 0; block < blocks; block++) {
        int64_t end = (block + 1) * BLOCK < count ? (block + 1) * BLOCK : count;
        found |= unscale_block(gradient, inverse_scale, block * BLOCK, end);
    }
    *found_inf = found ? 1 : 0;
}
