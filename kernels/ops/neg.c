/* neg: the other sign. */
#include "kernels/ops/facts.h"

const struct op_facts facts_neg = {infer_like_first, flops_per_input, 0};
