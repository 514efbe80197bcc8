/*
 * Adaptive max pooling and its gradient, any layouts, plane by plane: indices are those of PyTorch, int64 into the plane,
 * which no vector of floats holds.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"

/* Where plane number `i` of a tensor begins. */
static int64_t plane_at(const struct tensor *t, int64_t i)
{
    return i / t->size[1] * t->stride[0] + i % t->size[1] * t->stride[1];
}

static void pool_window(const struct op_call *call, int64_t plane, int64_t oh, int64_t ow)
{
    const struct tensor *x = call->in[0], *y = call->out[0], *indices = call->out[1];
    int64_t height = x->size[2], width = x->size[3], from = plane_at(x, plane), at = -1;
    int64_t last_h = ((oh + 1) * height + y->size[2] - 1) / y->size[2], last_w = ((ow + 1) * width + y->size[3] - 1) / y->size[3];
    double maximum = 0;
    for (int64_t h = oh * height / y->size[2]; h < last_h; h++)
        for (int64_t w = ow * width / y->size[3]; w < last_w; w++) {
            double value = dtype_load(x->data, x->dtype, from + h * x->stride[2] + w * x->stride[3]);
            if (at >= 0 && !(value > maximum) && !isnan(value))
                continue;
            maximum = value;
            at = h * width + w;
        }
    dtype_store(y->data, y->dtype, plane_at(y, plane) + oh * y->stride[2] + ow * y->stride[3], maximum);
    ((int64_t *)indices->data)[plane_at(indices, plane) + oh * indices->stride[2] + ow * indices->stride[3]] = at;
}

void VECTOR_NAME(vector_adaptive_max_pool)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *y = call->out[0];
    (void)scratch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t plane = 0; plane < y->size[0] * y->size[1]; plane++)
        for (int64_t oh = 0; oh < y->size[2]; oh++)
            for (int64_t ow = 0; ow < y->size[3]; ow++)
                pool_window(call, plane, oh, ow);
}

/* Windows may overlap: their gradients add up in `sum`, a float for each element of the plane. */
static void spread_plane(const struct op_call *call, int64_t plane, float *sum)
{
    const struct tensor *grad = call->in[0], *indices = call->in[2], *dx = call->out[0];
    int64_t count = dx->size[2] * dx->size[3];
    memset(sum, 0, (size_t)count * sizeof *sum);
    for (int64_t oh = 0; oh < grad->size[2]; oh++)
        for (int64_t ow = 0; ow < grad->size[3]; ow++) {
            int64_t index = ((const int64_t *)indices->data)[plane_at(indices, plane) + oh * indices->stride[2] +
                                                             ow * indices->stride[3]];
            if (index >= 0 && index < count)
                sum[index] += (float)dtype_load(grad->data, grad->dtype,
                                                plane_at(grad, plane) + oh * grad->stride[2] + ow * grad->stride[3]);
        }
    for (int64_t i = 0; i < count; i++)
        dtype_store(dx->data, dx->dtype,
                    plane_at(dx, plane) + i / dx->size[3] * dx->stride[2] + i % dx->size[3] * dx->stride[3], (double)sum[i]);
}

void VECTOR_NAME(vector_adaptive_max_pool_backward)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *dx = call->out[0];
    int64_t count = dx->size[2] * dx->size[3];
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t plane = 0; plane < dx->size[0] * dx->size[1]; plane++)
        spread_plane(call, plane, (float *)scratch + omp_get_thread_num() * count);
}
