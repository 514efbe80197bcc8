/*
 * Running an operator that looks at one element at a time over tensors of any layouts. Where all tensors lie in memory
 * in the same order, the order does not matter and the operator runs over memory. Where some don't, the output is cut
 * into boxes that fit the first-level caches, the odd operands' part of a box is converted into a buffer, and the
 * operator runs over the box.
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
    const struct tensor *tensor[ELEMENT_MAX_TENSORS]; /* [0] is the output and dense; one shape, one dtype */
    element_body *body;
    const void *context;
};

void VECTOR_NAME(element_run)(const struct element_call *call, int threads);

/*
 * Loops for bodies: STATEMENT computes `struct vpair y` from the pairs made by ELEMENT_LOAD. The output is brought to a
 * line boundary first when it is streamed.
 */
VECTOR_INLINE int64_t element_head(enum dtype dtype, const char *output, int64_t count, bool stream)
{
    int64_t bytes = dtype == DTYPE_FLOAT32 ? 4 : 2;
    int64_t head = stream ? (-(int64_t)(uintptr_t)output & (LINE_BYTES - 1)) / bytes : 0;
    return head < count ? head : count;
}

#endif
