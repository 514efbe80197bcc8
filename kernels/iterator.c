/* The order of the output's dimensions, as PyTorch's TensorIterator finds it. */
#include "kernels/iterator.h"

#include <string.h>

struct iterator {
    const struct tensor *const *input;
    int count;
    const struct tensor *output;
};

/* An operand's stride in an output dimension: 0 where it is broadcast. */
static int64_t stride_of(const struct iterator *self, int operand, int dim)
{
    const struct tensor *t = self->input[operand];
    int own = dim - (self->output->dims - t->dims);
    if (own < 0 || (t->size[own] == 1 && self->output->size[dim] != 1))
        return 0;
    return t->stride[own];
}

/* > 0 when dimension a belongs outside of b, < 0 when it is right as it is, 0 when no operand can tell. */
static int should_swap(const struct iterator *self, int a, int b)
{
    for (int i = 0; i < self->count; i++) {
        if (!self->input[i])
            continue;
        int64_t x = stride_of(self, i, a), y = stride_of(self, i, b);
        if (x == 0 || y == 0)
            continue;
        if (x != y)
            return x < y ? -1 : 1;
        if (self->output->size[a] > self->output->size[b])
            return 1;
    }
    return 0;
}

/* Dimensions from the fastest to the slowest: an insertion sort, since "can't tell" is no order. */
static void sort_dims(const struct iterator *self, int *order)
{
    int dims = self->output->dims;
    for (int i = 0; i < dims; i++)
        order[i] = dims - 1 - i;
    for (int i = 1; i < dims; i++) {
        int at = i;
        for (int before = i - 1; before >= 0; before--) {
            int swap = should_swap(self, order[before], order[at]);
            if (swap < 0)
                break;
            if (swap == 0)
                continue;
            int dim = order[before];
            order[before] = order[at];
            order[at] = dim;
            at = before;
        }
    }
}

static bool all_have(const struct iterator *self, enum memory_format format)
{
    for (int i = 0; i < self->count; i++) {
        enum memory_format have = self->input[i] ? tensor_format(self->input[i]) : format;
        if (have != format && have != FORMAT_EITHER)
            return false;
    }
    return true;
}

static bool all_dense_and_equal(const struct iterator *self, const struct tensor *first)
{
    size_t bytes = (size_t)first->dims * sizeof *first->stride;
    for (int i = 0; i < self->count; i++) {
        const struct tensor *t = self->input[i];
        if (t && (!layout_is_dense(t->dims, t->size, t->stride) || memcmp(t->stride, first->stride, bytes) != 0))
            return false;
    }
    return true;
}

/* True when the operands, of one shape, agree so well that nothing need be sorted. */
static bool fast_set_up(const struct iterator *self, struct tensor *output)
{
    const struct tensor *first = NULL;
    for (int i = 0; i < self->count; i++) {
        if (!self->input[i])
            continue;
        if (!first)
            first = self->input[i];
        if (!tensor_same_shape(self->input[i], output))
            return false;
    }
    if (!first)
        return false;
    for (int f = 0; f < 2; f++) {
        enum memory_format format = f ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS;
        if ((f && output->dims != 4) || !all_have(self, format))
            continue;
        layout_strides(format, output->dims, output->size, output->stride);
        return true;
    }
    if (!all_dense_and_equal(self, first))
        return false;
    memcpy(output->stride, first->stride, sizeof output->stride);
    return true;
}

void iterator_strides(const struct tensor *const *input, int count, struct tensor *output)
{
    const struct iterator self = {input, count, output};
    int order[TENSOR_MAX_DIMS];
    int64_t next = 1;

    if (fast_set_up(&self, output))
        return;
    sort_dims(&self, order);
    for (int i = 0; i < output->dims; i++) {
        output->stride[order[i]] = next;
        next *= output->size[order[i]] > 1 ? output->size[order[i]] : 1;
    }
}
