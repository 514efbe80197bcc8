/* Steps that move tensors: casts and conversions by the vector table, reorders into and out of oneDNN's own layouts. */
#include <stdio.h>
#include <string.h>

#include "kernels/cpu/steps_int.h"

/* Facts of a conversion that reads `from` and writes the same elements in another order. */
static struct conversion_info conversion_of(const struct tensor *from, enum memory_format from_format,
                                            enum memory_format to_format, enum dtype dest, enum conversion_cause cause)
{
    return (struct conversion_info){.cause = cause,
                                    .from = from_format,
                                    .to = to_format,
                                    .tensor = *from,
                                    .dest_dtype = dest,
                                    .bytes_read = tensor_bytes(from),
                                    .bytes_written = tensor_count(from) * (int64_t)dtype_bytes(dest),
                                    .source_id = -1,
                                    .dest_id = -1};
}

/* Declares that the step added last does this conversion. */
static void declare(struct steps *steps, const struct conversion_info *conversion)
{
    int index = steps->head.conversions++;

    steps->head.conversion[index] = *conversion;
    steps->head.conversion[index].tensor.data = NULL;
    steps->head.conversion_kernel[index] = steps->head.kernels - 1;
}

static const char *convert_name(enum kernel_role role, enum memory_format to)
{
    if (role != ROLE_CONVERSION)
        return role == ROLE_CAST ? "cast" : "copy";
    if (to == FORMAT_CHANNELS_LAST)
        return "convert_nchw_nhwc";
    return to == FORMAT_CONTIGUOUS ? "convert_nhwc_nchw" : "convert_strided";
}

enum status steps_add_convert(struct steps *steps, const struct operand *from, const struct operand *to,
                              enum conversion_cause cause)
{
    const struct tensor *source = &from->tensor, *dest = &to->tensor;
    enum memory_format from_format = tensor_format(source), to_format = tensor_format(dest);
    struct kernel_info info = {.bytes_read = tensor_bytes(source), .bytes_written = tensor_bytes(dest)};
    struct step *step;

    if (!tensor_same_layout(source, dest))
        info.role = ROLE_CONVERSION;
    else
        info.role = source->dtype == dest->dtype ? ROLE_COPY : ROLE_CAST;
    TRY(steps_append(steps, &info, &step));
    step->from = *from;
    step->to = *to;
    snprintf(step->name, sizeof step->name, "%s %s", steps->device->vector->level, convert_name(info.role, to_format));
    if (info.role == ROLE_CONVERSION) {
        struct conversion_info conversion = conversion_of(source, from_format, to_format, dest->dtype, cause);
        declare(steps, &conversion);
    }
    return STATUS_OK;
}

/* `tensor` as it should be: other than 4-D tensors keep their order. */
static struct tensor wanted(const struct tensor *tensor, enum dtype dtype, enum memory_format format)
{
    struct tensor shape = tensor->dims == 4 ? tensor_with_format(tensor, format) : *tensor;

    return tensor_with_dtype(&shape, dtype);
}

enum status steps_bring(struct steps *steps, const struct tensor *tensor, enum dtype dtype, enum memory_format format,
                        struct operand *ready)
{
    *ready = steps_target(steps, tensor, dtype, format);
    if (ready->place.caller)
        return STATUS_OK;
    struct operand source = steps_operand(tensor);
    return steps_add_convert(steps, &source, ready, CAUSE_LIBRARY);
}

enum status steps_bring_rounded(struct steps *steps, const struct tensor *tensor, enum dtype dtype, struct operand *ready)
{
    struct operand rounded;

    if (dtype_bytes(dtype) >= dtype_bytes(tensor->dtype))
        return steps_bring(steps, tensor, DTYPE_FLOAT32, FORMAT_CONTIGUOUS, ready);
    TRY(steps_bring(steps, tensor, dtype, FORMAT_CONTIGUOUS, &rounded));
    struct tensor wide = tensor_with_dtype(&rounded.tensor, DTYPE_FLOAT32);
    *ready = steps_temporary(steps, &wide);
    return steps_add_convert(steps, &rounded, ready, CAUSE_LIBRARY);
}

struct operand steps_target(struct steps *steps, const struct tensor *tensor, enum dtype dtype,
                            enum memory_format format)
{
    struct tensor want = wanted(tensor, dtype, format);

    if (tensor->dtype == dtype && tensor_same_layout(tensor, &want))
        return (struct operand){want, {tensor, 0}};
    return steps_temporary(steps, &want);
}

enum status steps_deliver(struct steps *steps, const struct operand *target, const struct tensor *tensor)
{
    struct operand dest = steps_operand(tensor);

    return target->place.caller ? STATUS_OK : steps_add_convert(steps, target, &dest, CAUSE_LIBRARY);
}

static int blocks_of(const_dnnl_memory_desc_t desc)
{
    int blocks = 0;

    dnnl_memory_desc_query(desc, dnnl_query_inner_nblks_s32, &blocks);
    return blocks;
}

static const int64_t *vector_of(const_dnnl_memory_desc_t desc, dnnl_query_t what)
{
    const dnnl_dims_t *values = NULL;

    dnnl_memory_desc_query(desc, what, &values);
    return *values;
}

static int dims_of(const_dnnl_memory_desc_t desc)
{
    int dims = 0;

    dnnl_memory_desc_query(desc, dnnl_query_ndims_s32, &dims);
    return dims;
}

/* The format that a layout of oneDNN's is for a tensor of plain layout `plain`. */
static enum memory_format opaque_format(const_dnnl_memory_desc_t desc, const struct plain *plain)
{
    dnnl_format_kind_t kind = dnnl_format_kind_undef;
    const int64_t *size;
    int dims = dims_of(desc);

    dnnl_memory_desc_query(desc, dnnl_query_format_kind, &kind);
    if (kind != dnnl_blocked || blocks_of(desc) > 0)
        return FORMAT_BLOCKED;
    size = vector_of(desc, dnnl_query_dims);
    const int64_t *stride = vector_of(desc, dnnl_query_strides);
    const int64_t *plain_stride = vector_of(plain->desc, dnnl_query_strides);
    bool same = true;
    for (int i = 0; i < dims; i++)
        same = same && (size[i] == 1 || stride[i] == plain_stride[i]);
    if (same)
        return tensor_format(plain->tensor);
    return dims == plain->tensor->dims ? layout_of(dims, size, stride) : FORMAT_STRIDED;
}

static bool is_padded(const_dnnl_memory_desc_t desc)
{
    const int64_t *size = vector_of(desc, dnnl_query_dims), *padded = vector_of(desc, dnnl_query_padded_dims);

    return memcmp(size, padded, (size_t)dims_of(desc) * sizeof *size) != 0;
}

static enum status add_reorder(struct steps *steps, const struct opaque *from, const struct opaque *to)
{
    enum status status;
    dnnl_engine_t engine = steps->device->engine;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t desc = NULL;
    struct argument arguments[] = {{DNNL_ARG_FROM, from->place}, {DNNL_ARG_TO, to->place}};

    TRY_OUT(steps_attributes(&attributes));
    TRY_OUT(cpu_check(dnnl_reorder_primitive_desc_create(&desc, from->desc, engine, to->desc, engine, attributes),
                      "choosing a weight reorder"));
    TRY_OUT(steps_add_primitive(steps, desc, "reorder", 0, arguments, 2));
out:
    dnnl_primitive_desc_destroy(desc);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* The vector table's own reorder where it has one, two to four times as fast as oneDNN's (vector/repack.c). */
static enum status add_repack(struct steps *steps, const struct opaque *from, const struct opaque *to)
{
    struct kernel_info info = {.bytes_read = (int64_t)dnnl_memory_desc_get_size(from->desc),
                               .bytes_written = (int64_t)dnnl_memory_desc_get_size(to->desc)};
    struct repack plan;
    struct step *step;

    if (!steps_plan_repack(from->desc, to->desc, &plan))
        return add_reorder(steps, from, to);
    TRY(steps_append(steps, &info, &step));
    snprintf(step->name, sizeof step->name, "vector:%s repack_weight", steps->device->vector->level);
    step->repack = plan;
    step->place[0] = from->place;
    step->place[1] = to->place;
    return STATUS_OK;
}

static enum dtype dtype_of(const_dnnl_memory_desc_t desc)
{
    dnnl_data_type_t type = dnnl_data_type_undef;

    dnnl_memory_desc_query(desc, dnnl_query_data_type, &type);
    for (int i = 0; i < DTYPE_COUNT; i++)
        if (cpu_data_type((enum dtype)i) == type)
            return (enum dtype)i;
    return DTYPE_FLOAT32;
}

/* The facts of the reorder added last, seen from the tensor: a conversion unless only the dtype changed. */
static void declare_reorder(struct steps *steps, const struct opaque *from, const struct opaque *to,
                            const struct plain *plain, enum conversion_cause cause, bool inward)
{
    enum memory_format own = tensor_format(plain->tensor);
    enum memory_format other = opaque_format(inward ? to->desc : from->desc, plain);
    struct kernel_info *kernel = &steps->head.kernel[steps->head.kernels - 1];
    struct tensor source = tensor_with_dtype(plain->tensor, dtype_of(from->desc));

    kernel->role = own == other && other != FORMAT_STRIDED ? ROLE_CAST : ROLE_CONVERSION;
    if (kernel->role != ROLE_CONVERSION)
        return;
    struct conversion_info conversion = conversion_of(&source, inward ? own : other, inward ? other : own,
                                                      dtype_of(to->desc), cause);
    conversion.bytes_read = kernel->bytes_read;
    conversion.bytes_written = kernel->bytes_written;
    conversion.padded = is_padded(from->desc) || is_padded(to->desc);
    declare(steps, &conversion);
}

enum status steps_add_weight(struct steps *steps, const struct plain *from, const struct opaque *to)
{
    struct opaque source = {from->desc, {from->tensor, 0}};

    TRY(add_repack(steps, &source, to));
    declare_reorder(steps, &source, to, from, CAUSE_WEIGHT, true);
    return STATUS_OK;
}

enum status steps_add_gradient(struct steps *steps, const struct opaque *from, const struct plain *to)
{
    struct opaque dest = {to->desc, {to->tensor, 0}};

    TRY(add_reorder(steps, from, &dest));
    declare_reorder(steps, from, &dest, to, CAUSE_GRADIENT, false);
    return STATUS_OK;
}

enum status steps_add_activation(struct steps *steps, const struct plain *plain, const struct opaque *opaque, bool inward)
{
    struct opaque own = {plain->desc, {plain->tensor, 0}};
    const struct opaque *from = inward ? &own : opaque, *to = inward ? opaque : &own;

    TRY(add_reorder(steps, from, to));
    declare_reorder(steps, from, to, plain, CAUSE_LIBRARY, inward);
    return STATUS_OK;
}
