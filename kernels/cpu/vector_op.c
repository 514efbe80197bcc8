/* What the one-kernel operators share. */
#include "kernels/cpu/vector_op.h"

#include <stdio.h>
#include <stdlib.h>

struct prepared {
    struct op_prepared head;
    void (*kernel)(const struct op_call *call, void *scratch, int threads);
    struct device *device;
    struct op_call inner;      /* gathers: the call with input 0 replaced by `gathered` */
    struct tensor gathered;
    size_t gathered_at;        /* its offset in scratch */
    char name[96];
};

static enum status run(struct op_prepared *base, const struct run_context *context)
{
    struct prepared *self = (struct prepared *)base;
    int64_t start_ns = kernel_start(context);
    self->kernel(base->call, context->scratch, self->device->threads);
    kernel_end(context, 0, start_ns);
    return STATUS_OK;
}

static enum status run_gathering(struct op_prepared *base, const struct run_context *context)
{
    struct prepared *self = (struct prepared *)base;
    int64_t start_ns = kernel_start(context);
    self->gathered.data = (char *)context->scratch + self->gathered_at;
    self->device->vector->convert(base->call->in[0], &self->gathered, self->device->threads);
    self->kernel(&self->inner, context->scratch, self->device->threads);
    kernel_end(context, 0, start_ns);
    return STATUS_OK;
}

/* Input 0 will be gathered behind the kernel's own scratch. */
static void gather_first(struct prepared *self, const struct op_call *call)
{
    self->gathered = *call->out[0];
    self->gathered_at = (self->head.scratch_bytes + 63) / 64 * 64;
    self->head.scratch_bytes = self->gathered_at + (size_t)tensor_bytes(&self->gathered);
    self->inner = *call;
    self->inner.in[0] = &self->gathered;
    self->head.run = run_gathering;
}

static void destroy(struct op_prepared *base)
{
    free(base);
}

enum status vector_op_create(struct device *device, const struct op_call *call, const struct vector_op *op,
                             struct op_prepared **out)
{
    struct prepared *self = calloc(1, sizeof *self);
    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *self);
    const char *name = op_name(call->op), *colon = strrchr(name, ':');
    snprintf(self->name, sizeof self->name, "vector:%s %s%s%s", device->vector->level, colon ? colon + 1 : name,
             *op->variant ? " " : "", op->variant);
    self->kernel = op->kernel;
    self->device = device;
    self->head = (struct op_prepared){
        .call = call, .scratch_bytes = op->scratch_bytes, .kernels = 1, .run = run, .destroy = destroy};
    self->head.kernel[0] = (struct kernel_info){self->name, ROLE_COMPUTE, op_bytes_read(call) + op->read_again,
                                                op_bytes_written(call), op_flops(call)};
    if (op->gathers)
        gather_first(self, call);
    *out = &self->head;
    return STATUS_OK;
}

static bool is_float(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

enum status vector_op_layout(const struct op_call *call, const struct tensor *const *maps, int count, bool *rows)
{
    const struct tensor *first = maps[0];
    enum memory_format format = tensor_format(first);
    for (int i = 0; i < count; i++) {
        const struct tensor *map = maps[i];
        if (!map)
            continue;
        if (map->dims != 4 || !is_float(map->dtype) || map->dtype != first->dtype)
            return FAIL(UNSUPPORTED,
                        "%s of %d-D %s and %s: the cpu back end wants 4-D tensors of one dtype, float32, "
                        "bfloat16 or float16",
                        op_name(call->op), map->dims, dtype_name(first->dtype), dtype_name(map->dtype));
        if (tensor_format(map) == FORMAT_STRIDED || !tensor_same_layout(map, first))
            return FAIL(UNSUPPORTED,
                        "%s of %s and %s tensors: the cpu back end wants all contiguous or all channels_last",
                        op_name(call->op), layout_name(format), layout_name(tensor_format(map)));
    }
    *rows = format == FORMAT_CHANNELS_LAST || (format == FORMAT_EITHER && first->size[1] > 1);
    return STATUS_OK;
}

enum status vector_op_float32(const struct op_call *call, const struct tensor *const *tensors, int count)
{
    for (int i = 0; i < count; i++)
        if (tensors[i] && (tensors[i]->dtype != DTYPE_FLOAT32 || tensor_format(tensors[i]) == FORMAT_STRIDED))
            return FAIL(UNSUPPORTED, "%s with %s %s weights or statistics: the cpu back end wants dense float32",
                        op_name(call->op), layout_name(tensor_format(tensors[i])), dtype_name(tensors[i]->dtype));
    return STATUS_OK;
}

enum status vector_op_dense(const struct op_call *call, const struct tensor *const *tensors, int count)
{
    for (int i = 0; i < count; i++)
        if (!is_float(tensors[i]->dtype) || tensor_format(tensors[i]) == FORMAT_STRIDED)
            return FAIL(UNSUPPORTED, "%s of a %s %s tensor: the cpu back end wants dense float32, bfloat16 or float16",
                        op_name(call->op), layout_name(tensor_format(tensors[i])), dtype_name(tensors[i]->dtype));
    return STATUS_OK;
}

enum status vector_op_float(const struct op_call *call, struct tensor *const *tensors, int count)
{
    for (int i = 0; i < count; i++)
        if (!is_float(tensors[i]->dtype))
            return FAIL(UNSUPPORTED, "%s of a %s tensor: the cpu back end wants float32, bfloat16 or float16",
                        op_name(call->op), dtype_name(tensors[i]->dtype));
    return STATUS_OK;
}

bool vector_op_contiguous(const struct tensor *const *tensors, int count)
{
    for (int i = 0; i < count; i++) {
        struct tensor dense = tensor_with_format(tensors[i], FORMAT_CONTIGUOUS);
        if (!tensor_same_layout(tensors[i], &dense))
            return false;
    }
    return true;
}
