/* Preparing and checking operators with own kernels. */
#include "kernels/cuda/simple.h"

#include <stdlib.h>

static void destroy(struct op_prepared *prepared)
{
    free(prepared);
}

enum status simple_create(struct device *device, const struct op_call *call, size_t bytes,
                          enum status (*run)(struct op_prepared *, const struct run_context *), struct op_prepared **out)
{
    struct simple *self = calloc(1, bytes);
    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), bytes);
    self->head = (struct op_prepared){.call = call, .run = run, .destroy = destroy};
    self->device = device;
    self->on = (struct launch_on){device->compute, device->properties.multiProcessorCount};
    *out = &self->head;
    return STATUS_OK;
}

void simple_add_kernel(struct op_prepared *prepared, const char *name, enum kernel_role role, int64_t bytes_read,
                       int64_t bytes_written, int64_t flops)
{
    prepared->kernel[prepared->kernels++] = (struct kernel_info){name, role, bytes_read, bytes_written, flops};
}

void simple_add_main_kernel(struct op_prepared *prepared, const char *name, int64_t read_again)
{
    const struct op_call *call = prepared->call;
    simple_add_kernel(prepared, name, ROLE_COMPUTE, op_bytes_read(call) + read_again, op_bytes_written(call),
                      op_flops(call));
}

size_t simple_reserve(struct op_prepared *prepared, size_t bytes)
{
    size_t at = (prepared->scratch_bytes + 63) / 64 * 64;
    prepared->scratch_bytes = at + bytes;
    return at;
}

bool simple_is_float(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

enum status simple_check_float(const struct op_call *call, const struct tensor *const *tensors, int count)
{
    for (int i = 0; i < count; i++)
        if (tensors[i] && !simple_is_float(tensors[i]->dtype))
            return FAIL(UNSUPPORTED, "%s of %s: the cuda back end has float32, bfloat16 and float16", op_name(call->op),
                        dtype_name(tensors[i]->dtype));
    return STATUS_OK;
}

enum status simple_check_alike(const struct op_call *call, const struct tensor *const *tensors, int count)
{
    TRY(simple_check_float(call, tensors, count));
    for (int i = 1; i < count; i++) {
        if (!tensors[i])
            continue;
        if (tensors[i]->dtype != tensors[0]->dtype)
            return FAIL(UNSUPPORTED, "%s of %s and %s: the cuda back end wants one dtype; cast first",
                        op_name(call->op), dtype_name(tensors[0]->dtype), dtype_name(tensors[i]->dtype));
        if (!tensor_same_shape(tensors[i], tensors[0]))
            return FAIL(UNSUPPORTED, "%s of unequal shapes: this operator does not broadcast", op_name(call->op));
    }
    return STATUS_OK;
}

enum status simple_check_maps(const struct op_call *call, const struct tensor *const *maps, int count, bool *rows)
{
    TRY(simple_check_alike(call, maps, count));
    enum memory_format format = tensor_format(maps[0]);
    for (int i = 0; i < count; i++) {
        if (!maps[i])
            continue;
        if (maps[i]->dims != 4 || tensor_format(maps[i]) == FORMAT_STRIDED || !tensor_same_layout(maps[i], maps[0]))
            return FAIL(UNSUPPORTED,
                        "%s of %d-D %s and %s tensors: the cuda back end wants 4-D, all contiguous or all channels_last",
                        op_name(call->op), maps[i]->dims, layout_name(format), layout_name(tensor_format(maps[i])));
    }
    *rows = format == FORMAT_CHANNELS_LAST || (format == FORMAT_EITHER && maps[0]->size[1] > 1);
    return STATUS_OK;
}

/* Whether strides say row-major, those of size-1 dimensions left aside. */
static bool is_row_major(const struct tensor *tensor)
{
    enum memory_format format = tensor_format(tensor);
    return format == FORMAT_CONTIGUOUS || format == FORMAT_EITHER;
}

enum status simple_check_float32(const struct op_call *call, const struct tensor *const *tensors, int count)
{
    for (int i = 0; i < count; i++)
        if (tensors[i] && (tensors[i]->dtype != DTYPE_FLOAT32 || !is_row_major(tensors[i])))
            return FAIL(UNSUPPORTED, "%s with %s %s weights or statistics: the cuda back end wants contiguous float32",
                        op_name(call->op), layout_name(tensor_format(tensors[i])), dtype_name(tensors[i]->dtype));
    return STATUS_OK;
}

void *simple_data(const struct tensor *tensor)
{
    return tensor ? tensor->data : NULL;
}
