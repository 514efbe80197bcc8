/*
 * The weight gradient of a 1x1 convolution as a matrix product, grad_output^T (O, N*H*W) x input (N*H*W, I): oneDNN's
 * matmul writes it straight into grad_weight's own order.
 *
 * Measured (AMD EPYC Turin, bf16, batch 16, 2 threads, best of 40; convolution with its reorder -> product):
 *   512->2048, 7x7    2.8 -> 1.7 ms     256->1024, 14x14  2.2 -> 1.8 ms     1024->512, 14x14 (1 thread)  9.7 -> 7.9 ms
 *   2048->512, 7x7    3.3 -> 1.7 ms     512->128, 28x28   2.3 -> 2.1 ms     64->256, 56x56               2.7 -> 3.8 ms
 * so it is taken from O * I = 2^17 on. Not on CPUs with AMX, whose convolution is another and was not measured.
 */
#include "kernels/cpu/conv_common.h"

#define LEAST_WEIGHTS (1 << 17)
#define ISA_AMX_ONLY ((unsigned)dnnl_cpu_isa_avx512_core_amx & ~(unsigned)dnnl_cpu_isa_avx512_core_fp16)

static bool is_plain_1x1(const struct conv_attrs *attrs, const struct tensor *weight)
{
    return weight->size[2] == 1 && weight->size[3] == 1 && attrs->groups == 1 && attrs->stride[0] == 1 &&
           attrs->stride[1] == 1 && attrs->padding[0] == 0 && attrs->padding[1] == 0;
}

bool conv_takes_product(const struct op_call *call, enum dtype dtype)
{
    const struct tensor *grad_weight = call->out[1];

    return dtype == DTYPE_BFLOAT16 && !(dnnl_get_effective_cpu_isa() & ISA_AMX_ONLY) && !call->out[2] && grad_weight &&
           grad_weight->dtype == DTYPE_FLOAT32 && tensor_format(grad_weight) == FORMAT_EITHER &&
           is_plain_1x1(&call->attrs.conv, grad_weight) && tensor_count(grad_weight) >= LEAST_WEIGHTS;
}

static enum status describe(dnnl_memory_desc_t *out, int64_t rows, int64_t columns, int64_t row_stride,
                            int64_t column_stride, enum dtype dtype)
{
    const dnnl_dims_t size = {rows, columns}, stride = {row_stride, column_stride};

    return cpu_check(dnnl_memory_desc_create_with_strides(out, 2, size, cpu_data_type(dtype), stride),
                     "describing a matrix");
}

enum status conv_add_product(struct steps *steps, const struct op_call *call, const struct operand *grad_output,
                             const struct operand *input)
{
    enum status status;
    enum { A, B, PRODUCT, DESCS };
    const struct tensor *grad_weight = call->out[1];
    int64_t o = grad_weight->size[0], i = grad_weight->size[1], pixels = tensor_count(&input->tensor) / i;
    dnnl_memory_desc_t descs[DESCS] = {NULL};
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t desc = NULL;
    const struct argument arguments[] = {
        {DNNL_ARG_SRC, grad_output->place}, {DNNL_ARG_WEIGHTS, input->place}, {DNNL_ARG_DST, {grad_weight, 0}}};

    TRY_OUT(describe(&descs[A], o, pixels, 1, o, grad_output->tensor.dtype));
    TRY_OUT(describe(&descs[B], pixels, i, i, 1, input->tensor.dtype));
    TRY_OUT(describe(&descs[PRODUCT], o, i, i, 1, DTYPE_FLOAT32));
    TRY_OUT(steps_attributes(&attributes));
    TRY_OUT(cpu_check(dnnl_matmul_primitive_desc_create(&desc, steps->device->engine, descs[A], descs[B], NULL,
                                                        descs[PRODUCT], attributes),
                      "choosing a weight gradient's matrix product"));
    TRY_OUT(steps_add_primitive(steps, desc, "matmul convolution_bwd_weights", conv_flops(call->in[0], grad_weight),
                                arguments, 3));
out:
    dnnl_primitive_desc_destroy(desc);
    dnnl_primitive_attr_destroy(attributes);
    for (int k = 0; k < DESCS; k++)
        dnnl_memory_desc_destroy(descs[k]);
    return status;
}
