/* pow and add with a number, and neg. */
#include "kernels/ops/facts.h"

/* A logarithm and an exponential, as the cpu back end's polynomials take them. */
static int64_t flops_pow(const struct op_call *call)
{
    return 40 * flops_per_input(call);
}

const struct op_facts facts_add_scalar = {infer_like_first, flops_per_input, 0};
const struct op_facts facts_pow = {infer_like_first, flops_pow, 0};
const struct op_facts facts_neg = {infer_like_first, flops_per_input, 0};
