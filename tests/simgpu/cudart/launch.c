/* Kernels: what nvcc's host code registers, and launching them by the address of its stub. */
#include <stdlib.h>
#include <string.h>

#include <generated_cuda_runtime_api_meta.h>

#include "tests/simgpu/cudart/cudart.h"

static struct cudart_function *functions;

/* ---- what nvcc's host code calls before main (crt/host_runtime.h) ---- */

void **__cudaRegisterFatBinary(void *binary);
void __cudaRegisterFatBinaryEnd(void **handle);
void __cudaUnregisterFatBinary(void **handle);
void __cudaRegisterFunction(void **handle, const char *stub, char *name, const char *name_again, int thread_limit, uint3 *thread,
                            uint3 *block, dim3 *block_size, dim3 *grid, int *warp_size);
void __cudaRegisterVar(void **handle, char *variable, char *address, const char *name, int external, size_t size, int constant,
                       int global);
char __cudaInitModule(void **handle);
cudaError_t __cudaGetKernel(cudaKernel_t *kernel, const void *stub);
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void **arguments, size_t shared_bytes, cudaStream_t stream);
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared_bytes, struct CUstream_st *stream);
cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared_bytes, void *stream);

void **__cudaRegisterFatBinary(void *binary)
{
    void **handle = malloc(sizeof *handle);

    if (!handle)
        abort();
    *handle = binary;
    return handle;
}

void __cudaRegisterFatBinaryEnd(void **handle)
{
    (void)handle;
}

void __cudaUnregisterFatBinary(void **handle)
{
    free(handle);
}

void __cudaRegisterFunction(void **handle, const char *stub, char *name, const char *name_again, int thread_limit, uint3 *thread,
                            uint3 *block, dim3 *block_size, dim3 *grid, int *warp_size)
{
    struct cudart_function *function = calloc(1, sizeof *function);

    (void)handle, (void)name_again, (void)thread_limit, (void)thread, (void)block, (void)block_size, (void)grid, (void)warp_size;
    if (!function)
        abort();
    *function = (struct cudart_function){stub, name, SIMGPU_SHARED_BYTES, functions};
    functions = function;
}

void __cudaRegisterVar(void **handle, char *variable, char *address, const char *name, int external, size_t size, int constant,
                       int global)
{
    (void)handle, (void)variable, (void)address, (void)external, (void)size, (void)constant, (void)global;
    simgpu_report("the device variable %s: variables at file scope are not simulated", name);
}

char __cudaInitModule(void **handle)
{
    (void)handle;
    return 1;
}

struct cudart_function *cudart_function(const void *stub)
{
    for (struct cudart_function *function = functions; function; function = function->next)
        if (function->stub == stub)
            return function;
    return NULL;
}

/* ---- launches ---- */

static cudaError_t launch(const struct cudart_function *function, dim3 grid, dim3 block, void **arguments, size_t shared_bytes,
                          cudaStream_t handle)
{
    struct simgpu_stream *stream;
    cudaError_t error = cudart_usable();

    if (error != cudaSuccess)
        return error;
    if (!function)
        return cudaErrorInvalidDeviceFunction;
    error = simgpu_stream_find(handle, &stream);
    if (error != cudaSuccess)
        return error;
    if (shared_bytes > (size_t)function->shared_bytes)
        return cudaErrorInvalidValue;
    const struct simt_kernel *kernel = simgpu_kernel(function->name);
    if (!kernel) {
        simgpu_report("no host version of kernel %s", function->name);
        return cudaErrorInvalidDeviceFunction;
    }
    return simgpu_launch(stream, kernel, (struct simt_index){grid.x, grid.y, grid.z}, (struct simt_index){block.x, block.y, block.z},
                         shared_bytes, arguments);
}

cudaError_t cudaLaunchKernel(const void *stub, dim3 grid, dim3 block, void **arguments, size_t shared_bytes, cudaStream_t stream)
{
    const cudaLaunchKernel_v7000_params parameters = {stub, grid, block, arguments, shared_bytes, stream};
    const struct cudart_function *function = cudart_function(stub);

    BEGIN(cudaLaunchKernel, 7000, &parameters);
    END(launch(function, grid, block, arguments, shared_bytes, stream));
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void **arguments, size_t shared_bytes, cudaStream_t stream)
{
    const struct cudart_function *function = (const void *)kernel;

    return cudaLaunchKernel(function ? function->stub : NULL, grid, block, arguments, shared_bytes, stream);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *config, const void *stub, void **arguments)
{
    BEGIN(cudaLaunchKernelExC, 11060, NULL);
    END(launch(cudart_function(stub), config->gridDim, config->blockDim, arguments, config->dynamicSmemBytes, config->stream));
}

cudaError_t __cudaGetKernel(cudaKernel_t *kernel, const void *stub)
{
    *kernel = (cudaKernel_t)(void *)cudart_function(stub);
    return *kernel ? cudaSuccess : cudaErrorInvalidDeviceFunction;
}

static _Thread_local struct {
    dim3 grid, block;
    size_t shared_bytes;
    struct CUstream_st *stream;
} configuration;

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared_bytes, struct CUstream_st *stream)
{
    configuration.grid = grid;
    configuration.block = block;
    configuration.shared_bytes = shared_bytes;
    configuration.stream = stream;
    return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared_bytes, void *stream)
{
    *grid = configuration.grid;
    *block = configuration.block;
    *shared_bytes = configuration.shared_bytes;
    memcpy(stream, &configuration.stream, sizeof configuration.stream);
    return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void *stub, enum cudaFuncAttribute attribute, int value)
{
    BEGIN(cudaFuncSetAttribute, 9000, NULL);
    struct cudart_function *function = cudart_function(stub);
    if (!function)
        END(cudaErrorInvalidDeviceFunction);
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize)
        END(cudart_usable());
    if (value < 0 || value > (int)SIMGPU_SHARED_OPTIN_BYTES)
        END(cudaErrorInvalidValue);
    function->shared_bytes = value;
    END(cudart_usable());
}

cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *out, const void *stub)
{
    BEGIN(cudaFuncGetAttributes, 3020, NULL);
    const struct cudart_function *function = cudart_function(stub);
    if (!function)
        END(cudaErrorInvalidDeviceFunction);
    memset(out, 0, sizeof *out);
    out->maxThreadsPerBlock = 1024;
    out->maxDynamicSharedSizeBytes = function->shared_bytes;
    out->numRegs = 32;
    END(cudart_usable());
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *stub, int threads, size_t shared_bytes)
{
    (void)shared_bytes;
    *blocks = threads > 0 ? 2048 / threads : 0;
    return cudart_function(stub) ? cudart_usable() : cudaErrorInvalidDeviceFunction;
}
