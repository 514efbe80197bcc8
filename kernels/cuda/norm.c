/*
 * aten::native_batch_norm, aten::native_group_norm, aten::instance_norm (group norm with a channel a group, with or without
 * weight and bias) and their backward operators: three passes each (norm_kernel.h).
 */
#include "kernels/cuda/copy_plan.h"
#include "kernels/cuda/norm_kernel.h"
#include "kernels/cuda/simple.h"

struct prepared {
    struct simple simple;
    struct norm_args args[2]; /* by vectors; element by element, where a pointer is not aligned */
    size_t part_at, coefficient_at;
    int passes;
    norm_launch *pass[3];
    const struct tensor *other;  /* residual, or grad_output */
    /* A grad_output that lies otherwise is copied first. */
    bool gathers;
    struct copy_plan gather;
    size_t gathered_at;
};

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

/* Runs the passes behind a copy of grad_output, if any; `maps` are aligned when vectors may be used. */
static enum status run_passes(struct prepared *self, const struct run_context *context, const struct tensor *input,
                              void (*fill)(const struct op_call *call, struct norm_args *args))
{
    struct op_prepared *base = &self->simple.head;
    char *scratch = context->scratch;
    const void *other = simple_data(self->other);
    if (self->gathers) {
        LAUNCH(base, context, 0, copy_plan_launch(&self->gather, &self->simple.on, other, scratch + self->gathered_at));
        other = scratch + self->gathered_at;
    }
    void *result = base->call->out[0]->data;
    struct norm_args args = self->args[is_aligned(input->data) && is_aligned(other) && is_aligned(result) ? 0 : 1];
    args.input = input->data;
    args.other = other;
    args.result = result;
    args.part = (float *)(scratch + self->part_at);
    args.coefficient = (float *)(scratch + self->coefficient_at);
    fill(base->call, &args);
    for (int i = 0; i < self->passes; i++)
        LAUNCH(base, context, self->gathers + i, self->pass[i](&self->simple.on, &args));
    return STATUS_OK;
}

static void plan(struct prepared *self, const struct tensor *map, bool rows, bool by_image, int64_t groups)
{
    int64_t channels = map->size[1], pixels = map->size[2] * map->size[3], parts = 0;
    const struct norm_attrs *attrs = &self->simple.head.call->attrs.norm;
    int width = (int)(16 / dtype_bytes(map->dtype));
    if (!rows && pixels % width != 0)
        width /= 2;
    if ((rows ? channels : pixels) % width != 0)
        width = 1;
    for (int i = 0; i < 2; i++) {
        struct norm_args *args = &self->args[i];
        args->walk = norm_walk_make(map->size[0], channels, pixels, rows, by_image, i ? 1 : width,
                                    self->simple.on.multiprocessors);
        args->dtype = map->dtype;
        args->groups = groups;
        args->eps = (float)attrs->eps;
        args->momentum = (float)attrs->momentum;
        args->training = !by_image && attrs->training;
        args->relu = attrs->relu;
        int64_t own = args->walk.outers * args->walk.splits * channels;
        parts = own > parts ? own : parts;
    }
    self->part_at = simple_reserve(&self->simple.head, (size_t)(parts * NORM_PART_FLOATS) * sizeof(float));
    self->coefficient_at =
        simple_reserve(&self->simple.head, (size_t)(4 * self->args[0].walk.outers * channels) * sizeof(float));
}

static void add_pass(struct prepared *self, norm_launch *launch, const char *name, int64_t read, int64_t written)
{
    self->pass[self->passes++] = launch;
    simple_add_kernel(&self->simple.head, name, ROLE_COMPUTE, read, written, -1);
}

/* The arithmetic is told of the last pass. */
static void add_last_pass(struct prepared *self, norm_launch *launch, const char *name, int64_t read, int64_t written)
{
    add_pass(self, launch, name, read, written);
    self->simple.head.kernel[self->simple.head.kernels - 1].flops = op_flops(self->simple.head.call);
}

static int64_t part_bytes(const struct prepared *self)
{
    const struct norm_walk *walk = &self->args[0].walk;
    return walk->outers * walk->splits * walk->channels * NORM_PART_FLOATS * (int64_t)sizeof(float);
}

static void fill_batch_norm(const struct op_call *call, struct norm_args *args)
{
    args->weight = call->in[1]->data;
    args->bias = call->in[2]->data;
    args->running_mean = call->in[3]->data;
    args->running_var = call->in[4]->data;
    args->mean = simple_data(call->out[1]);
    args->invstd = simple_data(call->out[2]);
}

static enum status run_batch_norm(struct op_prepared *base, const struct run_context *context)
{
    return run_passes((struct prepared *)base, context, base->call->in[0], fill_batch_norm);
}

static void add_forward_passes(struct prepared *self, const char *const name[3], norm_launch *finish, bool moments)
{
    const struct op_call *call = self->simple.head.call;
    int64_t map = tensor_bytes(call->in[0]), parts = part_bytes(self);
    if (moments)
        add_pass(self, cuda_launch_norm_moments, name[0], map, parts);
    add_pass(self, finish, name[1], moments ? parts : 0, 0);
    add_last_pass(self, cuda_launch_norm_apply, name[2], op_bytes_read(call), op_bytes_written(call));
}

static enum status prepare_batch_norm(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    static const char *const names[2][3] = {
        {"batch_norm moments planes", "batch_norm finish", "batch_norm apply planes"},
        {"batch_norm moments rows", "batch_norm finish", "batch_norm apply rows"}};
    const struct tensor *const maps[] = {call->in[0], call->out[0], call->in[5]};
    const struct tensor *const small[] = {call->in[1], call->in[2], call->in[3], call->in[4], call->out[1], call->out[2]};
    bool rows, training = call->attrs.norm.training;
    *out = NULL;
    TRY(simple_check_maps(call, maps, 3, &rows));
    TRY(simple_check_float32(call, small, training ? 6 : 4));
    TRY(simple_create(device, call, sizeof(struct prepared), run_batch_norm, out));
    struct prepared *self = (struct prepared *)*out;
    self->other = call->in[5];
    plan(self, call->in[0], rows, false, call->in[0]->size[1]);
    add_forward_passes(self, names[rows], cuda_launch_batch_norm_finish, training);
    return STATUS_OK;
}

static void fill_group_norm(const struct op_call *call, struct norm_args *args)
{
    args->weight = simple_data(call->in[1]);
    args->bias = simple_data(call->in[2]);
    args->mean = call->out[1]->data;
    args->invstd = call->out[2]->data;
}

static enum status run_group_norm(struct op_prepared *base, const struct run_context *context)
{
    return run_passes((struct prepared *)base, context, base->call->in[0], fill_group_norm);
}

static enum status prepare_group_norm(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    static const char *const names[2][3] = {
        {"group_norm moments planes", "group_norm finish", "group_norm apply planes"},
        {"group_norm moments rows", "group_norm finish", "group_norm apply rows"}};
    const struct tensor *const maps[] = {call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[1], call->in[2], call->out[1], call->out[2]};
    bool rows;
    *out = NULL;
    TRY(simple_check_maps(call, maps, 2, &rows));
    TRY(simple_check_float32(call, small, 4));
    TRY(simple_create(device, call, sizeof(struct prepared), run_group_norm, out));
    struct prepared *self = (struct prepared *)*out;
    plan(self, call->in[0], rows, true, call->attrs.norm.groups);
    add_forward_passes(self, names[rows], cuda_launch_group_norm_finish, true);
    return STATUS_OK;
}

static int64_t affine_bytes(const struct tensor *tensor)
{
    return tensor ? tensor_bytes(tensor) : 0;
}

static void add_backward_passes(struct prepared *self, const char *const name[3], norm_launch *finish)
{
    const struct op_call *call = self->simple.head.call;
    int64_t maps = tensor_bytes(call->in[0]) + tensor_bytes(call->in[1]), parts = part_bytes(self);
    add_pass(self, cuda_launch_norm_gradients, name[0], maps, parts);
    add_pass(self, finish, name[1], parts, affine_bytes(call->out[1]) + affine_bytes(call->out[2]));
    add_last_pass(self, cuda_launch_norm_backward_apply, name[2], maps, tensor_bytes(call->out[0]));
}

/* A copy of grad_output in the input's layout, made before the passes: a conversion that the operator does itself. */
static void add_gather(struct prepared *self, const struct tensor *like)
{
    struct op_prepared *head = &self->simple.head;
    const struct tensor *from = self->other;
    self->gathers = true;
    copy_plan_init(&self->gather, from, like);
    self->gathered_at = simple_reserve(head, (size_t)tensor_bytes(like));
    simple_add_kernel(head, "convert grad_output", ROLE_CONVERSION, tensor_bytes(from), tensor_bytes(like), 0);
    head->conversion[head->conversions++] = (struct conversion_info){
        .cause = CAUSE_LIBRARY, .from = tensor_format(from), .to = tensor_format(like), .tensor = *from,
        .dest_dtype = like->dtype, .bytes_read = tensor_bytes(from), .bytes_written = tensor_bytes(like),
        .source_id = -1, .dest_id = -1};
}

static void fill_batch_norm_backward(const struct op_call *call, struct norm_args *args)
{
    args->weight = call->in[2]->data;
    args->bias = call->in[3]->data;
    args->mean = call->in[4]->data;
    args->invstd = call->in[5]->data;
    args->grad_weight = call->out[1]->data;
    args->grad_bias = call->out[2]->data;
}

static enum status run_batch_norm_backward(struct op_prepared *base, const struct run_context *context)
{
    return run_passes((struct prepared *)base, context, base->call->in[1], fill_batch_norm_backward);
}

static enum status prepare_batch_norm_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    static const char *const names[2][3] = {
        {"batch_norm_backward sums planes", "batch_norm_backward finish", "batch_norm_backward apply planes"},
        {"batch_norm_backward sums rows", "batch_norm_backward finish", "batch_norm_backward apply rows"}};
    const struct tensor *input = call->in[1], *grad_output = call->in[0];
    bool rows, mixed = !tensor_same_layout(grad_output, input);
    const struct tensor *const maps[] = {input, call->out[0], mixed ? NULL : grad_output};
    const struct tensor *const alike[] = {input, grad_output};
    const struct tensor *const small[] = {call->in[2], call->in[3], call->in[4], call->in[5], call->out[1], call->out[2]};
    *out = NULL;
    TRY(simple_check_maps(call, maps, 3, &rows));
    TRY(simple_check_alike(call, alike, 2));
    TRY(simple_check_float32(call, small, 6));
    TRY(simple_create(device, call, sizeof(struct prepared), run_batch_norm_backward, out));
    struct prepared *self = (struct prepared *)*out;
    self->other = grad_output;
    if (mixed)
        add_gather(self, input);
    plan(self, input, rows, false, input->size[1]);
    self->args[0].training = self->args[1].training = true;
    add_backward_passes(self, names[rows], cuda_launch_batch_norm_backward_finish);
    return STATUS_OK;
}

static void fill_group_norm_backward(const struct op_call *call, struct norm_args *args)
{
    args->mean = call->in[2]->data;
    args->invstd = call->in[3]->data;
    args->weight = simple_data(call->in[4]);
    args->grad_weight = simple_data(call->out[1]);
    args->grad_bias = simple_data(call->out[2]);
}

static enum status run_group_norm_backward(struct op_prepared *base, const struct run_context *context)
{
    return run_passes((struct prepared *)base, context, base->call->in[1], fill_group_norm_backward);
}

static enum status prepare_group_norm_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    static const char *const names[2][3] = {
        {"group_norm_backward sums planes", "group_norm_backward finish", "group_norm_backward apply planes"},
        {"group_norm_backward sums rows", "group_norm_backward finish", "group_norm_backward apply rows"}};
    const struct tensor *const maps[] = {call->in[1], call->in[0], call->out[0]};
    const struct tensor *const small[] = {call->in[2], call->in[3], call->in[4], call->out[1], call->out[2]};
    bool rows;
    *out = NULL;
    if (call->attrs.norm.relu)
        return FAIL(UNSUPPORTED, "%s with a fused relu: its mask needs the bias, which this operator is not given; run the "
                    "relu's own backward first", op_name(call->op));
    TRY(simple_check_maps(call, maps, 3, &rows));
    TRY(simple_check_float32(call, small, 5));
    TRY(simple_create(device, call, sizeof(struct prepared), run_group_norm_backward, out));
    struct prepared *self = (struct prepared *)*out;
    self->other = call->in[0];
    plan(self, call->in[1], rows, true, call->attrs.norm.groups);
    add_backward_passes(self, names[rows], cuda_launch_group_norm_backward_finish);
    return STATUS_OK;
}

extern const struct op_impl cuda_batch_norm, cuda_batch_norm_backward, cuda_group_norm, cuda_group_norm_backward,
    cuda_instance_norm, cuda_instance_norm_backward;
const struct op_impl cuda_batch_norm = {prepare_batch_norm};
const struct op_impl cuda_batch_norm_backward = {prepare_batch_norm_backward};
const struct op_impl cuda_group_norm = {prepare_group_norm};
const struct op_impl cuda_group_norm_backward = {prepare_group_norm_backward};
const struct op_impl cuda_instance_norm = {prepare_group_norm};
const struct op_impl cuda_instance_norm_backward = {prepare_group_norm_backward};
