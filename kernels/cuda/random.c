/* aten::native_dropout and aten::bernoulli_: which elements stay is a function of the stream's key, the step and the logical index. */
#include <math.h>

#include "kernels/cuda/random_kernel.h"
#include "kernels/cuda/simple.h"

struct prepared {
    struct simple simple;
    struct dropout_args args;
};

static enum status run(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    const struct op_call *call = base->call;
    struct dropout_args args = self->args;
    args.output = call->out[0]->data;
    args.counter = call->in[1]->data;
    if (call->op == OP_DROPOUT) {
        args.input = call->in[0]->data;
        args.mask = call->out[1]->data;
    }
    LAUNCH(base, context, 0, cuda_launch_dropout(&self->simple.on, &args));
    return STATUS_OK;
}

/* `input` and `mask` may be NULL. */
static enum status prepare(struct device *device, const struct op_call *call, const struct tensor *input,
                           const struct tensor *mask, const char *name, struct op_prepared **out)
{
    const struct dropout_attrs *attrs = &call->attrs.dropout;
    const struct tensor *output = call->out[0];
    struct tensor number = tensor_with_format(output, FORMAT_CONTIGUOUS);
    const struct tensor *const operand[] = {output, input, mask, &number};
    if (call->in[1]->dtype != DTYPE_INT64)
        return FAIL(UNSUPPORTED, "%s with a %s counter: it is int64", op_name(call->op), dtype_name(call->in[1]->dtype));
    TRY(simple_create(device, call, sizeof(struct prepared), run, out));
    struct prepared *self = (struct prepared *)*out;
    self->args = (struct dropout_args){.dtype = output->dtype,
                                       .input_dtype = output->dtype,
                                       .key = attrs->key,
                                       .threshold = (uint32_t)ceil(attrs->p * 0x1p24),
                                       .scale = attrs->p < 1 ? (float)(1 / (1 - attrs->p)) : 0};
    iteration_init(&self->args.walk, operand, 4);
    simple_add_main_kernel(*out, name, 0);
    return STATUS_OK;
}

static enum status prepare_dropout(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {call->out[0], call->in[0]};
    *out = NULL;
    TRY(simple_check_alike(call, tensors, 2));
    if (call->out[1]->dtype != DTYPE_UINT8 || !tensor_same_shape(call->out[1], call->in[0]))
        return FAIL(UNSUPPORTED, "%s with a %s mask: the cuda back end wants uint8 of the input's shape", op_name(call->op),
                    dtype_name(call->out[1]->dtype));
    return prepare(device, call, call->in[0], call->out[1], "dropout_elements", out);
}

static enum status prepare_bernoulli(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const output = call->out[0];
    *out = NULL;
    TRY(simple_check_float(call, &output, 1));
    return prepare(device, call, NULL, NULL, "bernoulli_elements", out);
}

extern const struct op_impl cuda_dropout, cuda_bernoulli;
const struct op_impl cuda_dropout = {prepare_dropout};
const struct op_impl cuda_bernoulli = {prepare_bernoulli};
