/* The steps of a convolution. */
#include "kernels/cuda/conv_steps.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/ops/widen.h"

#define WORKSPACE_ALIGN 256 /* as cudaMalloc's memory has it, which cuDNN is used to */

enum step_kind { STEP_COPY, STEP_CUDNN, STEP_ADD_BIAS, STEP_SUM_BIAS };

struct conv_step {
    enum step_kind kind;
    struct conv_operand operand[CONV_OPERANDS]; /* copy: from, to; cuDNN: by CONV_INPUT...; bias: tensor, bias */
    size_t workspace, workspace_bytes;          /* offset into the scratch: shared by all steps */
    struct copy_plan copy;
    struct conv_shape shape;
    const struct conv_plan *plan, *careful; /* the second for memory that isn't aligned; made when it is met */
    struct conv_binding binding;
    struct conv_bias_add add;
    struct conv_bias_sum sum;
};

static void *address(const struct conv_operand *operand, void *scratch)
{
    return operand->caller ? operand->caller->data : (char *)scratch + operand->offset;
}

static cudaError_t run_add_bias(struct conv_steps *self, const struct conv_step *step, void *scratch)
{
    struct conv_bias_add args = step->add;
    args.output = address(&step->operand[0], scratch);
    args.bias = address(&step->operand[1], scratch);
    if (args.vector > 1 && (uintptr_t)args.output % 16 != 0) { /* element by element */
        args.count *= args.vector;
        struct fast_divisor *wide = args.inner.divisor == 1 ? &args.channels : &args.inner;
        *wide = fast_divisor_make(wide->divisor * args.vector, args.count);
        args.vector = 1;
    }
    return cuda_launch_conv_bias_add(&self->simple.on, &args);
}

static cudaError_t run_sum_bias(struct conv_steps *self, const struct conv_step *step, void *scratch)
{
    struct conv_bias_sum args = step->sum;
    args.grad_output = address(&step->operand[0], scratch);
    args.grad_bias = address(&step->operand[1], scratch);
    args.partial = (float *)((char *)scratch + step->workspace);
    return cuda_launch_conv_bias_sum(&self->simple.on, &args);
}

/* cuDNN's plans rely on an alignment of 16 bytes; a view into a tensor may have less. */
static enum status plan_for(struct conv_steps *self, struct conv_step *step, void *const *data, const struct conv_plan **out)
{
    *out = step->plan;
    for (int i = 0; i < CONV_OPERANDS; i++)
        if ((uintptr_t)data[i] % (size_t)step->shape.alignment != 0)
            *out = step->careful;
    if (*out)
        return STATUS_OK;
    struct conv_shape shape = step->shape;
    shape.alignment = (int64_t)dtype_bytes(shape.dtype);
    TRY(conv_plan_find(self->simple.device, &shape, &step->careful));
    if (step->careful->workspace_bytes > step->workspace_bytes)
        return FAIL(UNSUPPORTED, "%s of a view that isn't aligned to 16 bytes: cuDNN wants %zu bytes of workspace for it, there are %zu",
                    op_name(self->simple.head.call->op), step->careful->workspace_bytes, step->workspace_bytes);
    *out = step->careful;
    return STATUS_OK;
}

static enum status run_cudnn(struct conv_steps *self, struct conv_step *step, const struct run_context *context, int kernel)
{
    void *data[CONV_OPERANDS];
    const struct conv_plan *plan;

    for (int i = 0; i < CONV_OPERANDS; i++)
        data[i] = address(&step->operand[i], context->scratch);
    TRY(plan_for(self, step, data, &plan));
    kernel_launch(context, kernel);
    uintptr_t workspace = ((uintptr_t)context->scratch + step->workspace + WORKSPACE_ALIGN - 1) / WORKSPACE_ALIGN * WORKSPACE_ALIGN;
    cudnnStatus_t error = conv_plan_run(context->device, plan, &step->binding, data, (void *)workspace);
    cudaError_t cause = error == CUDNN_STATUS_SUCCESS ? cudaSuccess : cudaGetLastError();
    TRY(cuda_launched(&self->simple.head, context, kernel, cause));
    return cudnn_check(error, "%s, %s", op_name(self->simple.head.call->op), plan->name);
}

static cudaError_t run_own(struct conv_steps *self, struct conv_step *step, void *scratch)
{
    if (step->kind == STEP_ADD_BIAS)
        return run_add_bias(self, step, scratch);
    if (step->kind == STEP_SUM_BIAS)
        return run_sum_bias(self, step, scratch);
    return copy_plan_launch(&step->copy, &self->simple.on, address(&step->operand[0], scratch), address(&step->operand[1], scratch));
}

static enum status run(struct op_prepared *prepared, const struct run_context *context)
{
    struct conv_steps *self = (struct conv_steps *)prepared;

    for (int i = 0; i < self->steps; i++) {
        if (self->step[i].kind == STEP_CUDNN)
            TRY(run_cudnn(self, &self->step[i], context, i));
        else
            LAUNCH(prepared, context, i, run_own(self, &self->step[i], context->scratch));
    }
    return STATUS_OK;
}

static void destroy(struct op_prepared *prepared)
{
    struct conv_steps *self = (struct conv_steps *)prepared;

    if (!self)
        return;
    for (int i = 0; self->step && i < self->steps; i++)
        conv_binding_release(&self->step[i].binding);
    free(self->step);
    free(self);
}

/* The first tensor's that has an order; of two that hold both, contiguous. */
static enum memory_format format_of(const struct tensor *const like[CONV_LIKE])
{
    for (int i = 0; i < CONV_LIKE; i++) {
        struct tensor wide = widen_tensor(like[i]);
        enum memory_format format = tensor_format(&wide);
        if (format == FORMAT_CONTIGUOUS || format == FORMAT_CHANNELS_LAST)
            return format;
    }
    return FORMAT_CONTIGUOUS;
}

static enum status create(struct device *device, const struct op_call *call, const struct tensor *const like[CONV_LIKE],
                          struct conv_steps **out)
{
    enum { INPUT, OUTPUT, WEIGHT };
    struct op_prepared *prepared;

    *out = NULL;
    TRY(simple_check_float(call, like, CONV_LIKE));
    TRY(simple_create(device, call, sizeof **out, run, &prepared));
    prepared->destroy = destroy;
    struct conv_steps *steps = (struct conv_steps *)prepared;
    steps->step = calloc(OP_MAX_KERNELS, sizeof *steps->step);
    if (!steps->step) {
        destroy(prepared);
        return FAIL(NO_MEMORY, "preparing %s: no memory", op_name(call->op));
    }
    steps->dtype = like[INPUT]->dtype;
    steps->format = format_of(like);
    steps->attrs = call->attrs.conv;
    if (like[INPUT]->dims == 3)
        widen_conv(&steps->attrs);
    steps->channels = like[WEIGHT]->size[1];
    steps->padded = conv_channels_padded(steps->dtype, steps->format, &steps->attrs, like[INPUT]->size[1], like[OUTPUT]->size[1]);
    *out = steps;
    return STATUS_OK;
}

/* A tensor that holds both formats is written with the strides of the one that cuDNN computes in: the same bytes. */
static struct tensor described(const struct conv_steps *steps, const struct tensor *tensor)
{
    struct tensor wide = widen_tensor(tensor);
    enum memory_format format = wide.dims == 4 ? tensor_format(&wide) : FORMAT_STRIDED;
    if (format == FORMAT_EITHER || format == steps->format)
        layout_strides(steps->format, wide.dims, wide.size, wide.stride);
    return wide;
}

static bool is_ready(const struct conv_steps *steps, const struct tensor *described_tensor)
{
    struct tensor wanted = tensor_with_format(described_tensor, steps->format);
    return described_tensor->dtype == steps->dtype && tensor_same_layout(described_tensor, &wanted);
}

struct conv_operand conv_steps_operand(const struct conv_steps *steps, const struct tensor *tensor)
{
    return (struct conv_operand){described(steps, tensor), tensor, 0};
}

struct conv_operand conv_steps_target(struct conv_steps *steps, const struct tensor *tensor, int64_t padded)
{
    struct conv_operand operand = conv_steps_operand(steps, tensor);
    if (padded == 0 && is_ready(steps, &operand.tensor))
        return operand;
    if (padded > 0)
        operand.tensor.size[1] = padded;
    operand.tensor = tensor_with_format(&operand.tensor, steps->format);
    operand.tensor.dtype = steps->dtype;
    operand.caller = NULL;
    operand.offset = simple_reserve(&steps->simple.head, (size_t)tensor_bytes(&operand.tensor));
    return operand;
}

static void finish(struct conv_steps *steps, struct op_prepared **out)
{
    size_t most = 0;

    for (int i = 0; i < steps->steps; i++)
        most = steps->step[i].workspace_bytes > most ? steps->step[i].workspace_bytes : most;
    size_t workspace = simple_reserve(&steps->simple.head, most > 0 ? most + WORKSPACE_ALIGN : 0);
    for (int i = 0; i < steps->steps; i++) {
        steps->step[i].workspace = workspace;
        if (steps->step[i].kind == STEP_CUDNN)
            steps->step[i].workspace_bytes = most;
    }
    *out = &steps->simple.head;
}

enum status conv_steps_prepare(struct device *device, const struct op_call *call, const struct tensor *const like[CONV_LIKE],
                               conv_passes *add_passes, struct op_prepared **out)
{
    struct conv_steps *steps;

    *out = NULL;
    TRY(create(device, call, like, &steps));
    enum status status = add_passes(steps, call);
    if (status == STATUS_OK)
        finish(steps, out);
    else
        destroy(&steps->simple.head);
    return status;
}

static struct conv_step *add_step(struct conv_steps *steps, enum step_kind kind)
{
    struct conv_step *step = &steps->step[steps->steps];
    step->kind = kind;
    return step;
}

/* What a copy reads of `from`: channels that `to` has not are left out. Strides are from's. */
static struct tensor part_read(const struct conv_step *step)
{
    struct tensor part = step->operand[0].tensor;
    int64_t wanted = step->operand[1].tensor.size[1];

    part.size[1] = part.size[1] < wanted ? part.size[1] : wanted;
    return part;
}

static void declare_conversion(struct conv_steps *steps, const struct conv_step *step, enum conversion_cause cause)
{
    struct op_prepared *head = &steps->simple.head;
    const struct tensor *from = &step->operand[0].tensor, *to = &step->operand[1].tensor;
    struct tensor read = part_read(step);

    head->conversion_kernel[head->conversions] = head->kernels - 1;
    head->conversion[head->conversions++] = (struct conversion_info){
        .cause = cause, .from = tensor_format(from), .to = tensor_format(to), .tensor = read, .dest_dtype = to->dtype,
        .bytes_read = tensor_bytes(&read), .bytes_written = tensor_bytes(to), .source_id = -1, .dest_id = -1,
        .padded = to->size[1] > from->size[1]};
}

/* The kernel that a copy is told as. Channels added or left out within a format are no conversion (SEMANTICS: a relayout). */
static void tell_copy(struct conv_steps *steps, const struct conv_step *step, bool converts)
{
    const struct tensor *from = &step->operand[0].tensor, *to = &step->operand[1].tensor;
    static const char *const conversions[] = {[FORMAT_CONTIGUOUS] = "convert_nchw_nhwc", [FORMAT_CHANNELS_LAST] = "convert_nhwc_nchw"};
    static const char *const casts[] = {"conv_cast_crop", "conv_cast", "conv_cast_pad"}, *const copies[] = {"conv_crop", NULL, "conv_pad"};
    enum memory_format of = tensor_format(from);
    int more = (to->size[1] > from->size[1]) - (to->size[1] < from->size[1]);
    bool casts_too = from->dtype != to->dtype;
    const char *name = !converts ? (casts_too ? casts : copies)[more + 1] : of <= FORMAT_CHANNELS_LAST ? conversions[of] : "convert_strided";
    struct tensor read = part_read(step);

    simple_add_kernel(&steps->simple.head, name, converts ? ROLE_CONVERSION : casts_too ? ROLE_CAST : ROLE_COPY, tensor_bytes(&read),
                      tensor_bytes(to), 0);
}

/* The call's own tensors are told as they are, not widened; their ids are for who declares the call to find. */
static enum status add_copy(struct conv_steps *steps, const struct conv_operand *from, const struct conv_operand *to,
                            enum conversion_cause cause)
{
    struct conv_step *step = add_step(steps, STEP_COPY);
    const struct tensor *own = from->caller ? &from->tensor : &to->tensor; /* the other one has cuDNN's format */
    struct tensor wanted = tensor_with_format(own, steps->format);
    bool converts = !tensor_same_layout(own, &wanted);

    step->operand[0] = *from;
    step->operand[1] = *to;
    copy_plan_init(&step->copy, &from->tensor, &to->tensor);
    tell_copy(steps, step, converts);
    if (converts)
        declare_conversion(steps, step, cause);
    steps->steps++;
    return STATUS_OK;
}

enum status conv_steps_bring(struct conv_steps *steps, const struct tensor *tensor, int64_t padded, enum conversion_cause cause,
                             struct conv_operand *ready)
{
    struct conv_operand source = conv_steps_operand(steps, tensor);
    *ready = conv_steps_target(steps, tensor, padded);
    return ready->caller ? STATUS_OK : add_copy(steps, &source, ready, cause);
}

enum status conv_steps_deliver(struct conv_steps *steps, const struct conv_operand *target, const struct tensor *tensor,
                               enum conversion_cause cause)
{
    struct conv_operand dest = conv_steps_operand(steps, tensor);
    return target->caller ? STATUS_OK : add_copy(steps, target, &dest, cause);
}

static void describe_shape(const struct conv_steps *steps, enum conv_kind kind, const struct conv_operand *operand,
                           struct conv_shape *shape)
{
    memset(shape, 0, sizeof *shape);
    shape->kind = kind;
    shape->dtype = steps->dtype;
    shape->alignment = 16;
    for (int i = 0; i < CONV_OPERANDS; i++) {
        memcpy(shape->size[i], operand[i].tensor.size, sizeof shape->size[i]);
        memcpy(shape->step[i], operand[i].tensor.stride, sizeof shape->step[i]);
    }
    for (int d = 0; d < 2; d++) {
        shape->stride[d] = steps->attrs.stride[d];
        shape->padding[d] = steps->attrs.padding[d];
        shape->dilation[d] = steps->attrs.dilation[d];
    }
}

enum status conv_steps_cudnn(struct conv_steps *steps, enum conv_kind kind, const struct conv_operand *operand)
{
    static const int written[] = {[CONV_FORWARD] = CONV_OUTPUT, [CONV_DATA] = CONV_INPUT, [CONV_WEIGHT] = CONV_FILTER};
    const struct tensor *filter = &operand[CONV_FILTER].tensor;
    struct conv_step *step = add_step(steps, STEP_CUDNN);
    int64_t bytes_read = 0; /* flops: those that the call needs, without products of padding */
    int64_t flops = 2 * tensor_count(&operand[CONV_OUTPUT].tensor) * steps->channels * filter->size[2] * filter->size[3];

    memcpy(step->operand, operand, sizeof step->operand);
    describe_shape(steps, kind, operand, &step->shape);
    TRY(conv_plan_find(steps->simple.device, &step->shape, &step->plan));
    step->workspace_bytes = step->plan->workspace_bytes;
    for (int i = 0; i < CONV_OPERANDS; i++)
        bytes_read += i == written[kind] ? 0 : tensor_bytes(&operand[i].tensor);
    simple_add_kernel(&steps->simple.head, step->plan->name, ROLE_COMPUTE, bytes_read, tensor_bytes(&operand[written[kind]].tensor),
                      flops);
    steps->steps++;
    return STATUS_OK;
}

enum status conv_steps_add_bias(struct conv_steps *steps, const struct conv_operand *output, const struct tensor *bias)
{
    struct conv_step *step = add_step(steps, STEP_ADD_BIAS);
    const struct tensor *tensor = &output->tensor;
    int64_t bytes = tensor_bytes(tensor), plane = tensor->size[2] * tensor->size[3], channels = tensor->size[1];
    int vector = (int)(16 / dtype_bytes(tensor->dtype));
    bool last = steps->format == FORMAT_CHANNELS_LAST;

    step->operand[0] = *output;
    step->operand[1] = (struct conv_operand){*bias, bias, 0};
    step->add = (struct conv_bias_add){.dtype = tensor->dtype, .bias_dtype = bias->dtype};
    step->add.vector = (last ? channels : plane) % vector == 0 && (last || plane > vector) ? vector : 1;
    step->add.count = tensor_count(tensor) / step->add.vector;
    step->add.inner = fast_divisor_make(last ? 1 : plane / step->add.vector, step->add.count);
    step->add.channels = fast_divisor_make(last ? channels / step->add.vector : channels, step->add.count);
    simple_add_kernel(&steps->simple.head, "conv_bias_add", ROLE_COMPUTE, bytes + tensor_bytes(bias), bytes, tensor_count(tensor));
    steps->steps++;
    return STATUS_OK;
}

enum status conv_steps_sum_bias(struct conv_steps *steps, const struct conv_operand *grad_output, const struct tensor *grad_bias)
{
    struct conv_step *step = add_step(steps, STEP_SUM_BIAS);
    const struct tensor *tensor = &grad_output->tensor;
    int64_t channels = tensor->size[1], plane = tensor->size[2] * tensor->size[3], rows = tensor->size[0] * plane;
    bool last = steps->format == FORMAT_CHANNELS_LAST;

    step->operand[0] = *grad_output;
    step->operand[1] = (struct conv_operand){*grad_bias, grad_bias, 0};
    step->sum = (struct conv_bias_sum){.dtype = tensor->dtype, .bias_dtype = grad_bias->dtype, .channels = channels,
                                       .inner = plane, .rows = rows, .plane = fast_divisor_make(plane, rows),
                                       .splits = conv_bias_splits(&steps->simple.on, channels, rows, last), .channels_last = last};
    step->workspace_bytes = (size_t)(step->sum.splits * channels) * sizeof(float);
    simple_add_kernel(&steps->simple.head, "conv_bias_sum", ROLE_COMPUTE, tensor_bytes(tensor), tensor_bytes(grad_bias),
                      tensor_count(tensor));
    steps->steps++;
    return STATUS_OK;
}
