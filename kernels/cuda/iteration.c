/* Planning walks over strided tensors. */
#include "kernels/cuda/iteration.h"

#include <string.h>

struct fast_divisor fast_divisor_make(int64_t divisor, int64_t most)
{
    struct fast_divisor made = {.divisor = divisor};
    if (most > INT32_MAX || divisor > INT32_MAX)
        return made;
    while (((uint64_t)1 << made.shift) < (uint64_t)divisor)
        made.shift++;
    uint64_t excess = ((uint64_t)1 << made.shift) - (uint64_t)divisor;
    made.multiplier = (uint32_t)((excess << 32) / (uint64_t)divisor + 1);
    return made;
}

static int64_t stride_of(const struct tensor *tensor, int dim)
{
    return tensor ? tensor->stride[dim] : 0;
}

/* Whether dimension a of operand 0 lies inside of b; where that doesn't tell, the next operands do. */
static bool is_faster(const struct tensor *const *operand, int operands, int a, int b)
{
    for (int i = 0; i < operands; i++) {
        int64_t x = stride_of(operand[i], a), y = stride_of(operand[i], b);
        if (x != y && x != 0 && y != 0)
            return x < y;
    }
    return false;
}

static int sorted_dims(const struct tensor *const *operand, int operands, int order[TENSOR_MAX_DIMS])
{
    int dims = 0;
    for (int d = operand[0]->dims - 1; d >= 0; d--) {
        if (operand[0]->size[d] == 1)
            continue;
        int at = dims++;
        for (; at > 0 && is_faster(operand, operands, d, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = d;
    }
    return dims;
}

/* True when the next dimension continues dimension `at` of the walk in every operand. */
static bool continues(const struct iteration *self, int operands, int at, const int64_t *stride, int64_t size)
{
    for (int i = 0; i < operands; i++)
        if (stride[i] != self->stride[i][at] * size)
            return false;
    return true;
}

void iteration_init(struct iteration *self, const struct tensor *const *operand, int operands)
{
    int order[TENSOR_MAX_DIMS], dims = sorted_dims(operand, operands, order);
    int64_t size[TENSOR_MAX_DIMS];
    memset(self, 0, sizeof *self);
    self->count = tensor_count(operand[0]);
    for (int d = 0; d < dims; d++) {
        int64_t stride[ITERATION_MAX_OPERANDS];
        for (int i = 0; i < operands; i++)
            stride[i] = stride_of(operand[i], order[d]);
        int last = self->dims - 1;
        if (last >= 0 && continues(self, operands, last, stride, size[last])) {
            size[last] *= operand[0]->size[order[d]];
            continue;
        }
        size[self->dims] = operand[0]->size[order[d]];
        for (int i = 0; i < operands; i++)
            self->stride[i][self->dims] = stride[i];
        self->dims++;
    }
    for (int d = 0; d < self->dims; d++)
        self->size[d] = fast_divisor_make(size[d], self->count);
}

bool iteration_vectorize(struct iteration *self, int operands, int width, int64_t *tail)
{
    *tail = 0;
    if (self->dims == 0 || self->count == 0)
        return false;
    for (int i = 0; i < operands; i++) {
        if (self->stride[i][0] != 0 && self->stride[i][0] != 1)
            return false;
        for (int d = 1; self->stride[i][0] == 1 && d < self->dims; d++)
            if (self->stride[i][d] % width != 0)
                return false;
    }
    int64_t size = self->size[0].divisor;
    if (size < width || (self->dims > 1 && size % width != 0))
        return false;
    *tail = size % width;
    self->count = (self->count - *tail) / width;
    self->size[0] = fast_divisor_make(size / width, self->count);
    for (int i = 0; i < operands; i++)
        self->stride[i][0] *= width;
    return true;
}
