/* log_softmax over the rows of a matrix, and its gradient. A row is worked on as floats, whatever the storage. */
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
