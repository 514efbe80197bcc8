/*
 * aten::_to_copy and aten::clone: the layout conversion and the cast, any strides and any of the three float dtypes.
 * The conversion's row in the trace is declared by who asked for it; the kernel's role is decided here.
 */
#include "kernels/cpu/simple.h"

static void compute_copy(const struct device *device, const struct op_call *call)
{
    device->vector->convert(call->in[0], call->out[0], device->threads);
}

static enum kernel_role role_of(const struct op_call *call)
{
    if (!tensor_same_layout(call->in[0], call->out[0]))
        return ROLE_CONVERSION;
    return call->in[0]->dtype == call->out[0]->dtype ? ROLE_COPY : ROLE_CAST;
}

static const char *name_of(const struct op_call *call)
{
    enum kernel_role role = role_of(call);
    if (role != ROLE_CONVERSION)
        return kernel_role_name(role);
    enum memory_format from = tensor_format(call->in[0]), to = tensor_format(call->out[0]);
    if (from == FORMAT_CONTIGUOUS && to == FORMAT_CHANNELS_LAST)
        return "convert_nchw_nhwc";
    return from == FORMAT_CHANNELS_LAST && to == FORMAT_CONTIGUOUS ? "convert_nhwc_nchw" : "convert_strided";
}

static bool is_convertible(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

static enum status prepare_copy(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *from = call->in[0], *to = call->out[0];
    *out = NULL;
    if (!is_convertible(from->dtype) || !is_convertible(to->dtype))
        return FAIL(UNSUPPORTED, "%s of %s to %s: the cpu back end has float32, bfloat16 and float16",
                    op_name(call->op), dtype_name(from->dtype), dtype_name(to->dtype));
    if (!tensor_same_shape(from, to))
        return FAIL(UNSUPPORTED, "%s of unequal shapes: the cpu back end does not broadcast", op_name(call->op));
    return simple_prepare(device, call, compute_copy, role_of(call), name_of(call), out);
}

extern const struct op_impl cpu_copy;
const struct op_impl cpu_copy = {prepare_copy};
