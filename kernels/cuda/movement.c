/*
 * Operators that only move data: each is one or several strided copies (copy_plan.h), of views of its tensors, into an output
 * filled before where they leave gaps.
 */
#include "kernels/cuda/copy_plan.h"
#include "kernels/cuda/simple.h"

/* One copy: between places of an input and of the output, in bytes from their first elements. */
struct move {
    int input;
    int64_t from_at, to_at;
    struct copy_plan plan;
};

struct prepared {
    struct simple simple;
    bool fills;
    struct fill_args fill;
    int moves;
    struct move move[]; /* as many as the call has inputs */
};

static enum status run(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    const struct op_call *call = base->call;
    cudaError_t error = cudaSuccess;
    char *to = call->out[0]->data;
    struct fill_args fill = self->fill;
    fill.to = to;
    kernel_launch(context, 0);
    if (self->fills)
        error = cuda_launch_fill(&self->simple.on, &fill);
    for (int i = 0; i < self->moves; i++) {
        const struct move *move = &self->move[i];
        const char *from = call->in[move->input]->data;
        error = either_error(error, copy_plan_launch(&move->plan, &self->simple.on, from + move->from_at, to + move->to_at));
    }
    return cuda_launched(base, context, 0, error);
}

static enum status create(struct device *device, const struct op_call *call, int moves, const char *name, struct prepared **out)
{
    struct op_prepared *made;
    TRY(simple_create(device, call, sizeof(struct prepared) + (size_t)moves * sizeof(struct move), run, &made));
    *out = (struct prepared *)made;
    simple_add_kernel(made, name, call->op == OP_STACK ? ROLE_COPY : ROLE_COMPUTE, op_bytes_read(call), op_bytes_written(call), op_flops(call));
    return STATUS_OK;
}

static void add_move(struct prepared *self, int input, const struct tensor *from, int64_t from_at, const struct tensor *to,
                     int64_t to_at)
{
    struct move *move = &self->move[self->moves++];
    move->input = input;
    move->from_at = from_at * (int64_t)dtype_bytes(from->dtype);
    move->to_at = to_at * (int64_t)dtype_bytes(to->dtype);
    copy_plan_init(&move->plan, from, to);
}

static void add_fill(struct prepared *self, const struct tensor *tensor, double value)
{
    self->fills = true;
    self->fill = (struct fill_args){.dtype = tensor->dtype, .value = (float)value, .count = tensor_count(tensor)};
}

static enum status check(const struct op_call *call)
{
    const struct tensor *const tensors[] = {call->out[0], call->in[0]};
    return simple_check_float(call, tensors, 2);
}

static enum status check_dense(const struct op_call *call)
{
    const struct tensor *to = call->out[0];
    TRY(check(call));
    if (!layout_is_dense(to->dims, to->size, to->stride))
        return FAIL(UNSUPPORTED, "%s into a strided output: the cuda back end writes dense tensors only", op_name(call->op));
    return STATUS_OK;
}

static void set_dim(struct tensor *tensor, int dim, int64_t size, int64_t stride)
{
    tensor->size[dim] = size;
    tensor->stride[dim] = stride;
}

static int input_count(const struct op_call *call)
{
    int count = 0;
    while (count < OP_MAX_IN && call->in[count])
        count++;
    return count;
}

static enum status prepare_cat(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    int inputs = input_count(call), dim = call->attrs.cat.dim;
    struct prepared *self;
    int64_t at = 0;
    *out = NULL;
    TRY(simple_check_float(call, (const struct tensor *const *)call->in, inputs));
    TRY(check(call));
    TRY(create(device, call, inputs, "cat", &self));
    for (int i = 0; i < inputs; i++) {
        struct tensor place = *call->out[0];
        place.size[dim] = call->in[i]->size[dim];
        add_move(self, i, call->in[i], 0, &place, at * place.stride[dim]);
        at += place.size[dim];
    }
    *out = &self->simple.head;
    return STATUS_OK;
}

static enum status prepare_stack(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    int inputs = input_count(call), dim = call->attrs.dim.dim;
    struct prepared *self;
    *out = NULL;
    TRY(simple_check_float(call, (const struct tensor *const *)call->in, inputs));
    TRY(check(call));
    TRY(create(device, call, inputs, "stack", &self));
    for (int i = 0; i < inputs; i++) {
        struct tensor place = *call->out[0];
        for (int d = dim; d + 1 < place.dims; d++)
            set_dim(&place, d, place.size[d + 1], place.stride[d + 1]);
        place.dims--;
        add_move(self, i, call->in[i], 0, &place, i * call->out[0]->stride[dim]);
    }
    *out = &self->simple.head;
    return STATUS_OK;
}

static enum status prepare_zeros(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct prepared *self;
    const struct tensor *to = call->out[0];
    *out = NULL;
    TRY(simple_check_float(call, &to, 1));
    if (!layout_is_dense(to->dims, to->size, to->stride))
        return FAIL(UNSUPPORTED, "%s into a strided output: the cuda back end writes dense tensors only", op_name(call->op));
    TRY(create(device, call, 0, "fill_elements", &self));
    add_fill(self, to, 0);
    *out = &self->simple.head;
    return STATUS_OK;
}

/* An image of (N, C, H*f, W*f) or (N, C*f*f, H, W) seen as (N, C, f, f, H, W). */
static struct tensor shuffle_view(const struct tensor *image, bool deep, int64_t factor)
{
    struct tensor view = *image;
    const int64_t *size = image->size, *stride = image->stride;
    view.dims = 6;
    set_dim(&view, 1, deep ? size[1] / (factor * factor) : size[1], deep ? stride[1] * factor * factor : stride[1]);
    set_dim(&view, 2, factor, deep ? stride[1] * factor : stride[2]);
    set_dim(&view, 3, factor, deep ? stride[1] : stride[3]);
    set_dim(&view, 4, deep ? size[2] : size[2] / factor, deep ? stride[2] : stride[2] * factor);
    set_dim(&view, 5, deep ? size[3] : size[3] / factor, deep ? stride[3] : stride[3] * factor);
    return view;
}

static enum status prepare_pixel_shuffle(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    bool back = call->op == OP_PIXEL_UNSHUFFLE;
    struct prepared *self;
    *out = NULL;
    TRY(check(call));
    TRY(create(device, call, 1, "pixel_shuffle", &self));
    struct tensor from = shuffle_view(call->in[0], !back, call->attrs.shuffle.factor);
    struct tensor to = shuffle_view(call->out[0], back, call->attrs.shuffle.factor);
    add_move(self, 0, &from, 0, &to, 0);
    *out = &self->simple.head;
    return STATUS_OK;
}

/* Channels seen as (a, b), the first with the larger stride on the input's side and with the smaller one on the output's. */
static struct tensor channel_view(const struct tensor *image, int64_t groups, bool input)
{
    struct tensor view = *image;
    int64_t each = image->size[1] / groups, step = image->stride[1];
    view.dims = 5;
    set_dim(&view, 1, groups, input ? step * each : step);
    set_dim(&view, 2, each, input ? step : step * groups);
    set_dim(&view, 3, image->size[2], image->stride[2]);
    set_dim(&view, 4, image->size[3], image->stride[3]);
    return view;
}

static enum status prepare_channel_shuffle(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct prepared *self;
    *out = NULL;
    TRY(check(call));
    TRY(create(device, call, 1, "channel_shuffle", &self));
    struct tensor from = channel_view(call->in[0], call->attrs.shuffle.factor, true);
    struct tensor to = channel_view(call->out[0], call->attrs.shuffle.factor, false);
    add_move(self, 0, &from, 0, &to, 0);
    *out = &self->simple.head;
    return STATUS_OK;
}

static enum status prepare_unslice(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct view_attrs *view = &call->attrs.view;
    struct tensor from = *call->in[0], to = *call->out[0];
    struct prepared *self;
    *out = NULL;
    TRY(check_dense(call));
    TRY(create(device, call, 1, "unslice", &self));
    add_fill(self, &to, 0);
    to.size[view->dim] = call->op == OP_SELECT_BACKWARD ? 1 : view->length;
    if (call->op == OP_SELECT_BACKWARD) { /* the gradient lacks the dimension */
        from.dims = to.dims;
        for (int d = to.dims - 1; d > view->dim; d--)
            set_dim(&from, d, from.size[d - 1], from.stride[d - 1]);
        set_dim(&from, view->dim, 1, 0);
    }
    add_move(self, 0, &from, 0, &to, view->start * to.stride[view->dim]);
    *out = &self->simple.head;
    return STATUS_OK;
}

/* The part of the input that stays, at its place in the output; pads fewer than 0 crop. */
static void add_inner(struct prepared *self, const struct op_call *call)
{
    const struct pad_attrs *pad = &call->attrs.pad;
    struct tensor from = *call->in[0], to = *call->out[0];
    int64_t from_at = 0, to_at = 0;
    for (int d = 0; d < to.dims; d++) {
        int64_t before = pad->before[d], skipped = before < 0 ? -before : 0, shift = before > 0 ? before : 0;
        int64_t from_left = from.size[d] - skipped, to_left = to.size[d] - shift;
        from_at += skipped * from.stride[d];
        to_at += shift * to.stride[d];
        from.size[d] = to.size[d] = from_left < to_left ? from_left : to_left;
        if (to.size[d] <= 0)
            return;
    }
    add_move(self, 0, &from, from_at, &to, to_at);
}

static enum status prepare_constant_pad(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct pad_attrs *pad = &call->attrs.pad;
    struct prepared *self;
    bool covers = true; /* the input leaves nothing to fill: a crop */
    *out = NULL;
    TRY(check_dense(call));
    TRY(create(device, call, 1, "constant_pad", &self));
    for (int d = 0; d < call->out[0]->dims; d++)
        covers = covers && pad->before[d] <= 0 && pad->after[d] <= 0;
    if (!covers)
        add_fill(self, call->out[0], pad->value);
    add_inner(self, call);
    *out = &self->simple.head;
    return STATUS_OK;
}

extern const struct op_impl cuda_cat, cuda_stack, cuda_zeros, cuda_pixel_shuffle, cuda_channel_shuffle, cuda_unslice,
    cuda_constant_pad;
const struct op_impl cuda_cat = {prepare_cat};
const struct op_impl cuda_stack = {prepare_stack};
const struct op_impl cuda_zeros = {prepare_zeros};
const struct op_impl cuda_pixel_shuffle = {prepare_pixel_shuffle};
const struct op_impl cuda_channel_shuffle = {prepare_channel_shuffle};
const struct op_impl cuda_unslice = {prepare_unslice};
const struct op_impl cuda_constant_pad = {prepare_constant_pad};
