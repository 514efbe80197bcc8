/* aten::_log_softmax over dimension 1, aten::nll_loss_forward, and their backward operators. */
#include "kernels/cpu/vector_op.h"

typedef void loss_kernel(const struct op_call *call, void *scratch, int threads);

/* `rows` is the (N,M) tensor, the others any of the call's floating-point tensors. */
static enum status loss_prepare(struct device *device, const struct op_call *call, loss_kernel *kernel,
                                const struct tensor *rows, const struct tensor *other, const struct tensor *result,
                                struct op_prepared **out)
{
    const struct tensor *const tensors[] = {rows, other, result};
    TRY(vector_op_dense(call, tensors, 3));
    struct vector_op op = {kernel, "", loss_scratch_bytes(rows->size[1], device->threads), 0};
    return vector_op_create(device, call, &op, out);
}

static enum status target_check(const struct op_call *call, const struct tensor *target)
{
    if (target->dtype != DTYPE_INT64)
        return FAIL(UNSUPPORTED, "%s with a %s target: class indices are int64", op_name(call->op),
                    dtype_name(target->dtype));
    return STATUS_OK;
}

static enum status softmax_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return loss_prepare(device, call, device->vector->log_softmax, call->in[0], call->in[0], call->out[0], out);
}

static enum status softmax_backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return loss_prepare(device, call, device->vector->log_softmax_backward, call->in[1], call->in[0], call->out[0],
                        out);
}

static enum status nll_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    TRY(target_check(call, call->in[1]));
    return loss_prepare(device, call, device->vector->nll_loss, call->in[0], call->in[0], call->out[0], out);
}

static enum status nll_backward_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    TRY(target_check(call, call->in[2]));
    return loss_prepare(device, call, device->vector->nll_loss_backward, call->out[0], call->in[0], call->out[0], out);
}

const struct op_impl cpu_log_softmax = {softmax_prepare};
const struct op_impl cpu_log_softmax_backward = {softmax_backward_prepare};
const struct op_impl cpu_nll_loss = {nll_prepare};
const struct op_impl cpu_nll_loss_backward = {nll_backward_prepare};
