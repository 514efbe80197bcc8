/* aten::max_pool2d_with_indices and its backward: vectorised kernels for contiguous and for any layout, three float dtypes. */
#include <stdlib.h>

#include "kernels/cpu/vector_op.h"

struct pooling {
    struct op_prepared head;
    void (*kernel)(const struct op_call *call, void *scratch, int threads);
    int threads;
};

static enum status run(struct op_prepared *prepared, const struct run_context *context)
{
    struct pooling *self = (struct pooling *)prepared;
    int64_t start_ns = kernel_start(context);

    self->kernel(self->head.call, context->scratch, self->threads);
    kernel_end(context, 0, start_ns);
    return STATUS_OK;
}

static void destroy(struct op_prepared *prepared)
{
    free(prepared);
}

static bool is_supported(const struct op_call *call, const struct tensor *indices)
{
    enum dtype dtype = call->in[0]->dtype;
    const struct pool_attrs *attrs = &call->attrs.pool;

    return (dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16) &&
           call->out[0]->dtype == dtype && indices->dtype == DTYPE_UINT8 && attrs->kernel[0] * attrs->kernel[1] <= 256;
}

static enum status prepare(struct device *device, const struct op_call *call, const struct tensor *indices,
                           struct pooling **out)
{
    const struct pool_attrs *attrs = &call->attrs.pool;

    *out = NULL;
    if (!is_supported(call, indices))
        return FAIL(UNSUPPORTED, "%s of %s with %s indices, window %dx%d: the cpu back end has float32, bfloat16 and "
                    "float16 with uint8 indices and windows of at most 256 elements", op_name(call->op),
                    dtype_name(call->in[0]->dtype), dtype_name(indices->dtype), attrs->kernel[0], attrs->kernel[1]);
    struct pooling *self = calloc(1, sizeof *self);
    if (!self)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *self);
    self->head.call = call;
    self->head.run = run;
    self->head.destroy = destroy;
    self->head.kernels = 1;
    self->head.kernel[0] = (struct kernel_info){.role = ROLE_COMPUTE,
                                                .bytes_read = op_bytes_read(call),
                                                .bytes_written = op_bytes_written(call),
                                                .flops = op_flops(call)};
    self->threads = device->threads;
    *out = self;
    return STATUS_OK;
}

/* In vectors over columns, which channels_last and mixed formats can't be; `large` and `small` are its two maps. */
static bool takes_planes(struct pooling *self, const struct tensor *large, const struct tensor *small, const struct tensor *indices)
{
    const struct tensor *const maps[] = {large, small, indices};
    if (!vector_op_contiguous(maps, 3))
        return false;
    self->head.scratch_bytes = max_pool_planes_scratch_bytes(&self->head.call->attrs.pool, large->size[3], small->size[3], self->threads);
    return true;
}

static enum status prepare_forward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct pooling *self;

    TRY(prepare(device, call, call->out[1], &self));
    self->kernel = takes_planes(self, call->in[0], call->out[0], call->out[1]) ? device->vector->max_pool2d_planes
                                                                               : device->vector->max_pool2d;
    self->head.kernel[0].name = "max_pool2d";
    *out = &self->head;
    return STATUS_OK;
}

static enum status prepare_backward(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct pooling *self;

    TRY(prepare(device, call, call->in[2], &self));
    self->kernel = takes_planes(self, call->out[0], call->in[0], call->in[2]) ? device->vector->max_pool2d_backward_planes
                                                                              : device->vector->max_pool2d_backward;
    self->head.kernel[0].name = "max_pool2d_backward";
    *out = &self->head;
    return STATUS_OK;
}

extern const struct op_impl cpu_max_pool2d, cpu_max_pool2d_backward;
const struct op_impl cpu_max_pool2d = {prepare_forward};
const struct op_impl cpu_max_pool2d_backward = {prepare_backward};
