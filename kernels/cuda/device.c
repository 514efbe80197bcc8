/* Errors of CUDA and its libraries in words. */
#include "kernels/cuda/device.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/strbuf.h"

bool cuda_is_sticky(cudaError_t error)
{
    /* CUDA Runtime API, enum cudaError: those that leave the process "in an inconsistent state". */
    static const cudaError_t sticky[] = {
        cudaErrorIllegalAddress, cudaErrorLaunchTimeout, cudaErrorAssert, cudaErrorHardwareStackError,
        cudaErrorIllegalInstruction, cudaErrorMisalignedAddress, cudaErrorInvalidAddressSpace, cudaErrorInvalidPc,
        cudaErrorLaunchFailure, cudaErrorECCUncorrectable, cudaErrorNvlinkUncorrectable, cudaErrorContextIsDestroyed,
        cudaErrorDevicesUnavailable, cudaErrorMpsClientTerminated, cudaErrorExternalDevice, cudaErrorUnknown};
    for (size_t i = 0; i < sizeof sticky / sizeof *sticky; i++)
        if (sticky[i] == error)
            return true;
    return false;
}

static const char *advice(cudaError_t error)
{
    if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorUnsupportedPtxVersion)
        return "; clprof_cuda.so was built for other GPUs: build it again with -DCLPROF_CUDA_ARCHITECTURES=native";
    if (!cuda_is_sticky(error))
        return "";
    return "; the device is lost to this process. The kernel at fault may be an earlier one: CUDA_LAUNCH_BLOCKING=1 or "
           "compute-sanitizer names it";
}

enum status cuda_check(struct device *device, cudaError_t error, const char *what, ...)
{
    char text[512];
    va_list arguments;

    if (error == cudaSuccess)
        return STATUS_OK;
    if (device && device->lost == cudaSuccess && cuda_is_sticky(error))
        device->lost = error;
    cudaGetLastError(); /* what was told here is not to be told again by the next call */
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    return FAIL(BACKEND, "%s: %s (%s)%s", text, cudaGetErrorString(error), cudaGetErrorName(error), advice(error));
}

enum status cudnn_check(cudnnStatus_t error, const char *what, ...)
{
    char text[512], words[512] = "";
    va_list arguments;

    if (error == CUDNN_STATUS_SUCCESS)
        return STATUS_OK;
    cudnnGetLastErrorString(words, sizeof words);
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    if (error / 1000 == CUDNN_STATUS_NOT_SUPPORTED / 1000)
        return FAIL(UNSUPPORTED, "cuDNN, %s: it has no kernel for this (%s)%s%s", text, cudnnGetErrorString(error),
                    words[0] ? ": " : "", words);
    return FAIL(BACKEND, "cuDNN, %s: %s%s%s; CUDNN_LOGLEVEL_DBG=2 CUDNN_LOGDEST_DBG=stderr shows more", text,
                cudnnGetErrorString(error), words[0] ? ": " : "", words);
}

enum status cublas_check(cublasStatus_t error, const char *what, ...)
{
    char text[512];
    va_list arguments;

    if (error == CUBLAS_STATUS_SUCCESS)
        return STATUS_OK;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    if (error == CUBLAS_STATUS_NOT_SUPPORTED)
        return FAIL(UNSUPPORTED, "cuBLASLt, %s: it has no kernel for this (%s)", text, cublasLtGetStatusName(error));
    return FAIL(BACKEND, "cuBLASLt, %s: %s (%s); CUBLASLT_LOG_LEVEL=5 shows more", text, cublasLtGetStatusString(error),
                cublasLtGetStatusName(error));
}

static void write_tensors(struct strbuf *text, const char *word, struct tensor *const *tensor, int count)
{
    for (int i = 0; i < count; i++) {
        if (!tensor[i])
            continue;
        strbuf_printf(text, "%s%s (", word, dtype_name(tensor[i]->dtype));
        for (int d = 0; d < tensor[i]->dims; d++)
            strbuf_printf(text, "%s%lld", d ? "," : "", (long long)tensor[i]->size[d]);
        strbuf_append(text, ")");
        word = ", ";
    }
}

enum status cuda_launched(const struct op_prepared *self, const struct run_context *context, int index, cudaError_t error)
{
    struct strbuf tensors;

    kernel_launched(context, index);
    if (error == cudaSuccess)
        return STATUS_OK;
    strbuf_init(&tensors);
    write_tensors(&tensors, "", self->call->in, OP_MAX_IN);
    write_tensors(&tensors, " -> ", self->call->out, OP_MAX_OUT);
    enum status status = cuda_check(context->device, error, "%s of %s, launching kernel %s", op_name(self->call->op),
                                    tensors.text, self->kernel[index].name);
    strbuf_release(&tensors);
    return status;
}

enum status cuda_missing_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    (void)device;
    *out = NULL;
    return FAIL(UNSUPPORTED, "%s has no implementation in the cuda back end", op_name(call->op));
}
