/* gelu and its gradient. */
#include "kernels/ops/facts.h"

/* Per element: an exponential and an error function, each some 10 operations, and what joins them. */
static int64_t flops_gelu(const struct op_call *call)
{
    return 24 * flops_per_input(call);
}

const struct op_facts facts_gelu = {infer_like_first, flops_gelu, 0};
const struct op_facts facts_gelu_backward = {infer_like_second, flops_gelu, 0};
