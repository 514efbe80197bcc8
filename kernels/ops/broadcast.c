/* Sizes and strides of broadcast tensors. */
#include "kernels/ops/broadcast.h"

static int64_t size_from_end(const struct tensor *tensor, int back)
{
    return back < tensor->dims ? tensor->size[tensor->dims - 1 - back] : 1;
}

bool broadcast_sizes(const struct tensor *a, const struct tensor *b, struct tensor *out)
{
    int dims = a->dims > b->dims ? a->dims : b->dims;
    for (int back = 0; back < dims; back++) {
        int64_t x = size_from_end(a, back), y = size_from_end(b, back);
        if (x != y && x != 1 && y != 1)
            return false;
        out->size[dims - 1 - back] = x == 1 ? y : x;
    }
    out->dims = dims;
    return true;
}

struct tensor broadcast_to(const struct tensor *tensor, const struct tensor *like)
{
    struct tensor seen = *like;
    seen.dtype = tensor->dtype;
    seen.data = tensor->data;
    for (int d = 0; d < like->dims; d++) {
        int own = d - (like->dims - tensor->dims);
        bool repeated = own < 0 || (tensor->size[own] == 1 && like->size[d] != 1);
        seen.stride[d] = repeated ? 0 : tensor->stride[own];
    }
    return seen;
}
