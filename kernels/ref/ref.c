/* Shared parts of the reference back end: preparing a call, and reaching elements through strides. */
#include "kernels/ref/ref.h"

#include <stdlib.h>

struct ref_prepared {
    struct op_prepared head;
    ref_compute *compute;
};

static enum status run(struct op_prepared *self, const struct run_context *context)
{
    int64_t start_ns = kernel_start(context);
    ((struct ref_prepared *)self)->compute(self->call);
    kernel_end(context, 0, start_ns);
    return STATUS_OK;
}

static void destroy(struct op_prepared *self)
{
    free(self);
}

static enum kernel_role role_of(const struct op_call *call)
{
    if (call->op != OP_COPY && call->op != OP_CLONE)
        return ROLE_COMPUTE;
    if (!tensor_same_layout(call->in[0], call->out[0]))
        return ROLE_CONVERSION;
    return call->in[0]->dtype == call->out[0]->dtype ? ROLE_COPY : ROLE_CAST;
}

enum status ref_prepare(const struct op_call *call, ref_compute *compute, const char *name, struct op_prepared **out)
{
    struct ref_prepared *prepared = calloc(1, sizeof *prepared);
    if (!prepared)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *prepared);
    prepared->compute = compute;
    prepared->head = (struct op_prepared){.call = call, .kernels = 1, .run = run, .destroy = destroy};
    prepared->head.kernel[0] = (struct kernel_info){.name = name,
                                                    .role = role_of(call),
                                                    .bytes_read = op_bytes_read(call),
                                                    .bytes_written = op_bytes_written(call),
                                                    .flops = op_flops(call)};
    *out = &prepared->head;
    return STATUS_OK;
}

static int64_t offset_4d(const struct tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w)
{
    const int64_t *stride = tensor->stride;
    return n * stride[0] + c * stride[1] + h * stride[2] + w * stride[3];
}

double ref_load(const struct tensor *tensor, int64_t logical)
{
    return dtype_load(tensor->data, tensor->dtype, tensor_offset(tensor, logical));
}

void ref_store(const struct tensor *tensor, int64_t logical, double value)
{
    dtype_store(tensor->data, tensor->dtype, tensor_offset(tensor, logical), value);
}

double ref_load_4d(const struct tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w)
{
    return dtype_load(tensor->data, tensor->dtype, offset_4d(tensor, n, c, h, w));
}

void ref_store_4d(const struct tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w, double value)
{
    dtype_store(tensor->data, tensor->dtype, offset_4d(tensor, n, c, h, w), value);
}

double ref_load_2d(const struct tensor *tensor, int64_t row, int64_t column)
{
    return dtype_load(tensor->data, tensor->dtype, row * tensor->stride[0] + column * tensor->stride[1]);
}

void ref_store_2d(const struct tensor *tensor, int64_t row, int64_t column, double value)
{
    dtype_store(tensor->data, tensor->dtype, row * tensor->stride[0] + column * tensor->stride[1], value);
}

double ref_round(enum dtype dtype, double value)
{
    double cell;
    dtype_store(&cell, dtype, 0, value);
    return dtype_load(&cell, dtype, 0);
}
