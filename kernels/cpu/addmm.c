/* aten::addmm: output = input x weight + bias, the classifier. */
#include "kernels/cpu/matmul.h"

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct matmul matmul = {.a = call->in[1], .b = call->in[2], .bias = call->in[0], .output = call->out[0]};

    return matmul_prepare(device, call, &matmul, out);
}

extern const struct op_impl cpu_addmm;
const struct op_impl cpu_addmm = {prepare};
