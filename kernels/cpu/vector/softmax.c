/*
 * log_softmax over the rows of a matrix, softmax over any dimension of a contiguous tensor, and their gradients. Rows are
 * worked on as floats, whatever the storage.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/exponential.h"
#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/pair.h"

static float floats_max(const float *x, int64_t count)
{
    float max = -INFINITY;
    for (int64_t i = 0; i < count; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

/* to[i] = exp(from[i]); the arrays have room for whole vectors. */
static void floats_exp(const float *from, float *to, int64_t count)
{
    for (int64_t i = 0; i < count; i += LANES)
        lanes_store(to, i, lanes_exp(lanes_load(from, i)));
}

/* Room for a row of `count` floats, whole vectors. */
static int64_t row_room(int64_t count)
{
    return (count + 15) / 16 * 16;
}

void VECTOR_NAME(vector_log_softmax)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *x = call->in[0], *y = call->out[0];
    int64_t classes = x->size[1], room = row_room(classes);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < x->size[0]; n++) {
        float *row = (float *)scratch + 2 * omp_get_thread_num() * room, *power = row + room;
        floats_load(x->dtype, x->data, n * classes, classes, row);
        float max = floats_max(row, classes);
        for (int64_t i = 0; i < classes; i++)
            row[i] -= max;
        memset(row + classes, 0, (size_t)(room - classes) * sizeof *row);
        floats_exp(row, power, classes);
        float log_sum = (float)log(floats_sum(power, classes));
        for (int64_t i = 0; i < classes; i++)
            row[i] -= log_sum;
        floats_store(y->dtype, y->data, n * classes, classes, row);
    }
}

void VECTOR_NAME(vector_log_softmax_backward)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *dy = call->in[0], *y = call->in[1], *dx = call->out[0];
    int64_t classes = y->size[1], room = row_room(classes);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < y->size[0]; n++) {
        float *grad = (float *)scratch + 2 * omp_get_thread_num() * room, *power = grad + room;
        floats_load(dy->dtype, dy->data, n * classes, classes, grad);
        floats_load(y->dtype, y->data, n * classes, classes, power);
        memset(power + classes, 0, (size_t)(room - classes) * sizeof *power);
        floats_exp(power, power, classes);
        float sum = (float)floats_sum(grad, classes);
        for (int64_t i = 0; i < classes; i++)
            grad[i] -= power[i] * sum;
        floats_store(dx->dtype, dx->data, n * classes, classes, grad);
    }
}

/* A contiguous tensor as outer x dim x inner; rows along dim. */
struct softmax_shape {
    int64_t outer, dim, inner;
};

static struct softmax_shape softmax_shape(const struct tensor *tensor, int dim)
{
    struct softmax_shape shape = {1, tensor->size[dim], 1};
    for (int d = 0; d < tensor->dims; d++)
        *(d < dim ? &shape.outer : &shape.inner) *= d == dim ? 1 : tensor->size[d];
    return shape;
}

/* SOFTMAX_LANES rows side by side: element i of row l is [i][l]. Absent rows are 0. */
typedef float softmax_block[SOFTMAX_LANES];

/* The block of `count` rows whose first elements lie at `at`. */
static void block_load(const struct tensor *from, const struct softmax_shape *shape, int64_t at, int64_t count,
                       softmax_block *block)
{
    for (int64_t i = 0; i < shape->dim; i++) {
        memset(block[i], 0, sizeof block[i]);
        floats_load(from->dtype, from->data, at + i * shape->inner, count, block[i]);
    }
}

static void block_store(const struct tensor *to, const struct softmax_shape *shape, int64_t at, int64_t count,
                        softmax_block *block)
{
    for (int64_t i = 0; i < shape->dim; i++)
        floats_store(to->dtype, to->data, at + i * shape->inner, count, block[i]);
}

/* x = exp(x - max) / sum of those, in LANES rows from row `l` on. */
static void block_softmax(softmax_block *x, int64_t dim, int64_t l)
{
    lfloat max = lanes_set(-INFINITY), sum = {0};
    for (int64_t i = 0; i < dim; i++) {
        lfloat value = lanes_load(x[i], l);
        max = lanes_select(value > max, value, max);
    }
    for (int64_t i = 0; i < dim; i++) {
        lfloat power = lanes_exp(lanes_load(x[i], l) - max);
        sum += power;
        lanes_store(x[i], l, power);
    }
    for (int64_t i = 0; i < dim; i++)
        lanes_store(x[i], l, lanes_load(x[i], l) / sum);
}

/* dy = y (dy - sum of dy y). */
static void block_softmax_backward(softmax_block *dy, softmax_block *y, int64_t dim, int64_t l)
{
    lfloat sum = {0};
    for (int64_t i = 0; i < dim; i++)
        sum = lanes_fma(lanes_load(dy[i], l), lanes_load(y[i], l), sum);
    for (int64_t i = 0; i < dim; i++)
        lanes_store(dy[i], l, lanes_load(y[i], l) * (lanes_load(dy[i], l) - sum));
}

/* Work `item`, of blocks side by side in each outer part: where its rows begin, and how many there are. */
static int64_t block_find(const struct softmax_shape *shape, int64_t item, int64_t *at)
{
    int64_t blocks = (shape->inner + SOFTMAX_LANES - 1) / SOFTMAX_LANES, first = item % blocks * SOFTMAX_LANES;
    *at = item / blocks * shape->dim * shape->inner + first;
    return shape->inner - first < SOFTMAX_LANES ? shape->inner - first : SOFTMAX_LANES;
}

static void softmax_part(const struct op_call *call, const struct softmax_shape *shape, int64_t item,
                         softmax_block *block)
{
    int64_t at, count = block_find(shape, item, &at);
    block_load(call->in[0], shape, at, count, block);
    for (int64_t l = 0; l < count; l += LANES)
        block_softmax(block, shape->dim, l);
    block_store(call->out[0], shape, at, count, block);
}

static void softmax_part_backward(const struct op_call *call, const struct softmax_shape *shape, int64_t item,
                                  softmax_block *block)
{
    softmax_block *dy = block, *y = block + shape->dim;
    int64_t at, count = block_find(shape, item, &at);
    block_load(call->in[0], shape, at, count, dy);
    block_load(call->in[1], shape, at, count, y);
    for (int64_t l = 0; l < count; l += LANES)
        block_softmax_backward(dy, y, shape->dim, l);
    block_store(call->out[0], shape, at, count, dy);
}

/* Rows that lie one behind the other: a row is a run of floats. */
static void softmax_row(const struct op_call *call, const struct softmax_shape *shape, int64_t item,
                        softmax_block *block)
{
    const struct tensor *x = call->in[0], *y = call->out[0];
    int64_t count = shape->dim, room = row_room(count);
    float *row = block[0];
    floats_load(x->dtype, x->data, item * count, count, row);
    float max = floats_max(row, count);
    for (int64_t i = 0; i < count; i++)
        row[i] -= max;
    memset(row + count, 0, (size_t)(room - count) * sizeof *row);
    floats_exp(row, row, count);
    float scale = (float)(1 / floats_sum(row, count));
    for (int64_t i = 0; i < count; i++)
        row[i] *= scale;
    floats_store(y->dtype, y->data, item * count, count, row);
}

static void softmax_row_backward(const struct op_call *call, const struct softmax_shape *shape, int64_t item,
                                 softmax_block *block)
{
    const struct tensor *dx = call->out[0];
    int64_t count = shape->dim;
    float *dy = block[0], *y = block[shape->dim];
    double sum = 0;
    floats_load(call->in[0]->dtype, call->in[0]->data, item * count, count, dy);
    floats_load(call->in[1]->dtype, call->in[1]->data, item * count, count, y);
    for (int64_t i = 0; i < count; i++)
        sum += (double)(dy[i] * y[i]);
    for (int64_t i = 0; i < count; i++)
        dy[i] = y[i] * (dy[i] - (float)sum);
    floats_store(dx->dtype, dx->data, item * count, count, dy);
}

typedef void softmax_work(const struct op_call *call, const struct softmax_shape *shape, int64_t item,
                          softmax_block *block);

/* `side`: for rows side by side; `behind`: for rows one behind the other. */
static void run_softmax(const struct op_call *call, void *scratch, int threads, softmax_work *side, softmax_work *behind)
{
    struct softmax_shape shape = softmax_shape(call->out[0], call->attrs.dim.dim);
    softmax_work *work = shape.inner == 1 ? behind : side;
    int64_t items = shape.outer * ((shape.inner + SOFTMAX_LANES - 1) / SOFTMAX_LANES);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t item = 0; item < items; item++)
        work(call, &shape, item, (softmax_block *)scratch + omp_get_thread_num() * 2 * shape.dim);
}

void VECTOR_NAME(vector_softmax)(const struct op_call *call, void *scratch, int threads)
{
    run_softmax(call, scratch, threads, softmax_part, softmax_row);
}

void VECTOR_NAME(vector_softmax_backward)(const struct op_call *call, void *scratch, int threads)
{
    run_softmax(call, scratch, threads, softmax_part_backward, softmax_row_backward);
}
