/* aten::native_layer_norm and its backward, over the rows of contiguous tensors. */
#include "kernels/cuda/layer_norm_kernel.h"
#include "kernels/cuda/simple.h"

struct prepared {
    struct simple simple;
    struct layer_norm_args args;
};

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

/* Maps of one dtype that lie row by row, and float32 parameters and statistics. */
static enum status check(const struct op_call *call, const struct tensor *const *maps, int count)
{
    TRY(simple_check_alike(call, maps, count));
    for (int i = 0; i < count; i++) {
        enum memory_format format = tensor_format(maps[i]);
        if (format != FORMAT_CONTIGUOUS && format != FORMAT_EITHER)
            return FAIL(UNSUPPORTED, "%s of %s %s: the cuda back end wants contiguous tensors", op_name(call->op),
                        layout_name(format), dtype_name(maps[i]->dtype));
    }
    return STATUS_OK;
}

static void plan(struct layer_norm_args *args, const struct op_call *call, const struct tensor *map, int64_t length,
                 int multiprocessors)
{
    int width = (int)(16 / dtype_bytes(map->dtype));
    *args = (struct layer_norm_args){.dtype = map->dtype,
                                     .width = length % width == 0 ? width : 1,
                                     .length = length,
                                     .rows = length ? tensor_count(map) / length : 0,
                                     .eps = (float)call->attrs.norm.eps};
    args->lanes = length > 1024 ? LAYER_NORM_BLOCK : 32;
    int64_t across = (length / args->width + 31) / 32, wanted = (int64_t)multiprocessors * 4 / (across ? across : 1);
    int64_t most = args->rows / 32; /* each of 8 warps adds at least 4 rows */
    args->splits = wanted < most ? wanted : most;
    args->splits = args->splits < 1 ? 1 : args->splits;
    args->chunk = (args->rows + args->splits - 1) / args->splits;
    args->splits = args->chunk ? (args->rows + args->chunk - 1) / args->chunk : 1;
}

static enum status run_forward(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    const struct op_call *call = base->call;
    struct layer_norm_args args = self->args;
    args.input = call->in[0]->data;
    args.result = call->out[0]->data;
    args.weight = call->in[1]->data;
    args.bias = call->in[2]->data;
    args.mean = call->out[1]->data;
    args.rstd = call->out[2]->data;
    if (!is_aligned(args.input) || !is_aligned(args.result))
        args.width = 1;
    LAUNCH(base, context, 0, cuda_launch_layer_norm(&self->simple.on, &args));
    return STATUS_OK;
}

static enum status prepare_forward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const maps[] = {call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[1], call->in[2], call->out[1], call->out[2]};
    *out = NULL;
    TRY(check(call, maps, 2));
    TRY(simple_check_float32(call, small, 4));
    TRY(simple_create(device, call, sizeof(struct prepared), run_forward, out));
    struct prepared *self = (struct prepared *)*out;
    plan(&self->args, call, call->in[0], tensor_count(call->in[1]), self->simple.on.multiprocessors);
    simple_add_main_kernel(*out, "layer_norm_rows", 0);
    return STATUS_OK;
}

static enum status run_backward(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    const struct op_call *call = base->call;
    struct layer_norm_args args = self->args;
    args.grad_output = call->in[0]->data;
    args.input = call->in[1]->data;
    args.mean = call->in[2]->data;
    args.rstd = call->in[3]->data;
    args.weight = call->in[4]->data;
    args.result = call->out[0]->data;
    args.grad_weight = call->out[1]->data;
    args.grad_bias = call->out[2]->data;
    args.part = context->scratch;
    if (!is_aligned(args.input) || !is_aligned(args.result) || !is_aligned(args.grad_output))
        args.width = 1;
    LAUNCH(base, context, 0, cuda_launch_layer_norm_affine(&self->simple.on, &args));
    LAUNCH(base, context, 1, cuda_launch_layer_norm_backward(&self->simple.on, &args));
    return STATUS_OK;
}

static enum status prepare_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const maps[] = {call->in[1], call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[2], call->in[3], call->in[4], call->out[1], call->out[2]};
    *out = NULL;
    TRY(check(call, maps, 3));
    TRY(simple_check_float32(call, small, 5));
    TRY(simple_create(device, call, sizeof(struct prepared), run_backward, out));
    struct prepared *self = (struct prepared *)*out;
    int64_t map = tensor_bytes(call->in[1]), length = tensor_count(call->in[4]);
    plan(&self->args, call, call->in[1], length, self->simple.on.multiprocessors);
    simple_reserve(*out, (size_t)(self->args.splits * 2 * length) * sizeof(float));
    simple_add_kernel(*out, "layer_norm_columns", ROLE_COMPUTE, 2 * map,
                      tensor_bytes(call->out[1]) + tensor_bytes(call->out[2]), -1);
    simple_add_kernel(*out, "layer_norm_backward_rows", ROLE_COMPUTE, 2 * map, tensor_bytes(call->out[0]), op_flops(call));
    return STATUS_OK;
}

extern const struct op_impl cuda_layer_norm, cuda_layer_norm_backward;
const struct op_impl cuda_layer_norm = {prepare_forward};
const struct op_impl cuda_layer_norm_backward = {prepare_backward};
