/* Operators that only move data. */
#include "kernels/ref/ref.h"

/* The index along every dimension of element number `logical`. */
static void indices_of(const struct tensor *tensor, int64_t logical, int64_t *index)
{
    for (int d = tensor->dims - 1; d >= 0; d--) {
        index[d] = logical % tensor->size[d];
        logical /= tensor->size[d];
    }
}

static int64_t logical_of(const struct tensor *tensor, const int64_t *index)
{
    int64_t logical = 0;
    for (int d = 0; d < tensor->dims; d++)
        logical = logical * tensor->size[d] + index[d];
    return logical;
}

static void compute_cat(const struct op_call *call)
{
    const struct tensor *output = call->out[0];
    int dim = call->attrs.cat.dim;
    int64_t index[TENSOR_MAX_DIMS], start = 0;
    for (int i = 0; i < OP_MAX_IN && call->in[i]; i++) {
        const struct tensor *part = call->in[i];
        for (int64_t k = 0; k < tensor_count(part); k++) {
            indices_of(part, k, index);
            index[dim] += start;
            ref_store(output, logical_of(output, index), ref_load(part, k));
        }
        start += part->size[dim];
    }
}
REF_OP(cat)

static void compute_zeros(const struct op_call *call)
{
    for (int64_t i = 0; i < tensor_count(call->out[0]); i++)
        ref_store(call->out[0], i, 0);
}
REF_OP(zeros)
