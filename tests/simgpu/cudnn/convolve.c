/*
 * The arithmetic of the three convolutions: operands are brought to dense float32 with channels last, sums are float32, results are
 * rounded once.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/cudnn/backend.h"
#include "tests/simgpu/driver/number.h"

int64_t sim_type_bytes(cudnnDataType_t type)
{
    return type == CUDNN_DATA_FLOAT ? 4 : type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16 ? 2 : 0;
}

static enum number_kind kind_of(cudnnDataType_t type)
{
    return type == CUDNN_DATA_HALF ? NUMBER_HALF : type == CUDNN_DATA_BFLOAT16 ? NUMBER_BFLOAT16 : NUMBER_FLOAT;
}

/* Visits a tensor's elements in the order N, H, W, C: dense position and offset. */
#define FOR_ELEMENTS(tensor, dense, offset)                                                                       \
    for (int64_t n_ = 0, dense = 0; n_ < (tensor)->size[0]; n_++)                                                 \
        for (int64_t h_ = 0; h_ < (tensor)->size[2]; h_++)                                                        \
            for (int64_t w_ = 0; w_ < (tensor)->size[3]; w_++)                                                    \
                for (int64_t c_ = 0, offset = n_ * (tensor)->step[0] + h_ * (tensor)->step[2] + w_ * (tensor)->step[3]; \
                     c_ < (tensor)->size[1]; c_++, dense++, offset += (tensor)->step[1])

static int64_t count_of(const struct sim_tensor *tensor)
{
    return tensor->size[0] * tensor->size[1] * tensor->size[2] * tensor->size[3];
}

static float *gather(const struct sim_tensor *tensor, const void *data, bool tf32)
{
    float *dense = malloc((size_t)count_of(tensor) * sizeof *dense);

    if (!dense)
        abort();
    FOR_ELEMENTS(tensor, at, offset) {
        float value = number_load(data, kind_of(tensor->type), offset);
        dense[at] = tf32 ? number_round_tf32(value) : value;
    }
    return dense;
}

static float *zeros(const struct sim_tensor *tensor)
{
    float *dense = calloc((size_t)count_of(tensor), sizeof *dense);

    if (!dense)
        abort();
    return dense;
}

void sim_transpose(const struct sim_tensor *from, const struct sim_tensor *to, const void *source, void *target)
{
    for (int64_t n = 0; n < from->size[0]; n++)
        for (int64_t h = 0; h < from->size[2]; h++)
            for (int64_t w = 0; w < from->size[3]; w++)
                for (int64_t c = 0; c < from->size[1]; c++) {
                    int64_t bytes = sim_type_bytes(from->type);
                    int64_t at = n * from->step[0] + c * from->step[1] + h * from->step[2] + w * from->step[3];
                    int64_t put = n * to->step[0] + c * to->step[1] + h * to->step[2] + w * to->step[3];
                    memcpy((char *)target + put * bytes, (const char *)source + at * bytes, (size_t)bytes);
                }
}

/* Of one output place and one place of the filter: x's row of channels (all groups), the filter's and y's. */
struct tap {
    const struct problem *problem;
    float *x, *w, *y; /* dense, channels last: x (N,H,W,C), w (K,R,S,C/g), y (N,P,Q,K) */
    int64_t channels, outputs, filter_step; /* C/g, K/g, and the filter's step from one output channel to the next */
};

static float dot(const float *a, const float *b, int64_t count)
{
    float part[8] = {0}, sum = 0;
    int64_t i = 0;

    for (; i + 8 <= count; i += 8)
        for (int k = 0; k < 8; k++)
            part[k] += a[i + k] * b[i + k];
    for (; i < count; i++)
        sum += a[i] * b[i];
    for (int k = 0; k < 8; k++)
        sum += part[k];
    return sum;
}

static void add_scaled(float *to, const float *from, float scale, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] += scale * from[i];
}

static void apply_tap(const struct tap *tap, int64_t x_at, int64_t y_at, int64_t place)
{
    for (int64_t g = 0; g < tap->problem->groups; g++) {
        float *x = tap->x + x_at + g * tap->channels;
        for (int64_t k = 0; k < tap->outputs; k++) {
            int64_t output = g * tap->outputs + k;
            float *w = tap->w + output * tap->filter_step + place * tap->channels, *y = tap->y + y_at + output;
            if (tap->problem->kind == PROBLEM_FORWARD)
                *y += dot(x, w, tap->channels);
            else if (tap->problem->kind == PROBLEM_DATA)
                add_scaled(x, w, *y, tap->channels);
            else
                add_scaled(w, x, *y, tap->channels);
        }
    }
}

static void convolve_row(const struct tap *tap, int64_t n, int64_t p)
{
    const struct problem *problem = tap->problem;
    const int64_t *x = problem->tensor[OPERAND_X].size, *w = problem->tensor[OPERAND_W].size, *y = problem->tensor[OPERAND_Y].size;

    for (int64_t q = 0; q < y[3]; q++)
        for (int64_t r = 0; r < w[2]; r++)
            for (int64_t s = 0; s < w[3]; s++) {
                int64_t h = p * problem->stride[0] - problem->padding[0] + r * problem->dilation[0];
                int64_t v = q * problem->stride[1] - problem->padding[1] + s * problem->dilation[1];
                if (h >= 0 && h < x[2] && v >= 0 && v < x[3])
                    apply_tap(tap, ((n * x[2] + h) * x[3] + v) * x[1], ((n * y[2] + p) * y[3] + q) * y[1], r * w[3] + s);
            }
}

void sim_convolve(const struct problem *problem, bool tf32, void *const data[OPERANDS])
{
    static const enum operand written[] = {[PROBLEM_FORWARD] = OPERAND_Y, [PROBLEM_DATA] = OPERAND_X, [PROBLEM_WEIGHT] = OPERAND_W};
    const struct sim_tensor *tensor = problem->tensor, *out = &tensor[written[problem->kind]];
    float *dense[OPERANDS];

    for (int i = 0; i < OPERANDS; i++)
        dense[i] = &tensor[i] == out ? zeros(out) : gather(&tensor[i], data[i], tf32);
    const int64_t *w = tensor[OPERAND_W].size;
    const struct tap tap = {.problem = problem, .x = dense[OPERAND_X], .w = dense[OPERAND_W], .y = dense[OPERAND_Y], .channels = w[1],
                            .outputs = w[0] / problem->groups, .filter_step = w[1] * w[2] * w[3]};
    for (int64_t n = 0; n < tensor[OPERAND_Y].size[0]; n++)
        for (int64_t p = 0; p < tensor[OPERAND_Y].size[2]; p++)
            convolve_row(&tap, n, p);
    FOR_ELEMENTS(out, at, offset)
        number_store(data[written[problem->kind]], kind_of(out->type), offset, dense[written[problem->kind]][at]);
    for (int i = 0; i < OPERANDS; i++)
        free(dense[i]);
}
