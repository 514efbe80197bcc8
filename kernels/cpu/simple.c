/* Preparing, running and checking operators that are one kernel of the vector table. */
#include "kernels/cpu/simple.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct simple {
    struct op_prepared head;
    const struct device *device;
    simple_compute *compute;
    char name[48];
};

static enum status run(struct op_prepared *prepared, const struct run_context *context)
{
    struct simple *self = (struct simple *)prepared;
    int64_t start_ns = kernel_start(context);
    self->compute(self->device, self->head.call);
    kernel_end(context, 0, start_ns);
    return STATUS_OK;
}

static void destroy(struct op_prepared *prepared)
{
    free(prepared);
}

enum status simple_prepare(const struct device *device, const struct op_call *call, simple_compute *compute,
                           enum kernel_role role, const char *name, struct op_prepared **out)
{
    struct simple *self = calloc(1, sizeof *self);
    if (!self)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *self);
    self->device = device;
    self->compute = compute;
    snprintf(self->name, sizeof self->name, "%s %s", device->vector->level, name);
    self->head = (struct op_prepared){.call = call, .kernels = 1, .run = run, .destroy = destroy};
    self->head.kernel[0] = (struct kernel_info){.name = self->name,
                                                .role = role,
                                                .bytes_read = op_bytes_read(call),
                                                .bytes_written = op_bytes_written(call),
                                                .flops = op_flops(call)};
    *out = &self->head;
    return STATUS_OK;
}

static bool is_small_float(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

enum status simple_check_alike(const struct op_call *call, const struct tensor *const *tensors, int count)
{
    const struct tensor *first = tensors[0];
    if (!is_small_float(first->dtype))
        return FAIL(UNSUPPORTED, "%s of %s: the cpu back end has float32, bfloat16 and float16", op_name(call->op),
                    dtype_name(first->dtype));
    if (!layout_is_dense(first->dims, first->size, first->stride))
        return FAIL(UNSUPPORTED, "%s into a strided output: the cpu back end writes dense tensors only",
                    op_name(call->op));
    for (int i = 1; i < count; i++) {
        if (!tensors[i])
            continue;
        if (tensors[i]->dtype != first->dtype)
            return FAIL(UNSUPPORTED, "%s of %s and %s: the cpu back end wants one dtype; cast first", op_name(call->op),
                        dtype_name(first->dtype), dtype_name(tensors[i]->dtype));
        if (!tensor_same_shape(tensors[i], first))
            return FAIL(UNSUPPORTED, "%s of unequal shapes: the cpu back end does not broadcast", op_name(call->op));
    }
    return STATUS_OK;
}

enum status simple_check_broadcast(const struct op_call *call, int inputs)
{
    const struct tensor *output = call->out[0];
    TRY(simple_check_alike(call, &output, 1));
    for (int i = 0; i < inputs; i++) {
        const struct tensor *input = call->in[i];
        if (!input)
            continue;
        bool fits = input->dtype == output->dtype || output->dtype == DTYPE_FLOAT32;
        if (!is_small_float(input->dtype) || !fits)
            return FAIL(UNSUPPORTED, "%s of %s into %s: the cpu back end wants the wider dtype for the result",
                        op_name(call->op), dtype_name(input->dtype), dtype_name(output->dtype));
    }
    return STATUS_OK;
}

void simple_hand_on(const struct tensor *input, const struct tensor *output)
{
    if (output && output->data != input->data)
        memcpy(output->data, input->data, (size_t)tensor_bytes(output));
}

float simple_scalar(const struct tensor *scalar, float otherwise)
{
    return scalar ? *(const float *)scalar->data : otherwise;
}
