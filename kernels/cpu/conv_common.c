/* Shapes of a convolution as oneDNN wants them, and the choice of the dtype to compute in. */
#include "kernels/cpu/conv_common.h"

#include <string.h>

#include "base/strbuf.h"

int cpu_compute_dtypes(enum dtype dtype, enum dtype candidates[2])
{
    unsigned isa = dnnl_get_effective_cpu_isa();
    int count = 0;

    if (dtype == DTYPE_BFLOAT16 && (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16)
        candidates[count++] = DTYPE_BFLOAT16;
    candidates[count++] = DTYPE_FLOAT32;
    return count;
}

enum status cpu_require_float(const struct op_call *call, const struct tensor *tensor)
{
    struct strbuf shape;

    if (tensor->dtype == DTYPE_FLOAT32 || tensor->dtype == DTYPE_BFLOAT16 || tensor->dtype == DTYPE_FLOAT16)
        return STATUS_OK;
    strbuf_init(&shape);
    for (int i = 0; i < tensor->dims; i++)
        strbuf_printf(&shape, "%s%lld", i ? "," : "", (long long)tensor->size[i]);
    enum status status = FAIL(UNSUPPORTED, "%s of a %s tensor (%s): the cpu back end computes in float32, bfloat16 and "
                              "float16; the ref back end has every float dtype", op_name(call->op),
                              dtype_name(tensor->dtype), shape.text);
    strbuf_release(&shape);
    return status;
}

/* (O, I, kH, kW) as (groups, O/groups, I, kH, kW) when grouped; returns the number of dimensions. */
static int split_groups(const struct tensor *weight, int groups, dnnl_dims_t size, dnnl_dims_t stride)
{
    int split = groups > 1;

    for (int i = 0; i < 4; i++) {
        size[i + split] = weight->size[i];
        stride[i + split] = weight->stride[i];
    }
    if (split) {
        size[0] = groups;
        size[1] = weight->size[0] / groups;
        stride[0] = size[1] * weight->stride[0];
    }
    return 4 + split;
}

enum status conv_weight_desc(const struct tensor *weight, int groups, dnnl_memory_desc_t *out)
{
    struct tensor canonical = *weight; /* strides of size-1 dimensions may be anything: write them as oneDNN expects */
    enum memory_format format = tensor_format(weight);
    dnnl_dims_t size, stride;

    if (format == FORMAT_CONTIGUOUS || format == FORMAT_EITHER)
        layout_strides(FORMAT_CONTIGUOUS, 4, weight->size, canonical.stride);
    else if (format == FORMAT_CHANNELS_LAST)
        layout_strides(FORMAT_CHANNELS_LAST, 4, weight->size, canonical.stride);
    int dims = split_groups(&canonical, groups, size, stride);
    return cpu_check(dnnl_memory_desc_create_with_strides(out, dims, size, cpu_data_type(weight->dtype), stride),
                     "describing a weight");
}

static enum status describe(const struct tensor *tensor, enum dtype dtype, dnnl_memory_desc_t *out)
{
    const dnnl_dims_t size = {tensor->size[0], tensor->size[1], tensor->size[2], tensor->size[3]};

    return cpu_check(dnnl_memory_desc_create_with_tag(out, 4, size, cpu_data_type(dtype), dnnl_nhwc),
                     "describing an activation");
}

static enum status describe_any(const struct tensor *weight, int groups, enum dtype dtype, dnnl_memory_desc_t *out)
{
    dnnl_dims_t size, stride;
    int dims = split_groups(weight, groups, size, stride);

    return cpu_check(dnnl_memory_desc_create_with_tag(out, dims, size, cpu_data_type(dtype), dnnl_format_tag_any),
                     "describing a weight");
}

enum status conv_shape_init(struct conv_shape *shape, const struct conv_attrs *attrs, const struct tensor *input,
                            const struct tensor *weight, const struct tensor *output, bool bias, enum dtype dtype)
{
    const dnnl_dims_t channels = {output->size[1]};
    int64_t group_output = weight->size[0] / attrs->groups;

    *shape = (struct conv_shape){.dtype = dtype,
                                 .groups = attrs->groups,
                                 .group_channels = weight->size[1] < group_output ? weight->size[1] : group_output};
    for (int i = 0; i < 2; i++) {
        shape->stride[i] = attrs->stride[i];
        shape->dilation[i] = attrs->dilation[i] - 1;
        shape->padding[i] = attrs->padding[i];
    }
    TRY(describe(input, dtype, &shape->input));
    TRY(describe(output, dtype, &shape->output));
    TRY(describe_any(weight, attrs->groups, dtype, &shape->weight));
    TRY(describe_any(weight, attrs->groups, DTYPE_FLOAT32, &shape->grad_weight));
    if (!bias)
        return STATUS_OK;
    return cpu_check(dnnl_memory_desc_create_with_tag(&shape->bias, 1, channels, dnnl_f32, dnnl_a),
                     "describing a bias");
}

void conv_shape_release(struct conv_shape *shape)
{
    dnnl_memory_desc_destroy(shape->input);
    dnnl_memory_desc_destroy(shape->output);
    dnnl_memory_desc_destroy(shape->weight);
    dnnl_memory_desc_destroy(shape->grad_weight);
    dnnl_memory_desc_destroy(shape->bias);
    *shape = (struct conv_shape){0};
}

enum status conv_forward_desc(struct device *device, const struct conv_shape *shape, dnnl_primitive_desc_t *out)
{
    enum status status;
    dnnl_primitive_attr_t attributes = NULL;

    TRY_OUT(steps_attributes(&attributes));
    TRY_OUT(cpu_check(dnnl_convolution_forward_primitive_desc_create(
                          out, device->engine, dnnl_forward_training, dnnl_convolution_direct, shape->input,
                          shape->weight, shape->bias, shape->output, shape->stride, shape->dilation, shape->padding,
                          shape->padding, attributes),
                      "choosing a convolution"));
out:
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

enum status conv_bring_weight(struct steps *steps, const struct tensor *weight, int groups,
                              const_dnnl_memory_desc_t wanted, struct place *place)
{
    enum status status = STATUS_OK;
    struct plain plain = {weight, NULL};
    dnnl_memory_desc_t desc = NULL;

    TRY_OUT(conv_weight_desc(weight, groups, &desc));
    plain.desc = desc;
    *place = (struct place){weight, 0};
    if (!dnnl_memory_desc_equal(desc, wanted)) {
        struct opaque blocked = {wanted, steps_reserve_desc(steps, wanted)};
        *place = blocked.place;
        TRY_OUT(steps_add_weight(steps, &plain, &blocked));
    }
out:
    dnnl_memory_desc_destroy(desc);
    return status;
}

int64_t conv_flops(const struct tensor *output, const struct tensor *weight)
{
    return 2 * tensor_count(output) * weight->size[1] * weight->size[2] * weight->size[3];
}

/*
 * Measured (AMD EPYC Turin, bf16, batch 4, 1 thread), brgconv -> the implementation behind it:
 *   backward data, depthwise 3x3 stride 2, 96 channels, 112x112   19.4 -> 0.23 ms (jit_dw)
 *   backward data, 16 groups of 24, 3x3 stride 2, 28x28           1.07 -> 0.39 ms (jit_bf16); forward 0.50 -> 0.38 ms
 *   forward, 32 groups of 32, 3x3, 7x7                            0.25 -> 0.20 ms
 *   forward, 3 groups of 80, 3x3, 28x28                           2.24 -> 2.28 ms, and the same or worse above 64
 */
#define BRGCONV_GROUP_CHANNELS 64

static bool is_brgconv(const_dnnl_primitive_desc_t desc)
{
    const char *name = steps_implementation(desc);

    return strncmp(name, "brgconv", 7) == 0 || strncmp(name, "brg_fwd", 7) == 0;
}

bool conv_settle(const struct conv_shape *shape, dnnl_primitive_desc_t desc)
{
    if (shape->groups == 1 || shape->group_channels >= BRGCONV_GROUP_CHANNELS)
        return true;
    while (is_brgconv(desc))
        if (dnnl_primitive_desc_next_impl(desc) != dnnl_success)
            return false;
    return !steps_is_reference(desc) && !strstr(steps_implementation(desc), "gemm");
}
