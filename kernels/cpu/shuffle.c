/* Pixel shuffle, and operators that are one strided copy: channel shuffle, constant pads, gradients of slices. */
#include <string.h>

#include "kernels/cpu/simple.h"

static enum status check_move(const struct op_call *call)
{
    enum dtype dtype = call->out[0]->dtype;
    if (call->in[0]->dtype == dtype && (dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16))
        return STATUS_OK;
    return FAIL(UNSUPPORTED, "%s of %s to %s: the cpu back end has float32, bfloat16 and float16, one for both",
                op_name(call->op), dtype_name(call->in[0]->dtype), dtype_name(dtype));
}

static enum status check_dense_move(const struct op_call *call)
{
    TRY(check_move(call));
    return simple_check_alike(call, (const struct tensor *const *)call->out, 1);
}

static void set_dim(struct tensor *tensor, int dim, int64_t size, int64_t stride)
{
    tensor->size[dim] = size;
    tensor->stride[dim] = stride;
}

#define check_pixel_shuffle check_move
static void compute_pixel_shuffle(const struct device *device, const struct op_call *call)
{
    bool back = call->op == OP_PIXEL_UNSHUFFLE;
    const struct tensor *deep = back ? call->out[0] : call->in[0], *wide = back ? call->in[0] : call->out[0];
    device->vector->pixel_shuffle(deep, wide, call->attrs.shuffle.factor, back, device->threads);
}
SIMPLE_OP(pixel_shuffle)

#define check_channel_shuffle check_move
static void compute_channel_shuffle(const struct device *device, const struct op_call *call)
{
    int64_t groups = call->attrs.shuffle.factor, each = call->in[0]->size[1] / groups;
    struct tensor views[2] = {*call->in[0], *call->out[0]};
    for (int i = 0; i < 2; i++) {
        const struct tensor *whole = i == 0 ? call->in[0] : call->out[0];
        int64_t step = whole->stride[1];
        views[i].dims = 5;
        set_dim(&views[i], 1, groups, i == 0 ? step * each : step);
        set_dim(&views[i], 2, each, i == 0 ? step : step * groups);
        set_dim(&views[i], 3, whole->size[2], whole->stride[2]);
        set_dim(&views[i], 4, whole->size[3], whole->stride[3]);
    }
    device->vector->convert(&views[0], &views[1], device->threads);
}
SIMPLE_OP(channel_shuffle)

static void *element_at(const struct tensor *tensor, int64_t offset)
{
    return (char *)tensor->data + offset * (int64_t)dtype_bytes(tensor->dtype);
}

#define check_unslice check_dense_move
static void compute_unslice(const struct device *device, const struct op_call *call)
{
    const struct view_attrs *view = &call->attrs.view;
    struct tensor from = *call->in[0], to = *call->out[0];
    memset(to.data, 0, (size_t)tensor_bytes(&to));
    to.data = element_at(&to, view->start * to.stride[view->dim]);
    to.size[view->dim] = call->op == OP_SELECT_BACKWARD ? 1 : view->length;
    if (call->op == OP_SELECT_BACKWARD) { /* the gradient lacks the dimension */
        from.dims = to.dims;
        for (int d = to.dims - 1; d > view->dim; d--)
            set_dim(&from, d, from.size[d - 1], from.stride[d - 1]);
        set_dim(&from, view->dim, 1, 0);
    }
    device->vector->convert(&from, &to, device->threads);
}
SIMPLE_OP(unslice)

static void fill(const struct tensor *tensor, double value)
{
    size_t size = dtype_bytes(tensor->dtype), bytes = (size_t)tensor_bytes(tensor);
    char *data = tensor->data;
    if (value == 0) {
        memset(data, 0, bytes);
        return;
    }
    dtype_store(data, tensor->dtype, 0, value);
    for (size_t done = size; done < bytes; done *= 2)
        memcpy(data + done, data, done < bytes - done ? done : bytes - done);
}

#define check_constant_pad check_dense_move
static void compute_constant_pad(const struct device *device, const struct op_call *call)
{
    const struct pad_attrs *pad = &call->attrs.pad;
    struct tensor from = *call->in[0], to = *call->out[0];
    bool covers = true; /* the input leaves nothing to fill: a crop */
    for (int d = 0; d < to.dims; d++)
        covers = covers && pad->before[d] <= 0 && pad->after[d] <= 0;
    if (!covers)
        fill(&to, pad->value);
    for (int d = 0; d < to.dims; d++) {
        int64_t before = pad->before[d];
        struct tensor *shifted = before < 0 ? &from : &to;
        shifted->data = element_at(shifted, (before < 0 ? -before : before) * shifted->stride[d]);
        int64_t from_left = from.size[d] + (before < 0 ? before : 0), to_left = to.size[d] - (before > 0 ? before : 0);
        from.size[d] = to.size[d] = from_left < to_left ? from_left : to_left;
    }
    device->vector->convert(&from, &to, device->threads);
}
SIMPLE_OP(constant_pad)
