/* aten::mm, aten::addmm, aten::bmm: matrix products, with a bias, for each sample. */
#include "kernels/cuda/matmul.h"

static enum status prepare_mm(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return matmul_prepare(device, call, &(struct matmul){.a = call->in[0], .b = call->in[1], .output = call->out[0]}, out);
}

static enum status prepare_addmm(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return matmul_prepare(
        device, call, &(struct matmul){.a = call->in[1], .b = call->in[2], .bias = call->in[0], .output = call->out[0]}, out);
}

extern const struct op_impl cuda_mm, cuda_addmm, cuda_bmm;
const struct op_impl cuda_mm = {prepare_mm};
const struct op_impl cuda_addmm = {prepare_addmm};
const struct op_impl cuda_bmm = {prepare_mm};
