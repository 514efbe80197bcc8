/*
 * aten::_to_copy and aten::clone: the layout conversion and the cast, any strides and any of the three float dtypes.
 * The conversion's row in the trace is declared by who asked for it; the kernel's role is decided here.
 */
#include "kernels/cuda/copy_plan.h"
#include "kernels/cuda/simple.h"

struct prepared {
    struct simple simple;
    struct copy_plan plan;
};

static enum status run(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    LAUNCH(base, context, 0,
           copy_plan_launch(&self->plan, &self->simple.on, base->call->in[0]->data, base->call->out[0]->data));
    return STATUS_OK;
}

static enum kernel_role role_of(const struct op_call *call)
{
    if (!tensor_same_layout(call->in[0], call->out[0]))
        return ROLE_CONVERSION;
    return call->in[0]->dtype == call->out[0]->dtype ? ROLE_COPY : ROLE_CAST;
}

static const char *name_of(const struct op_call *call, enum kernel_role role)
{
    if (role != ROLE_CONVERSION)
        return kernel_role_name(role);
    enum memory_format from = tensor_format(call->in[0]), to = tensor_format(call->out[0]);
    if (from == FORMAT_CONTIGUOUS && to == FORMAT_CHANNELS_LAST)
        return "convert_nchw_nhwc";
    return from == FORMAT_CHANNELS_LAST && to == FORMAT_CONTIGUOUS ? "convert_nhwc_nchw" : "convert_strided";
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {call->in[0], call->out[0]};
    *out = NULL;
    TRY(simple_check_float(call, tensors, 2));
    if (!tensor_same_shape(call->in[0], call->out[0]))
        return FAIL(UNSUPPORTED, "%s of unequal shapes: a copy does not broadcast", op_name(call->op));
    TRY(simple_create(device, call, sizeof(struct prepared), run, out));
    copy_plan_init(&((struct prepared *)*out)->plan, call->in[0], call->out[0]);
    enum kernel_role role = role_of(call);
    simple_add_kernel(*out, name_of(call, role), role, op_bytes_read(call), op_bytes_written(call), op_flops(call));
    return STATUS_OK;
}

extern const struct op_impl cuda_copy;
const struct op_impl cuda_copy = {prepare};
