/* Upsampling and edge pads, forward and backward: the taps of both axes, made once and kept on the device, and one kernel. */
#include <stdlib.h>

#include "kernels/cuda/image_kernel.h"
#include "kernels/cuda/simple.h"
#include "kernels/ops/resample.h"

struct prepared {
    struct simple simple;
    struct resample_args args;
    struct image_walk narrow;
    void *taps[2]; /* device memory, of H and W */
};

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

static enum status run(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    struct resample_args args = self->args;
    args.source = base->call->in[0]->data;
    args.target = base->call->out[0]->data;
    if (!is_aligned(args.source) || !is_aligned(args.target))
        args.walk = self->narrow;
    LAUNCH(base, context, 0, cuda_launch_resample(&self->simple.on, &args));
    return STATUS_OK;
}

static void destroy(struct op_prepared *base)
{
    struct prepared *self = (struct prepared *)base;
    for (int a = 0; a < 2; a++)
        if (self->taps[a])
            cuda_free(self->simple.device, self->taps[a]);
    free(self);
}

/* The rows of an axis on the device; *memory is the prepared call's to free. */
static enum status bring_rows(struct device *device, const struct resample_axis *axis, bool backward, struct image_taps *taps,
                              void **memory)
{
    struct resample_rows rows;
    enum status status = STATUS_NO_MEMORY;
    TRY(resample_rows_create(axis, backward, &rows));
    int32_t *made = *memory = cuda_alloc(device, rows.bytes, "the taps of a resampling");
    if (made)
        status = cuda_copy_in(device, made, rows.start, rows.bytes);
    int32_t *index = made + (rows.index - rows.start);
    *taps = (struct image_taps){made, index, (const float *)(index + ((int32_t *)rows.weight - rows.index))};
    free(rows.start);
    return status;
}

static enum status plan(struct prepared *self, struct device *device, const struct op_call *call)
{
    const struct tensor *from = call->in[0], *to = call->out[0];
    bool backward = resample_is_backward(call->op);
    self->args = (struct resample_args){.walk = image_walk_make(to, &from, 1),
                                        .dtype = to->dtype,
                                        .source_strides = image_strides_of(from),
                                        .target_strides = image_strides_of(to)};
    self->narrow = image_walk_narrow(to);
    for (int a = 0; a < 2; a++) {
        int64_t in = from->size[2 + a], out = to->size[2 + a];
        struct resample_axis axis = {call->op, &call->attrs, a, backward ? out : in, backward ? in : out};
        TRY(bring_rows(device, &axis, backward, a ? &self->args.w : &self->args.h, &self->taps[a]));
    }
    return STATUS_OK;
}

static enum status prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {call->in[0], call->out[0]};
    struct op_prepared *made;
    *out = NULL;
    TRY(simple_check_float(call, tensors, 2));
    if (tensors[0]->dtype != tensors[1]->dtype)
        return FAIL(UNSUPPORTED, "%s of %s to %s: the cuda back end wants one dtype", op_name(call->op),
                    dtype_name(tensors[0]->dtype), dtype_name(tensors[1]->dtype));
    TRY(simple_create(device, call, sizeof(struct prepared), run, &made));
    made->destroy = destroy;
    simple_add_main_kernel(made, "resample", 0);
    enum status status = plan((struct prepared *)made, device, call);
    if (status == STATUS_OK)
        *out = made;
    else
        destroy(made);
    return status;
}

extern const struct op_impl cuda_upsample, cuda_upsample_backward, cuda_edge_pad, cuda_edge_pad_backward;
const struct op_impl cuda_upsample = {prepare};
const struct op_impl cuda_upsample_backward = {prepare};
const struct op_impl cuda_edge_pad = {prepare};
const struct op_impl cuda_edge_pad_backward = {prepare};
