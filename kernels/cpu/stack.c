/* aten::stack: every input is copied to its place in the output. */
#include "kernels/cpu/simple.h"

static enum status check_stack(const struct op_call *call)
{
    const struct tensor *out = call->out[0];
    if (!layout_is_dense(out->dims, out->size, out->stride))
        return FAIL(UNSUPPORTED, "%s into a strided output: the cpu back end writes dense tensors only",
                    op_name(call->op));
    return STATUS_OK;
}

static void compute_stack(const struct device *device, const struct op_call *call)
{
    const struct tensor *out = call->out[0];
    int dim = call->attrs.dim.dim;
    for (int64_t k = 0; k < out->size[dim]; k++) {
        struct tensor place = *out;
        place.data = (char *)out->data + k * out->stride[dim] * (int64_t)dtype_bytes(out->dtype);
        for (int d = dim; d + 1 < out->dims; d++) {
            place.size[d] = place.size[d + 1];
            place.stride[d] = place.stride[d + 1];
        }
        place.dims--;
        device->vector->convert(call->in[k], &place, device->threads);
    }
}

static enum status prepare_stack(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    *out = NULL;
    TRY(check_stack(call));
    return simple_prepare(device, call, compute_stack, ROLE_COPY, "stack", out);
}

extern const struct op_impl cpu_stack;
const struct op_impl cpu_stack = {prepare_stack};
