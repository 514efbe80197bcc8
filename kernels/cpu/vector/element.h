/*
 * Running an operator that looks at one element at a time over tensors of any layouts. Where all tensors lie in memory
 * in the same order, the order does not matter and the operator runs over memory. Where some don't, the output is cut
 * into boxes that fit the first-level caches, and the operator runs over each box. Operands that run along with the output
 * (an image beside one number for each channel, in channels_last) are read where they lie; the part of others is brought
 * into a buffer first.
 */
#ifndef KERNELS_CPU_VECTOR_ELEMENT_H
#define KERNELS_CPU_VECTOR_ELEMENT_H

#include "kernels/cpu/vector/stream.h"
#include "kernels/tensor.h"

#define ELEMENT_MAX_TENSORS 4

/* `count` elements, contiguous in each tensor; data[0] is the output. `stream`: store past the caches. */
typedef void element_body(enum dtype dtype, char *const *data, int64_t count, bool stream, const void *context);

struct element_call {
    int tensors;                                     /* 2 to ELEMENT_MAX_TENSORS */
    const struct tensor *tensor[ELEMENT_MAX_TENSORS]; /* [0] is the output and dense; one shape, broadcast operands with strides of 0 */
    element_body *body;
    const void *context;
};

void VECTOR_NAME(element_run)(const struct element_call *call, int threads);

/* What an operator does to a pair: x are the inputs' pairs, in the order of data[1], data[2], ... */
typedef struct vpair element_pair(const struct vpair *x, const void *context);

VECTOR_INLINE void element_part(enum dtype dtype, char *const *data, int inputs, int64_t i, int64_t count,
                                element_pair *compute, const void *context)
{
    struct vpair x[ELEMENT_MAX_TENSORS - 1];
    for (int k = 0; k < inputs; k++)
        x[k] = pair_load_part(dtype, data[k + 1], i, count);
    pair_store_part(dtype, data[0], i, count, compute(x, context));
}

VECTOR_INLINE int64_t element_pairs(enum dtype dtype, char *const *data, int inputs, int64_t i, int64_t count,
                                    bool stream, element_pair *compute, const void *context)
{
    for (; i + PAIR_WIDTH <= count; i += PAIR_WIDTH) {
        struct vpair x[ELEMENT_MAX_TENSORS - 1];
        for (int k = 0; k < inputs; k++)
            x[k] = pair_load(dtype, data[k + 1], i);
        if (stream)
            pair_stream(dtype, data[0], i, compute(x, context));
        else
            pair_store(dtype, data[0], i, compute(x, context));
    }
    return i;
}

/* The loop of a body; everything but data, count and stream is constant where it is called. */
VECTOR_INLINE void element_loop(enum dtype dtype, char *const *data, int inputs, int64_t count, bool stream,
                                element_pair *compute, const void *context)
{
    int64_t bytes = dtype == DTYPE_FLOAT32 ? 4 : 2, i = 0;
    if (stream) {
        for (int64_t to_line = (-(int64_t)(uintptr_t)data[0] & (LINE_BYTES - 1)) / bytes; i < to_line && i < count;) {
            int64_t part = (to_line < count ? to_line : count) - i;
            part = part < PAIR_WIDTH ? part : PAIR_WIDTH;
            element_part(dtype, data, inputs, i, part, compute, context);
            i += part;
        }
        i = element_pairs(dtype, data, inputs, i, count, true, compute, context);
    } else {
        i = element_pairs(dtype, data, inputs, i, count, false, compute, context);
    }
    if (i < count)
        element_part(dtype, data, inputs, i, count - i, compute, context);
}

#endif
