/* A matrix product, or one for each sample, on oneDNN's matmul, with casts around it where dtypes differ. */
#include "kernels/cpu/matmul.h"

#include "kernels/cpu/conv_common.h"

enum { A, B, BIAS, OUTPUT, OPERANDS };

/* The operands as the primitive sees them, and their descriptors. */
struct product {
    struct operand operand[OPERANDS];
    dnnl_memory_desc_t desc[OPERANDS]; /* [BIAS] NULL without one */
};

/* The tensor itself, or, in another dtype, a temporary with the same order of dimensions. */
static struct tensor in_dtype(const struct tensor *tensor, enum dtype dtype)
{
    struct tensor cast = tensor_with_dtype(tensor, dtype);

    if (tensor->dtype != dtype && !layout_is_dense(cast.dims, cast.size, cast.stride))
        layout_strides(FORMAT_CONTIGUOUS, cast.dims, cast.size, cast.stride);
    return cast;
}

static enum status bring(struct steps *steps, const struct tensor *tensor, enum dtype dtype, struct operand *ready)
{
    struct tensor cast = in_dtype(tensor, dtype);
    struct operand source = steps_operand(tensor);

    *ready = source;
    if (tensor->dtype == dtype)
        return STATUS_OK;
    *ready = steps_temporary(steps, &cast);
    return steps_add_convert(steps, &source, ready, CAUSE_LIBRARY);
}

/* The bias as a row, which oneDNN adds to every row of the output. */
static enum status describe_bias(const struct tensor *bias, dnnl_memory_desc_t *out)
{
    struct tensor row = tensor_make(DTYPE_FLOAT32, 2, (const int64_t[]){1, bias->size[0]}, FORMAT_CONTIGUOUS);

    return cpu_memory_desc(&row, out);
}

/* The dtype that the output is written in: its own when the primitive can, else float32, rounded afterwards. */
static enum dtype output_dtype(enum dtype computed, enum dtype wanted)
{
    return wanted == computed || wanted == DTYPE_FLOAT32 ? wanted : DTYPE_FLOAT32;
}

static enum status bring_operands(struct steps *steps, const struct matmul *matmul, enum dtype dtype,
                                  struct product *product)
{
    struct tensor output = tensor_with_dtype(matmul->output, output_dtype(dtype, matmul->output->dtype));

    TRY(bring(steps, matmul->a, dtype, &product->operand[A]));
    TRY(bring(steps, matmul->b, dtype, &product->operand[B]));
    if (matmul->bias) {
        TRY(steps_bring_rounded(steps, matmul->bias, matmul->a->dtype, &product->operand[BIAS]));
        TRY(describe_bias(matmul->bias, &product->desc[BIAS]));
    }
    product->operand[OUTPUT] = output.dtype == matmul->output->dtype ? steps_operand(matmul->output)
                                                                     : steps_temporary(steps, &output);
    TRY(cpu_memory_desc(&product->operand[A].tensor, &product->desc[A]));
    TRY(cpu_memory_desc(&product->operand[B].tensor, &product->desc[B]));
    return cpu_memory_desc(&product->operand[OUTPUT].tensor, &product->desc[OUTPUT]);
}

static enum status add_product(struct steps *steps, const struct matmul *matmul, struct product *product)
{
    enum status status;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t desc = NULL;
    int64_t flops = 2 * tensor_count(matmul->output) * matmul->a->size[matmul->a->dims - 1];
    struct argument arguments[] = {{DNNL_ARG_SRC, product->operand[A].place},
                                   {DNNL_ARG_WEIGHTS, product->operand[B].place},
                                   {DNNL_ARG_DST, product->operand[OUTPUT].place},
                                   {DNNL_ARG_BIAS, product->operand[BIAS].place}};

    TRY_OUT(steps_attributes(&attributes));
    TRY_OUT(cpu_check(dnnl_matmul_primitive_desc_create(&desc, steps->device->engine, product->desc[A],
                                                        product->desc[B], product->desc[BIAS], product->desc[OUTPUT],
                                                        attributes),
                      "choosing a matrix product"));
    TRY_OUT(steps_add_primitive(steps, desc, "matmul", flops, arguments, matmul->bias ? 4 : 3));
    TRY_OUT(steps_deliver(steps, &product->operand[OUTPUT], matmul->output));
out:
    dnnl_primitive_desc_destroy(desc);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static enum status build(struct steps *steps, const struct matmul *matmul, enum dtype dtype)
{
    enum status status;
    struct product product = {0};

    TRY_OUT(bring_operands(steps, matmul, dtype, &product));
    TRY_OUT(add_product(steps, matmul, &product));
out:
    for (int i = 0; i < OPERANDS; i++)
        dnnl_memory_desc_destroy(product.desc[i]);
    return status;
}

enum status matmul_prepare(struct device *device, const struct op_call *call, const struct matmul *matmul,
                           struct op_prepared **out)
{
    enum status status = STATUS_OK;
    struct steps *steps = NULL;
    enum dtype candidates[2];
    enum dtype a = matmul->a->dtype, b = matmul->b->dtype;
    int count = cpu_compute_dtypes(dtype_bytes(a) <= dtype_bytes(b) ? a : b, candidates);

    TRY_OUT(cpu_require_float(call, matmul->a));
    TRY_OUT(cpu_require_float(call, matmul->b));
    for (int i = 0; i < count; i++) {
        TRY_OUT(steps_create(device, call, &steps));
        status = build(steps, matmul, candidates[i]);
        if (status != STATUS_UNSUPPORTED || i == count - 1)
            break;
        steps_destroy(steps);
        steps = NULL;
    }
    if (status != STATUS_OK)
        goto out;
    steps_finish(steps, out);
    steps = NULL;
out:
    steps_destroy(steps);
    return status;
}
