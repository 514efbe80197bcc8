/* Upsampling and edge pads, forward and backward: the taps of both axes, made once, and one vectorised kernel. */
#include "kernels/cpu/vector/resample.h"

#include <stdlib.h>

#include "kernels/cpu/simple.h"
#include "kernels/ops/resample.h"

struct prepared {
    struct op_prepared head;
    const struct device *device;
    struct resample map;
};

static enum status run(struct op_prepared *head, const struct run_context *context)
{
    struct prepared *self = (struct prepared *)head;
    int64_t start_ns = kernel_start(context);
    self->device->vector->resample(&self->map, head->call->in[0], head->call->out[0], context->scratch,
                                   self->device->threads);
    kernel_end(context, 0, start_ns);
    return STATUS_OK;
}

static void destroy(struct op_prepared *head)
{
    struct prepared *self = (struct prepared *)head;
    free(self->map.h.start);
    free(self->map.w.start);
    free(self);
}

static enum status make_maps(struct prepared *self, const struct op_call *call)
{
    bool backward = resample_is_backward(call->op);
    struct resample_rows *maps[2] = {&self->map.h, &self->map.w};
    for (int a = 0; a < 2; a++) {
        int64_t in = call->in[0]->size[2 + a], out = call->out[0]->size[2 + a];
        struct resample_axis axis = {call->op, &call->attrs, a, backward ? out : in, backward ? in : out};
        TRY(resample_rows_create(&axis, backward, maps[a]));
    }
    return STATUS_OK;
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *from = call->in[0], *to = call->out[0];
    *out = NULL;
    if (from->dtype != to->dtype || (to->dtype != DTYPE_FLOAT32 && to->dtype != DTYPE_BFLOAT16 && to->dtype != DTYPE_FLOAT16))
        return FAIL(UNSUPPORTED, "%s of %s to %s: the cpu back end has float32, bfloat16 and float16, one for both",
                    op_name(call->op), dtype_name(from->dtype), dtype_name(to->dtype));
    struct prepared *self = calloc(1, sizeof *self);
    if (!self)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *self);
    self->device = device;
    self->head = (struct op_prepared){.call = call, .kernels = 1, .run = run, .destroy = destroy};
    self->head.scratch_bytes = (size_t)(resample_row_floats(from->size[3], to->size[3]) * device->threads) * sizeof(float);
    self->head.kernel[0] = (struct kernel_info){"resample", ROLE_COMPUTE, op_bytes_read(call), op_bytes_written(call),
                                                op_flops(call)};
    enum status status = make_maps(self, call);
    if (status == STATUS_OK)
        *out = &self->head;
    else
        destroy(&self->head);
    return status;
}

extern const struct op_impl cpu_upsample, cpu_upsample_backward, cpu_edge_pad, cpu_edge_pad_backward;
const struct op_impl cpu_upsample = {prepare};
const struct op_impl cpu_upsample_backward = {prepare};
const struct op_impl cpu_edge_pad = {prepare};
const struct op_impl cpu_edge_pad_backward = {prepare};
