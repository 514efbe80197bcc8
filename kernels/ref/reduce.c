/* Sum over dimensions, softmax over one with its gradient, and stack. */
#include <math.h>

#include "kernels/ref/ref.h"

/* The tensor with dimension `dim` cut to its element `index`: as select, or as a dimension of size 1. */
static struct tensor cut(const struct tensor *tensor, int dim, int64_t index, bool keep)
{
    struct tensor part = *tensor;
    part.data = (char *)tensor->data + index * tensor->stride[dim] * (int64_t)dtype_bytes(tensor->dtype);
    part.size[dim] = 1;
    for (int d = dim; !keep && d + 1 < part.dims; d++) {
        part.size[d] = part.size[d + 1];
        part.stride[d] = part.stride[d + 1];
    }
    part.dims -= !keep;
    return part;
}

static double sum_of(const struct tensor *part)
{
    double sum = 0;
    for (int64_t i = 0; i < tensor_count(part); i++)
        sum += ref_load(part, i);
    return sum;
}

static void compute_sum(const struct op_call *call)
{
    const struct tensor *input = call->in[0];
    unsigned dims = call->attrs.reduce.dims;
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++) {
        struct tensor part = *input;
        int64_t rest = i;
        for (int d = input->dims - 1; d >= 0; d--) {
            if (dims >> d & 1)
                continue;
            part = cut(&part, d, rest % input->size[d], true);
            rest /= input->size[d];
        }
        ref_store(call->out[0], i, sum_of(&part));
    }
}
REF_OP(sum)

/* Rows along `dim`: their number, and row `index` of a tensor, which has one dimension. */
static int64_t row_count(const struct tensor *tensor, int dim)
{
    return tensor->size[dim] ? tensor_count(tensor) / tensor->size[dim] : 0;
}

static struct tensor row_of(const struct tensor *tensor, int dim, int64_t index)
{
    struct tensor row = *tensor;
    for (int d = tensor->dims - 1; d >= 0; d--) {
        if (d == dim)
            continue;
        row = cut(&row, d, index % tensor->size[d], true);
        index /= tensor->size[d];
    }
    return row;
}

static void softmax_row(const struct tensor *input, const struct tensor *output)
{
    double maximum = -INFINITY, sum = 0;
    for (int64_t i = 0; i < tensor_count(input); i++)
        maximum = fmax(maximum, ref_load(input, i));
    for (int64_t i = 0; i < tensor_count(input); i++)
        sum += exp(ref_load(input, i) - maximum);
    for (int64_t i = 0; i < tensor_count(input); i++)
        ref_store(output, i, exp(ref_load(input, i) - maximum) / sum);
}

static void compute_softmax(const struct op_call *call)
{
    int dim = call->attrs.dim.dim;
    for (int64_t r = 0; r < row_count(call->in[0], dim); r++) {
        struct tensor input = row_of(call->in[0], dim, r), output = row_of(call->out[0], dim, r);
        softmax_row(&input, &output);
    }
}
REF_OP(softmax)

static void compute_softmax_backward(const struct op_call *call)
{
    int dim = call->attrs.dim.dim;
    for (int64_t r = 0; r < row_count(call->in[1], dim); r++) {
        struct tensor grad = row_of(call->in[0], dim, r), y = row_of(call->in[1], dim, r);
        struct tensor made = row_of(call->out[0], dim, r);
        double sum = 0;
        for (int64_t i = 0; i < tensor_count(&y); i++)
            sum += ref_load(&grad, i) * ref_load(&y, i);
        for (int64_t i = 0; i < tensor_count(&y); i++)
            ref_store(&made, i, ref_load(&y, i) * (ref_load(&grad, i) - sum));
    }
}
REF_OP(softmax_backward)

static void compute_stack(const struct op_call *call)
{
    int dim = call->attrs.dim.dim;
    for (int64_t k = 0; k < call->out[0]->size[dim]; k++) {
        struct tensor place = cut(call->out[0], dim, k, false);
        for (int64_t i = 0; i < tensor_count(&place); i++)
            ref_store(&place, i, ref_load(call->in[k], i));
    }
}
REF_OP(stack)
