/* Small helpers around oneDNN that the CPU operators share. */
#include "kernels/cpu/device.h"

#include <oneapi/dnnl/dnnl_debug.h>

enum status cpu_check(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return STATUS_OK;
    if (status == dnnl_out_of_memory)
        return FAIL(NO_MEMORY, "oneDNN, %s: out of memory; use a smaller --batch or --image-size", what);
    if (status == dnnl_unimplemented)
        return FAIL(UNSUPPORTED, "oneDNN, %s: it has no implementation for these dtypes and shapes on this CPU", what);
    return FAIL(BACKEND, "oneDNN, %s: %s; ONEDNN_VERBOSE=all shows its reason", what, dnnl_status2str(status));
}

dnnl_data_type_t cpu_data_type(enum dtype dtype)
{
    static const dnnl_data_type_t types[DTYPE_COUNT] = {
        [DTYPE_FLOAT32] = dnnl_f32, [DTYPE_BFLOAT16] = dnnl_bf16, [DTYPE_FLOAT16] = dnnl_f16,
        [DTYPE_FLOAT64] = dnnl_f64, [DTYPE_INT64] = dnnl_data_type_undef, [DTYPE_UINT8] = dnnl_u8};
    return types[dtype];
}

/* oneDNN sorts dimensions by stride; one of size 1 may stand anywhere, so its stride is put behind all others. */
static void set_strides(const struct tensor *tensor, dnnl_dims_t stride)
{
    enum memory_format format = tensor_format(tensor);
    int64_t span = 1;

    if (format != FORMAT_STRIDED) {
        bool last = format == FORMAT_CHANNELS_LAST;
        layout_strides(last ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, tensor->dims, tensor->size, stride);
        return;
    }
    for (int i = 0; i < tensor->dims; i++)
        if (tensor->size[i] * tensor->stride[i] > span)
            span = tensor->size[i] * tensor->stride[i];
    for (int i = 0; i < tensor->dims; i++)
        stride[i] = tensor->size[i] == 1 ? span : tensor->stride[i];
}

enum status cpu_memory_desc(const struct tensor *tensor, dnnl_memory_desc_t *out)
{
    dnnl_dims_t size = {1}, stride = {1};
    int dims = tensor->dims ? tensor->dims : 1; /* oneDNN has no scalars */

    for (int i = 0; i < tensor->dims; i++)
        size[i] = tensor->size[i];
    if (tensor->dims)
        set_strides(tensor, stride);
    return cpu_check(dnnl_memory_desc_create_with_strides(out, dims, size, cpu_data_type(tensor->dtype), stride),
                     "describing a tensor");
}
