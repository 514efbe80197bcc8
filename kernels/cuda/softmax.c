/* aten::_softmax, aten::_log_softmax, aten::nll_loss_forward, and their backward operators: contiguous tensors. */
#include "kernels/cuda/simple.h"
#include "kernels/cuda/softmax_kernel.h"

struct prepared {
    struct simple simple;
    bool backward;
    struct softmax_args rows;
    struct nll_args nll;
};

static enum status check_contiguous(const struct op_call *call, const struct tensor *const *tensors, int count)
{
    TRY(simple_check_float(call, tensors, count));
    for (int i = 0; i < count; i++) {
        enum memory_format format = tensor_format(tensors[i]);
        if (format != FORMAT_CONTIGUOUS && format != FORMAT_EITHER)
            return FAIL(UNSUPPORTED, "%s of a %s tensor: the cuda back end wants contiguous ones", op_name(call->op),
                        layout_name(format));
    }
    return STATUS_OK;
}

/* Rows along `dim` of a contiguous tensor. */
static struct softmax_args rows_of(const struct tensor *tensor, int dim, bool logarithm)
{
    struct softmax_args args = {.length = tensor->size[dim], .inner = 1, .logarithm = logarithm};
    for (int d = dim + 1; d < tensor->dims; d++)
        args.inner *= tensor->size[d];
    args.step = args.inner;
    args.inner_step = 1;
    args.outer_step = args.length * args.inner;
    args.rows = args.length ? tensor_count(tensor) / args.length : 0;
    return args;
}

static enum status run_softmax(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    struct softmax_args args = self->rows;
    args.input = base->call->in[0]->data;
    args.result = base->call->out[0]->data;
    if (self->backward)
        args.other = base->call->in[1]->data;
    LAUNCH(base, context, 0,
           self->backward ? cuda_launch_softmax_backward(&self->simple.on, &args) : cuda_launch_softmax(&self->simple.on, &args));
    return STATUS_OK;
}

static enum status prepare_rows(struct device *device, const struct op_call *call, int dim, const char *name,
                                struct op_prepared **out)
{
    bool backward = call->op == OP_SOFTMAX_BACKWARD || call->op == OP_LOG_SOFTMAX_BACKWARD;
    bool logarithm = call->op == OP_LOG_SOFTMAX || call->op == OP_LOG_SOFTMAX_BACKWARD;
    const struct tensor *other = backward ? call->in[1] : call->in[0];
    const struct tensor *const tensors[] = {call->in[0], other, call->out[0]};
    *out = NULL;
    TRY(check_contiguous(call, tensors, 3));
    TRY(simple_create(device, call, sizeof(struct prepared), run_softmax, out));
    struct prepared *self = (struct prepared *)*out;
    self->backward = backward;
    self->rows = rows_of(call->in[0], dim, logarithm);
    self->rows.input_dtype = call->in[0]->dtype;
    self->rows.other_dtype = other->dtype;
    self->rows.result_dtype = call->out[0]->dtype;
    simple_add_main_kernel(*out, name, 0);
    return STATUS_OK;
}

static enum status prepare_softmax(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_rows(device, call, call->attrs.dim.dim, "softmax_rows", out);
}

static enum status prepare_softmax_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_rows(device, call, call->attrs.dim.dim, "softmax_backward_rows", out);
}

static enum status prepare_log_softmax(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_rows(device, call, 1, "log_softmax_rows", out);
}

static enum status prepare_log_softmax_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_rows(device, call, 1, "log_softmax_backward_rows", out);
}

static enum status run_nll(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    const struct op_call *call = base->call;
    struct nll_args args = self->nll;
    args.result = call->out[0]->data;
    args.target = call->in[self->backward ? 2 : 1]->data;
    if (self->backward)
        args.grad_output = call->in[0]->data;
    else
        args.log_probabilities = call->in[0]->data;
    LAUNCH(base, context, 0,
           self->backward ? cuda_launch_nll_backward(&self->simple.on, &args) : cuda_launch_nll(&self->simple.on, &args));
    return STATUS_OK;
}

/* `rows` is the (N,M) tensor: log_probabilities, or their gradient. */
static enum status prepare_nll_with(struct device *device, const struct op_call *call, const struct tensor *rows,
                                    const struct tensor *target, const char *name, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {call->in[0], call->out[0]};
    *out = NULL;
    TRY(check_contiguous(call, tensors, 2));
    if (target->dtype != DTYPE_INT64)
        return FAIL(UNSUPPORTED, "%s with a %s target: class indices are int64", op_name(call->op), dtype_name(target->dtype));
    if (call->op == OP_NLL_LOSS_BACKWARD && call->in[0]->dtype != DTYPE_FLOAT32)
        return FAIL(UNSUPPORTED, "%s with a %s grad_output: it is float32", op_name(call->op), dtype_name(call->in[0]->dtype));
    TRY(simple_create(device, call, sizeof(struct prepared), run_nll, out));
    struct prepared *self = (struct prepared *)*out;
    self->backward = call->op == OP_NLL_LOSS_BACKWARD;
    self->nll = (struct nll_args){.log_dtype = rows->dtype,
                                  .result_dtype = call->out[0]->dtype,
                                  .batch = rows->size[0],
                                  .classes = rows->size[1],
                                  .smoothing = (float)call->attrs.loss.label_smoothing};
    simple_add_main_kernel(*out, name, 0);
    return STATUS_OK;
}

static enum status prepare_nll(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_nll_with(device, call, call->in[0], call->in[1], "nll_loss", out);
}

static enum status prepare_nll_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_nll_with(device, call, call->out[0], call->in[2], "nll_loss_backward", out);
}

extern const struct op_impl cuda_softmax, cuda_softmax_backward, cuda_log_softmax, cuda_log_softmax_backward, cuda_nll_loss,
    cuda_nll_loss_backward;
const struct op_impl cuda_softmax = {prepare_softmax};
const struct op_impl cuda_softmax_backward = {prepare_softmax_backward};
const struct op_impl cuda_log_softmax = {prepare_log_softmax};
const struct op_impl cuda_log_softmax_backward = {prepare_log_softmax_backward};
const struct op_impl cuda_nll_loss = {prepare_nll};
const struct op_impl cuda_nll_loss_backward = {prepare_nll_backward};
