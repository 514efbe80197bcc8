/*
 * Layer normalisation over the rows of a contiguous tensor, and its gradients. A row is worked on as floats in the first-
 * level cache, padded with zeros to whole vectors; the parameters' gradients are summed per thread, in float32 for
 * FLUSH_ROWS rows at a time and in double from there on.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/pair.h"

#define FLUSH_ROWS 32

/* Copies `count` elements as floats; behind them zeros up to `room`. */
static void load_row(const struct tensor *from, int64_t at, int64_t count, int64_t room, float *to)
{
    floats_load(from->dtype, from->data, at, count, to);
    memset(to + count, 0, (size_t)(room - count) * sizeof *to);
}

/* Sum of (x - mean)^2. */
static float squared_distance(const float *x, int64_t count, float mean)
{
    lfloat sum = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        lfloat distance = lanes_load(x, i) - mean;
        sum = lanes_fma(distance, distance, sum);
    }
    float total = lanes_sum(sum);
    for (; i < count; i++)
        total += (x[i] - mean) * (x[i] - mean);
    return total;
}

/* One row; `weight` and `bias` are padded as the row is. */
static void normalize_row(const struct op_call *call, int64_t row, int64_t length, int64_t room, const float *weight,
                          const float *bias, float *x)
{
    load_row(call->in[0], row * length, length, room, x);
    float mean = (float)(floats_sum(x, length) / (double)length);
    float variance = squared_distance(x, length, mean) / (float)length;
    float rstd = (float)(1 / sqrt((double)variance + call->attrs.norm.eps));
    for (int64_t i = 0; i < room; i += LANES) {
        lfloat normalized = (lanes_load(x, i) - mean) * rstd;
        lanes_store(x, i, lanes_fma(normalized, lanes_load(weight, i), lanes_load(bias, i)));
    }
    floats_store(call->out[0]->dtype, call->out[0]->data, row * length, length, x);
    ((float *)call->out[1]->data)[row] = mean;
    ((float *)call->out[2]->data)[row] = rstd;
}

void VECTOR_NAME(vector_layer_norm)(const struct op_call *call, void *scratch, int threads)
{
    int64_t length = tensor_count(call->in[1]), room = layer_norm_room(length), rows = tensor_count(call->in[0]) / length;
    float *weight = scratch, *bias = weight + room, *row = bias + room;
    load_row(call->in[1], 0, length, room, weight);
    load_row(call->in[2], 0, length, room, bias);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t r = 0; r < rows; r++)
        normalize_row(call, r, length, room, weight, bias, row + omp_get_thread_num() * room);
}

/* What a thread has: two rows, sums of the parameters' gradients of the last few rows, and of all before them. */
struct worker {
    float *x, *grad, *weight_part, *bias_part;
    double *weight_sum, *bias_sum;
};

static struct worker worker_of(void *scratch, int64_t room, int thread)
{
    double *sums = (double *)scratch + thread * 4 * room; /* 2 of doubles, 4 of floats */
    float *floats = (float *)(sums + 2 * room);
    return (struct worker){floats, floats + room, floats + 2 * room, floats + 3 * room, sums, sums + room};
}

static void flush(struct worker *self, int64_t room)
{
    for (int64_t i = 0; i < room; i++) {
        self->weight_sum[i] += (double)self->weight_part[i];
        self->bias_sum[i] += (double)self->bias_part[i];
    }
    memset(self->weight_part, 0, (size_t)room * sizeof(float));
    memset(self->bias_part, 0, (size_t)room * sizeof(float));
}

/* The row's grad_input, and its share of the parameters' gradients. `x` becomes the normalised row. */
static void backward_row(const struct op_call *call, int64_t row, int64_t length, int64_t room, const float *weight,
                         struct worker *self)
{
    float mean = ((const float *)call->in[2]->data)[row], rstd = ((const float *)call->in[3]->data)[row];
    lfloat sum = {0}, dot = {0};
    load_row(call->in[1], row * length, length, room, self->x);
    load_row(call->in[0], row * length, length, room, self->grad);
    for (int64_t i = 0; i < room; i += LANES) {
        lfloat normalized = (lanes_load(self->x, i) - mean) * rstd, grad = lanes_load(self->grad, i);
        lfloat weighted = grad * lanes_load(weight, i);
        lanes_store(self->weight_part, i, lanes_fma(grad, normalized, lanes_load(self->weight_part, i)));
        lanes_store(self->bias_part, i, lanes_load(self->bias_part, i) + grad);
        lanes_store(self->x, i, normalized);
        lanes_store(self->grad, i, weighted);
        sum += weighted;
        dot = lanes_fma(weighted, normalized, dot);
    }
    float each = lanes_sum(sum) / (float)length, slope = lanes_sum(dot) / (float)length;
    for (int64_t i = 0; i < room; i += LANES) {
        lfloat centred = lanes_load(self->grad, i) - each - lanes_load(self->x, i) * slope;
        lanes_store(self->grad, i, centred * rstd);
    }
    floats_store(call->out[0]->dtype, call->out[0]->data, row * length, length, self->grad);
}

static void backward_part(const struct op_call *call, int64_t first, int64_t last, int64_t length, int64_t room,
                          const float *weight, struct worker *self)
{
    memset(self->weight_sum, 0, (size_t)room * 2 * sizeof(double));
    memset(self->weight_part, 0, (size_t)room * 2 * sizeof(float));
    for (int64_t row = first; row < last; row++) {
        backward_row(call, row, length, room, weight, self);
        if ((row - first) % FLUSH_ROWS == FLUSH_ROWS - 1)
            flush(self, room);
    }
    flush(self, room);
}

static void add_up(const struct op_call *call, int64_t length, int64_t room, void *scratch, int threads)
{
    for (int64_t i = 0; i < length; i++) {
        double weight = 0, bias = 0;
        for (int t = 0; t < threads; t++) {
            struct worker worker = worker_of(scratch, room, t);
            weight += worker.weight_sum[i];
            bias += worker.bias_sum[i];
        }
        ((float *)call->out[1]->data)[i] = (float)weight;
        ((float *)call->out[2]->data)[i] = (float)bias;
    }
}

void VECTOR_NAME(vector_layer_norm_backward)(const struct op_call *call, void *scratch, int threads)
{
    int64_t length = tensor_count(call->in[4]), room = layer_norm_room(length), rows = tensor_count(call->in[0]) / length;
    float *weight = (float *)((double *)scratch + threads * 4 * room);
    load_row(call->in[4], 0, length, room, weight);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int t = 0; t < threads; t++) {
        struct worker worker = worker_of(scratch, room, t);
        backward_part(call, norm_split(rows, t, threads), norm_split(rows, t + 1, threads), length, room, weight, &worker);
    }
    add_up(call, length, room, scratch, threads);
}
