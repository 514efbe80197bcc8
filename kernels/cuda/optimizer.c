/*
 * aten::_fused_sgd_, _fused_adamw_, _amp_foreach_non_finite_check_and_unscale_, _amp_update_scale_, _foreach_norm, _foreach_mul_,
 * _foreach_lerp_ on flat float32 memory.
 */
#include "kernels/cuda/optimizer_kernel.h"
#include "kernels/cuda/simple.h"
#include "kernels/ops/flat.h"

struct prepared {
    struct simple simple;
};

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

/* Flat inputs and outputs all aligned; absent ones count as such. */
static bool are_aligned(const void *const *pointer, int count)
{
    for (int i = 0; i < count; i++)
        if (!is_aligned(pointer[i]))
            return false;
    return true;
}
#define ALIGNED(...) are_aligned((const void *const[]){__VA_ARGS__}, (int)(sizeof((const void *const[]){__VA_ARGS__}) / sizeof(void *)))

static const struct launch_on *on_of(const struct op_prepared *base)
{
    return &((const struct prepared *)base)->simple.on;
}

static enum status run_sgd(struct op_prepared *base, const struct run_context *context)
{
    const struct op_call *call = base->call;
    const struct sgd_attrs *attrs = &call->attrs.sgd;
    struct sgd_args args = {.parameter = call->in[0]->data,
                            .gradient = call->in[1]->data,
                            .buffer = simple_data(call->in[2]),
                            .parameter_out = call->out[0]->data,
                            .buffer_out = simple_data(call->out[1]),
                            .learning_rate = call->in[3]->data,
                            .first_step = simple_data(call->in[4]),
                            .found_inf = simple_data(call->in[5]),
                            .count = tensor_count(call->in[0]),
                            .momentum_used = attrs->momentum != 0,
                            .momentum = (float)attrs->momentum,
                            .dampening = (float)attrs->dampening,
                            .weight_decay = (float)attrs->weight_decay,
                            .nesterov = attrs->nesterov};
    args.vectors = ALIGNED(args.parameter, args.gradient, args.buffer, args.parameter_out, args.buffer_out);
    LAUNCH(base, context, 0, cuda_launch_sgd(on_of(base), &args));
    return STATUS_OK;
}

static enum status run_adamw(struct op_prepared *base, const struct run_context *context)
{
    const struct op_call *call = base->call;
    const struct adamw_attrs *attrs = &call->attrs.adamw;
    struct adamw_args args = {.parameter = call->in[0]->data,
                              .gradient = call->in[1]->data,
                              .average = call->in[2]->data,
                              .square = call->in[3]->data,
                              .parameter_out = call->out[0]->data,
                              .average_out = call->out[1]->data,
                              .square_out = call->out[2]->data,
                              .step_out = call->out[3]->data,
                              .learning_rate = call->in[4]->data,
                              .step = call->in[5]->data,
                              .found_inf = simple_data(call->in[6]),
                              .count = tensor_count(call->in[0]),
                              .beta1 = attrs->beta1,
                              .beta2 = attrs->beta2,
                              .eps = (float)attrs->eps,
                              .weight_decay = (float)attrs->weight_decay};
    args.vectors = ALIGNED(args.parameter, args.gradient, args.average, args.square, args.parameter_out, args.average_out,
                           args.square_out);
    LAUNCH(base, context, 0, cuda_launch_adamw(on_of(base), &args));
    return STATUS_OK;
}

static enum status run_amp_unscale(struct op_prepared *base, const struct run_context *context)
{
    const struct op_call *call = base->call;
    struct unscale_args args = {.gradient = call->in[0]->data,
                                .scale = call->in[1]->data,
                                .gradient_out = call->out[0]->data,
                                .found_inf = call->out[1]->data,
                                .count = tensor_count(call->in[0])};
    args.vectors = ALIGNED(args.gradient, args.gradient_out);
    LAUNCH(base, context, 0, cuda_launch_unscale(on_of(base), &args));
    return STATUS_OK;
}

static enum status run_amp_update_scale(struct op_prepared *base, const struct run_context *context)
{
    const struct op_call *call = base->call;
    const struct scaler_attrs *attrs = &call->attrs.scaler;
    struct update_scale_args args = {call->in[0]->data,     call->in[1]->data,      call->in[2]->data,
                                     call->out[0]->data,    call->out[1]->data,     attrs->growth_factor,
                                     attrs->backoff_factor, (float)attrs->growth_interval};
    LAUNCH(base, context, 0, cuda_launch_update_scale(on_of(base), &args));
    return STATUS_OK;
}

static enum status run_foreach_norm(struct op_prepared *base, const struct run_context *context)
{
    const struct op_call *call = base->call;
    struct norm2_args args = {.values = call->in[0]->data,
                              .part = context->scratch,
                              .result = call->out[0]->data,
                              .count = tensor_count(call->in[0]),
                              .vectors = is_aligned(call->in[0]->data)};
    LAUNCH(base, context, 0, cuda_launch_norm2(on_of(base), &args));
    return STATUS_OK;
}

static enum status run_foreach_mul(struct op_prepared *base, const struct run_context *context)
{
    const struct op_call *call = base->call;
    struct clip_args args = {.values = call->in[0]->data,
                             .norm = call->in[1]->data,
                             .values_out = call->out[0]->data,
                             .max_norm = call->attrs.clip.max_norm,
                             .count = tensor_count(call->in[0])};
    args.vectors = ALIGNED(args.values, args.values_out);
    LAUNCH(base, context, 0, cuda_launch_clip(on_of(base), &args));
    return STATUS_OK;
}

static enum status run_foreach_lerp(struct op_prepared *base, const struct run_context *context)
{
    const struct op_call *call = base->call;
    struct lerp_args args = {.average = call->in[0]->data,
                             .value = call->in[1]->data,
                             .average_out = call->out[0]->data,
                             .weight = (float)call->attrs.lerp.weight,
                             .count = tensor_count(call->in[0])};
    args.vectors = ALIGNED(args.average, args.value, args.average_out);
    LAUNCH(base, context, 0, cuda_launch_lerp(on_of(base), &args));
    return STATUS_OK;
}

/* run_<object>; `scratch` bytes. */
#define FLAT_OP(object, kernel, scratch)                                                                            \
    static enum status prepare_##object(struct device *device, const struct op_call *call, struct op_prepared **out) \
    {                                                                                                               \
        *out = NULL;                                                                                                \
        TRY(flat_check(call));                                                                                      \
        TRY(simple_create(device, call, sizeof(struct prepared), run_##object, out));                               \
        simple_reserve(*out, scratch);                                                                              \
        simple_add_main_kernel(*out, kernel, 0);                                                                    \
        return STATUS_OK;                                                                                           \
    }                                                                                                               \
    extern const struct op_impl cuda_##object;                                                                      \
    const struct op_impl cuda_##object = {prepare_##object};

FLAT_OP(sgd, "sgd_kernel", 0)
FLAT_OP(adamw, "adamw_kernel", 0)
FLAT_OP(amp_unscale, "unscale_kernel", 0)
FLAT_OP(amp_update_scale, "update_scale_kernel", 0)
FLAT_OP(foreach_norm, "norm2", NORM2_BLOCKS * sizeof(double))
FLAT_OP(foreach_mul, "clip_kernel", 0)
FLAT_OP(foreach_lerp, "lerp_kernel", 0)
