/* The CUDA back end's table and its one exported symbol. */
#include <stdio.h>
#include <stdlib.h>

#include "kernels/cuda/collective.h"
#include "kernels/cuda/conv_plan.h"
#include "kernels/cuda/device_ahead.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/host_status.h"

/* The oldest GPU that CUDA 13 makes code for: Turing, compute capability 7.5. */
#define LEAST_CAPABILITY 75

static const char *probe(void)
{
    int driver = 0, devices = 0;
    size_t cudnn = cudnnGetVersion();

    if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
        return "no NVIDIA driver (libcuda.so.1 is not there)";
    cudaError_t error = cudaGetDeviceCount(&devices);
    cudaGetLastError();
    if (error == cudaErrorInsufficientDriver)
        return "the NVIDIA driver is too old for the CUDA runtime; nvidia-smi tells which CUDA version it is good for";
    if (error == cudaErrorNoDevice || (error == cudaSuccess && devices == 0))
        return "there is an NVIDIA driver but no GPU that it offers (CUDA_VISIBLE_DEVICES may hide it)";
    if (error != cudaSuccess)
        return cudaGetErrorString(error);
    /* cudnn_version.h: from 9 on MAJOR * 10000 + MINOR * 100 + PATCHLEVEL, before * 1000. */
    return cudnn / 10000 == CUDNN_MAJOR ? NULL : "the loaded cuDNN is not version 9, for which clprof was built";
}

static enum status check_capability(const struct device *device)
{
    const struct cudaDeviceProp *properties = &device->properties;

    if (10 * properties->major + properties->minor >= LEAST_CAPABILITY)
        return STATUS_OK;
    return FAIL(UNSUPPORTED, "%s has compute capability %d.%d; the cuda back end needs 7.5 (Turing) or newer", properties->name,
                properties->major, properties->minor);
}

static void close_device(struct device *device)
{
    if (!device)
        return;
    if (device->compute)
        cudaStreamSynchronize(device->compute);
    if (device->copy)
        cudaStreamSynchronize(device->copy);
    collective_leave(device);
    conv_plans_destroy(device);
    for (int i = 0; i < BACKEND_MARKS; i++)
        if (device->mark[i])
            cudaEventDestroy(device->mark[i]);
    if (device->pinned)
        cuda_ahead_destroy(device);
    cuda_pinned_destroy(device);
    if (device->cublas)
        cublasLtDestroy(device->cublas);
    if (device->cudnn)
        cudnnDestroy(device->cudnn);
    if (device->copy)
        cudaStreamDestroy(device->copy);
    if (device->compute)
        cudaStreamDestroy(device->compute);
    cudaGetLastError();
    free(device);
}

static enum status open_libraries(struct device *device)
{
    TRY(cuda_check(device, cudaStreamCreateWithFlags(&device->compute, cudaStreamNonBlocking), "creating a stream"));
    TRY(cuda_check(device, cudaStreamCreateWithFlags(&device->copy, cudaStreamNonBlocking), "creating a stream"));
    TRY(cudnn_check(cudnnCreate(&device->cudnn), "opening the GPU"));
    TRY(cudnn_check(cudnnSetStream(device->cudnn, device->compute), "choosing a stream"));
    TRY(cublas_check(cublasLtCreate(&device->cublas), "opening the GPU"));
    return cuda_pinned_create(device);
}

static enum status open_device(const struct backend_options *options, struct device **out)
{
    enum status status;
    struct device *device = calloc(1, sizeof *device);

    *out = NULL;
    if (!device)
        return FAIL(NO_MEMORY, "opening the GPU: no memory for %zu bytes", sizeof *device);
    /* PyTorch's defaults: torch.backends.cudnn.allow_tf32, but not cuda.matmul.allow_tf32. */
    device->tf32_convolution = options->tf32 != TF32_OFF;
    device->tf32_matmul = options->tf32 == TF32_ON;
    device->autotune = options->autotune;
    if (options->group)
        TRY_OUT(collective_choose_device(options->group));
    TRY_OUT(cuda_check(device, cudaGetDevice(&device->ordinal), "choosing a GPU"));
    TRY_OUT(cuda_check(device, cudaGetDeviceProperties(&device->properties, device->ordinal), "asking about the GPU"));
    TRY_OUT(check_capability(device));
    TRY_OUT(open_libraries(device));
    if (options->group)
        TRY_OUT(collective_join(device, options->group));
    snprintf(device->name, sizeof device->name, "%.100s, sm_%d%d, %zu GB", device->properties.name, device->properties.major,
             device->properties.minor, (device->properties.totalGlobalMem + (1u << 29)) >> 30);
    *out = device;
    device = NULL;
out:
    close_device(device);
    return status;
}

static const char *device_name(const struct device *device)
{
    return device->name;
}

static size_t cache_bytes(const struct device *device)
{
    return (size_t)device->properties.l2CacheSize;
}

/* The host's: one thread launches. */
static int threads(const struct device *device)
{
    (void)device;
    return 1;
}

static const char *library_versions(void)
{
    static char text[200];
    const char *nccl = collective_version();
    int runtime = 0, driver = 0, cudnn = (int)cudnnGetVersion(), cublas = (int)cublasLtGetVersion();

    cudaRuntimeGetVersion(&runtime);
    cudaDriverGetVersion(&driver);
    snprintf(text, sizeof text, "CUDA %d.%d, driver for CUDA %d.%d, cuDNN %d.%d.%d, cuBLASLt %d.%d.%d%s%s", runtime / 1000,
             runtime % 1000 / 10, driver / 1000, driver % 1000 / 10, cudnn / 10000, cudnn / 100 % 100, cudnn % 100,
             cublas / 10000, cublas / 100 % 100, cublas % 100, *nccl ? ", " : "", nccl);
    return text;
}

#define MISSING(object) \
    extern const struct op_impl cuda_##object; \
    const struct op_impl cuda_##object = {cuda_missing_prepare};
#include "kernels/cuda/missing.def"
#undef MISSING

#define OP(id, object, name, inputs, outputs, flags) extern const struct op_impl cuda_##object;
#include "kernels/ops.def"
#undef OP

/* Views run nothing and have no implementation: an ALIAS row leaves its cuda_<object> unreferenced. */
static const struct op_impl *const implementations[OP_COUNT] = {
#define OP(id, object, name, inputs, outputs, flags) [OP_##id] = (flags)&OP_ALIAS ? NULL : &cuda_##object,
#include "kernels/ops.def"
#undef OP
};

static const struct backend backend_cuda = {
    .abi_version = BACKEND_ABI_VERSION,
    .op_count = OP_COUNT,
    .name = "cuda",
    .probe = probe,
    .open = open_device,
    .close = close_device,
    .device_name = device_name,
    .threads = threads,
    .library_versions = library_versions,
    .alloc = cuda_alloc,
    .free = cuda_free,
    .copy_in = cuda_copy_in,
    .copy_out = cuda_copy_out,
    .zero = cuda_zero,
    .synchronize = cuda_synchronize,
    .ops = implementations,
    .mark = cuda_mark,
    .elapsed = cuda_elapsed,
    .cache_bytes = cache_bytes,
    .capture_begin = cuda_capture_begin,
    .capture_end = cuda_capture_end,
    .graph_launch = cuda_graph_launch,
    .graph_destroy = cuda_graph_destroy,
    .prefetch = cuda_prefetch,
    .group_id = collective_id,
};

extern plugin_entry clprof_cuda_backend;

__attribute__((visibility("default"))) const struct backend *clprof_cuda_backend(const struct plugin_host *host)
{
    host_status_set(host);
    return &backend_cuda;
}
