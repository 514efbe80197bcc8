/* aten::max_pool2d_with_indices, adaptive_max_pool2d, avg_pool2d, avg_pool3d, _adaptive_avg_pool2d and their backward operators. */
#include "kernels/cuda/image_kernel.h"
#include "kernels/cuda/simple.h"

typedef cudaError_t max_pool_launch(const struct launch_on *on, const struct max_pool_args *args);
typedef cudaError_t average_launch(const struct launch_on *on, const struct average_args *args);

struct prepared {
    struct simple simple;
    struct image_walk narrow; /* one channel each: where pointers are not aligned */
    const struct tensor *indices;
    max_pool_launch *max_pool;
    average_launch *average;
    struct max_pool_args max;
    struct average_args mean;
};

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

static bool all_aligned(const struct prepared *self)
{
    const struct op_call *call = self->simple.head.call;
    return is_aligned(call->in[0]->data) && is_aligned(call->out[0]->data) &&
           (!self->indices || is_aligned(self->indices->data));
}

static enum status run_max(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    struct max_pool_args args = self->max;
    if (!all_aligned(self))
        args.walk = self->narrow;
    args.source = base->call->in[0]->data;
    args.target = base->call->out[0]->data;
    args.indices = args.indices_out = self->indices->data;
    LAUNCH(base, context, 0, self->max_pool(&self->simple.on, &args));
    return STATUS_OK;
}

static struct image_window window_of(const struct pool_attrs *attrs, int axis, const struct tensor *large,
                                     const struct tensor *small)
{
    return (struct image_window){attrs->kernel[axis],   attrs->stride[axis],        attrs->padding[axis],
                                 attrs->dilation[axis], (int)large->size[2 + axis], (int)small->size[2 + axis]};
}

/* `large`: the tensor on the input's side; `indices`: written forward, read backward. */
static enum status prepare_max(struct device *device, const struct op_call *call, const struct tensor *large,
                               const struct tensor *small, const struct tensor *indices, bool adaptive,
                               max_pool_launch *launch, const char *name, struct op_prepared **out)
{
    const struct tensor *source = call->in[0], *target = call->out[0], *const others[] = {source, indices};
    const struct pool_attrs *attrs = &call->attrs.pool;
    *out = NULL;
    TRY(simple_check_float(call, (const struct tensor *const[]){source, target}, 2));
    if (source->dtype != target->dtype || indices->dtype != (adaptive ? DTYPE_INT64 : DTYPE_UINT8) ||
        (!adaptive && attrs->kernel[0] * attrs->kernel[1] > 256))
        return FAIL(UNSUPPORTED, "%s of %s to %s with %s indices: the cuda back end wants one float dtype, int64 indices of "
                    "adaptive and uint8 ones of other windows, of at most 256 elements", op_name(call->op),
                    dtype_name(source->dtype), dtype_name(target->dtype), dtype_name(indices->dtype));
    TRY(simple_create(device, call, sizeof(struct prepared), run_max, out));
    struct prepared *self = (struct prepared *)*out;
    self->max_pool = launch;
    self->indices = indices;
    self->narrow = image_walk_narrow(target);
    self->max = (struct max_pool_args){.walk = image_walk_make(target, others, 2),
                                       .dtype = target->dtype,
                                       .source_strides = image_strides_of(source),
                                       .target_strides = image_strides_of(target),
                                       .indices_strides = image_strides_of(indices)};
    for (int axis = 0; axis < 2; axis++) {
        struct image_window plain = {.large = (int)large->size[2 + axis], .small = (int)small->size[2 + axis]};
        *(axis ? &self->max.w : &self->max.h) = adaptive ? plain : window_of(attrs, axis, large, small);
    }
    simple_add_main_kernel(*out, name, 0);
    return STATUS_OK;
}

static enum status prepare_max_pool2d(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_max(device, call, call->in[0], call->out[0], call->out[1], false, cuda_launch_max_pool, "max_pool", out);
}

static enum status prepare_max_pool2d_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_max(device, call, call->out[0], call->in[0], call->in[2], false, cuda_launch_max_pool_backward,
                       "max_pool_backward", out);
}

static enum status prepare_adaptive_max(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_max(device, call, call->in[0], call->out[0], call->out[1], true, cuda_launch_adaptive_max_pool,
                       "adaptive_max_pool", out);
}

static enum status prepare_adaptive_max_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_max(device, call, call->out[0], call->in[0], call->in[2], true, cuda_launch_adaptive_max_pool_backward,
                       "adaptive_max_pool_backward", out);
}

static enum status run_average(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    struct average_args args = self->mean;
    if (!all_aligned(self))
        args.walk = self->narrow;
    args.source = base->call->in[0]->data;
    args.target = base->call->out[0]->data;
    LAUNCH(base, context, 0, self->average(&self->simple.on, &args));
    return STATUS_OK;
}

static struct image_window average_window(const struct op_call *call, int axis, const struct tensor *large,
                                          const struct tensor *small)
{
    const struct average_attrs *attrs = &call->attrs.average;
    bool adaptive = call->op == OP_ADAPTIVE_AVG_POOL2D || call->op == OP_ADAPTIVE_AVG_POOL2D_BACKWARD;
    if (axis == 0 && large->dims == 4)
        return (struct image_window){1, 1, 0, 1, 1, 1};
    int dim = large->dims - 3 + axis;
    return (struct image_window){adaptive ? 0 : attrs->kernel[axis], attrs->stride[axis], attrs->padding[axis], 1,
                                 (int)large->size[dim], (int)small->size[dim]};
}

static enum status prepare_average(struct device *device, const struct op_call *call, bool backward, struct op_prepared **out)
{
    const struct tensor *source = call->in[0], *target = call->out[0];
    const struct tensor *large = backward ? target : source, *small = backward ? source : target;
    *out = NULL;
    TRY(simple_check_float(call, (const struct tensor *const[]){source, target}, 2));
    if (source->dtype != target->dtype)
        return FAIL(UNSUPPORTED, "%s of %s to %s: the cuda back end wants one dtype", op_name(call->op),
                    dtype_name(source->dtype), dtype_name(target->dtype));
    TRY(simple_create(device, call, sizeof(struct prepared), run_average, out));
    struct prepared *self = (struct prepared *)*out;
    self->average = backward ? cuda_launch_average_pool_backward : cuda_launch_average_pool;
    self->narrow = image_walk_narrow(target);
    self->mean = (struct average_args){.walk = image_walk_make(target, &source, 1),
                                       .dtype = target->dtype,
                                       .source_strides = image_strides_of(source),
                                       .target_strides = image_strides_of(target),
                                       .d = average_window(call, 0, large, small),
                                       .h = average_window(call, 1, large, small),
                                       .w = average_window(call, 2, large, small),
                                       .exclude_padding = call->attrs.average.exclude_padding};
    simple_add_main_kernel(*out, backward ? "average_pool_backward" : "average_pool", 0);
    return STATUS_OK;
}

static enum status prepare_average_forward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_average(device, call, false, out);
}

static enum status prepare_average_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare_average(device, call, true, out);
}

extern const struct op_impl cuda_max_pool2d, cuda_max_pool2d_backward, cuda_adaptive_max_pool, cuda_adaptive_max_pool_backward,
    cuda_average_pool, cuda_average_pool_backward;
const struct op_impl cuda_max_pool2d = {prepare_max_pool2d};
const struct op_impl cuda_max_pool2d_backward = {prepare_max_pool2d_backward};
const struct op_impl cuda_adaptive_max_pool = {prepare_adaptive_max};
const struct op_impl cuda_adaptive_max_pool_backward = {prepare_adaptive_max_backward};
const struct op_impl cuda_average_pool = {prepare_average_forward};
const struct op_impl cuda_average_pool_backward = {prepare_average_backward};
