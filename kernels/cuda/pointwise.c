/* Operators that look at one element of each operand at a time, broadcast: each is one function of pointwise_kernel.h. */
#include <math.h>

#include "kernels/cuda/pointwise_kernel.h"
#include "kernels/cuda/simple.h"
#include "kernels/ops/broadcast.h"

static const struct {
    const char *kernel;
    pointwise_launch *launch;
    int inputs;
} functions[POINTWISE_COUNT] = {
#define FUNCTION(name, inputs) {"pointwise " #name, cuda_launch_##name, inputs},
    POINTWISE_FUNCTIONS(FUNCTION)
#undef FUNCTION
};

struct prepared {
    struct simple simple;
    pointwise_launch *launch;
    int inputs;
    bool vectors;                           /* `fast` may be used where pointers are aligned */
    struct pointwise_args whole, fast;      /* pointers are filled in by run */
};

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

static enum status run(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    const struct op_call *call = base->call;
    bool aligned = is_aligned(call->out[0]->data);
    for (int i = 0; i < self->inputs; i++)
        aligned = aligned && (self->whole.walk.stride[1 + i][0] == 0 || is_aligned(call->in[i]->data));
    struct pointwise_args args = self->vectors && aligned ? self->fast : self->whole;
    args.output = call->out[0]->data;
    for (int i = 0; i < self->inputs; i++)
        args.input[i] = call->in[i]->data;
    LAUNCH(base, context, 0, self->launch(&self->simple.on, &args));
    return STATUS_OK;
}

static void plan(struct prepared *self, const struct op_call *call)
{
    const struct tensor *output = call->out[0], *operand[4] = {output};
    struct tensor seen[3];
    bool one_dtype = true;
    for (int i = 0; i < self->inputs; i++) {
        seen[i] = broadcast_to(call->in[i], output);
        operand[1 + i] = &seen[i];
        self->whole.input_dtype[i] = seen[i].dtype;
        one_dtype = one_dtype && seen[i].dtype == output->dtype;
    }
    self->whole.output_dtype = output->dtype;
    self->whole.width = 1;
    iteration_init(&self->whole.walk, operand, 1 + self->inputs);
    self->fast = self->whole;
    self->fast.width = (int)(16 / dtype_bytes(output->dtype));
    self->vectors = one_dtype && self->whole.walk.stride[0][0] == 1 &&
                    iteration_vectorize(&self->fast.walk, 1 + self->inputs, self->fast.width, &self->fast.tail);
}

static enum status prepare(struct device *device, const struct op_call *call, enum pointwise function, float scalar0,
                           float scalar1, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {call->out[0], call->in[0], functions[function].inputs > 1 ? call->in[1] : NULL,
                                            functions[function].inputs > 2 ? call->in[2] : NULL};
    *out = NULL;
    TRY(simple_check_float(call, tensors, function == POINTWISE_masked_scale ? 2 : 4));
    TRY(simple_create(device, call, sizeof(struct prepared), run, out));
    struct prepared *self = (struct prepared *)*out;
    self->launch = functions[function].launch;
    self->inputs = functions[function].inputs;
    self->whole.scalar[0] = scalar0;
    self->whole.scalar[1] = scalar1;
    plan(self, call);
    simple_add_main_kernel(*out, functions[function].kernel, 0);
    return STATUS_OK;
}

/* `call` may be used in the function and the scalars. */
#define POINTWISE_OP(object, function, scalar0, scalar1)                                                            \
    static enum status prepare_##object(struct device *device, const struct op_call *call, struct op_prepared **out) \
    {                                                                                                               \
        return prepare(device, call, function, (float)(scalar0), (float)(scalar1), out);                            \
    }                                                                                                               \
    extern const struct op_impl cuda_##object;                                                                      \
    const struct op_impl cuda_##object = {prepare_##object};

#define BY_OPERAND_OR_NUMBER(name) call->in[1] ? POINTWISE_##name : POINTWISE_##name##_scalar

POINTWISE_OP(relu, POINTWISE_clamp, 0, INFINITY)
POINTWISE_OP(hardtanh, POINTWISE_clamp, call->attrs.clamp.low, call->attrs.clamp.high)
POINTWISE_OP(threshold_backward, call->in[2] ? POINTWISE_clamp_backward_add : POINTWISE_clamp_backward, 0, NAN)
POINTWISE_OP(hardtanh_backward, POINTWISE_clamp_backward, call->attrs.clamp.low, call->attrs.clamp.high)
POINTWISE_OP(gelu, POINTWISE_gelu, 0, 0)
POINTWISE_OP(gelu_backward, POINTWISE_gelu_backward, 0, 0)
POINTWISE_OP(sigmoid, POINTWISE_sigmoid, 0, 0)
POINTWISE_OP(sigmoid_backward, POINTWISE_sigmoid_backward, 0, 0)
POINTWISE_OP(silu, POINTWISE_silu, 0, 0)
POINTWISE_OP(silu_backward, POINTWISE_silu_backward, 0, 0)
POINTWISE_OP(hardswish, POINTWISE_hardswish, 0, 0)
POINTWISE_OP(hardswish_backward, POINTWISE_hardswish_backward, 0, 0)
POINTWISE_OP(hardsigmoid, POINTWISE_hardsigmoid, 0, 0)
POINTWISE_OP(hardsigmoid_backward, POINTWISE_hardsigmoid_backward, 0, 0)
POINTWISE_OP(add, POINTWISE_add, call->attrs.add.alpha, call->attrs.add.relu)
POINTWISE_OP(add_scalar, POINTWISE_add_scalar, call->attrs.scalar.value, 0)
POINTWISE_OP(pow, POINTWISE_pow_scalar, call->attrs.scalar.value, 0)
POINTWISE_OP(neg, POINTWISE_neg, 0, 0)
POINTWISE_OP(mul, BY_OPERAND_OR_NUMBER(mul), call->attrs.scalar.value, 0)
POINTWISE_OP(div, BY_OPERAND_OR_NUMBER(div), call->attrs.scalar.value, 0)
POINTWISE_OP(dropout_backward, POINTWISE_masked_scale,
             call->attrs.dropout.p < 1 ? 1 / (1 - call->attrs.dropout.p) : 0, 0)
