/* aten::bmm: a product of matrices for each sample, on oneDNN's matmul. */
#include "kernels/cpu/matmul.h"

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct matmul matmul = {.a = call->in[0], .b = call->in[1], .output = call->out[0]};

    return matmul_prepare(device, call, &matmul, out);
}

extern const struct op_impl cpu_bmm;
const struct op_impl cpu_bmm = {prepare};
