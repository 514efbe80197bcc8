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

/*
 * Puts every tap where its row of the matrix wants it: the result's position forward, the source's backward. `start` is all zero
 * and one longer than what stays of it: filling moves start[p + 1] from the begin of row p to its end.
 */
static void fill_taps(const struct resample_axis *axis, bool backward, int32_t *start, int32_t *index, float *weight)
{
    int64_t taps[RESAMPLE_MAX_TAPS], positions = backward ? axis->in : axis->out;
    double weights[RESAMPLE_MAX_TAPS];
    for (int64_t o = 0; o < axis->out; o++) {
        int count = resample_taps(axis, o, taps, weights);
        for (int i = 0; i < count; i++)
            start[(backward ? taps[i] : o) + 2]++;
    }
    for (int64_t p = 0; p < positions; p++)
        start[p + 2] += start[p + 1];
    for (int64_t o = 0; o < axis->out; o++) {
        int count = resample_taps(axis, o, taps, weights);
        for (int i = 0; i < count; i++) {
            int32_t at = start[(backward ? taps[i] : o) + 1]++;
            index[at] = (int32_t)(backward ? o : taps[i]);
            weight[at] = (float)weights[i];
        }
    }
}

/* Makes the taps of an axis on the device; *memory is the prepared call's to free. */
static enum status make_taps(struct device *device, const struct resample_axis *axis, bool backward, struct image_taps *taps,
                             void **memory)
{
    int64_t positions = backward ? axis->in : axis->out, most = axis->out * RESAMPLE_MAX_TAPS;
    size_t bytes = (size_t)(positions + 2 + most) * sizeof(int32_t) + (size_t)most * sizeof(float);
    enum status status = STATUS_OK;
    int32_t *start = calloc(1, bytes);
    if (!start)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(axis->op), bytes);
    int64_t index_at = positions + 2, weight_at = index_at + most;
    fill_taps(axis, backward, start, start + index_at, (float *)(start + weight_at));
    int32_t *made = *memory = cuda_alloc(device, bytes, "the taps of a resampling");
    if (!made)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = cuda_copy_in(device, made, start, bytes);
    *taps = (struct image_taps){made, made + index_at, (const float *)(made + weight_at)};
    free(start);
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
        TRY(make_taps(device, &axis, backward, a ? &self->args.w : &self->args.h, &self->taps[a]));
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
