/* The runtime's device: versions, properties, attributes. */
#include <stdio.h>
#include <string.h>

#include "tests/simgpu/cudart/cudart.h"

cudaError_t cudaDriverGetVersion(int *version)
{
    BEGIN(cudaDriverGetVersion, 3020, NULL);
    *version = simgpu_fault_set("no_driver") ? 0 : simgpu_fault_set("old_driver") ? 11080 : SIMGPU_DRIVER_VERSION;
    END(cudaSuccess);
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
    BEGIN(cudaRuntimeGetVersion, 3020, NULL);
    *version = CUDART_VERSION;
    END(cudaSuccess);
}

cudaError_t cudaGetDeviceCount(int *count)
{
    BEGIN(cudaGetDeviceCount, 3020, NULL);
    cudaError_t error = cudart_usable();
    *count = error == cudaSuccess ? simgpu_devices() : 0;
    END(error);
}

cudaError_t cudaGetDevice(int *device)
{
    BEGIN(cudaGetDevice, 3020, NULL);
    *device = simgpu_device();
    END(cudart_usable());
}

cudaError_t cudaSetDevice(int device)
{
    BEGIN(cudaSetDevice, 3020, NULL);
    cudaError_t error = cudart_usable();
    END(error == cudaSuccess ? simgpu_set_device(device) : error);
}

/* All reach each other. */
cudaError_t cudaDeviceCanAccessPeer(int *can, int device, int peer)
{
    BEGIN(cudaDeviceCanAccessPeer, 4000, NULL);
    int count = simgpu_devices();
    *can = device != peer;
    END(device < 0 || device >= count || peer < 0 || peer >= count ? cudaErrorInvalidDevice : cudart_usable());
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags)
{
    BEGIN(cudaDeviceEnablePeerAccess, 4000, NULL);
    (void)flags;
    END(peer < 0 || peer >= simgpu_devices() || peer == simgpu_device() ? cudaErrorInvalidDevice : cudart_usable());
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *out, int device)
{
    BEGIN(cudaGetDeviceProperties, 12000, NULL);
    size_t free_bytes, total_bytes;

    if (device < 0 || device >= simgpu_devices())
        END(cudaErrorInvalidDevice);
    simgpu_memory_info(&free_bytes, &total_bytes);
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "simulated GPU");
    out->totalGlobalMem = total_bytes;
    out->sharedMemPerBlock = SIMGPU_SHARED_BYTES;
    out->sharedMemPerBlockOptin = SIMGPU_SHARED_OPTIN_BYTES;
    out->sharedMemPerMultiprocessor = SIMGPU_SHARED_OPTIN_BYTES + 1024;
    out->regsPerBlock = out->regsPerMultiprocessor = 65536;
    out->warpSize = SIMT_WARP;
    out->maxThreadsPerBlock = 1024;
    out->maxThreadsPerMultiProcessor = 2048;
    out->maxBlocksPerMultiProcessor = 32;
    out->maxThreadsDim[0] = out->maxThreadsDim[1] = 1024;
    out->maxThreadsDim[2] = 64;
    out->maxGridSize[0] = 0x7fffffff;
    out->maxGridSize[1] = out->maxGridSize[2] = 65535;
    out->major = SIMGPU_CAPABILITY_MAJOR;
    out->minor = SIMGPU_CAPABILITY_MINOR;
    out->multiProcessorCount = SIMGPU_MULTIPROCESSORS;
    out->concurrentKernels = out->unifiedAddressing = out->canMapHostMemory = 1;
    out->asyncEngineCount = 2;
    out->l2CacheSize = 4 << 20;
    out->memoryBusWidth = 1024;
    END(cudart_usable());
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device)
{
    static const struct {
        enum cudaDeviceAttr attribute;
        int value;
    } known[] = {
        {cudaDevAttrMaxThreadsPerBlock, 1024},
        {cudaDevAttrMultiProcessorCount, SIMGPU_MULTIPROCESSORS},
        {cudaDevAttrWarpSize, SIMT_WARP},
        {cudaDevAttrMaxSharedMemoryPerBlock, SIMGPU_SHARED_BYTES},
        {cudaDevAttrMaxSharedMemoryPerBlockOptin, SIMGPU_SHARED_OPTIN_BYTES},
        {cudaDevAttrMaxThreadsPerMultiProcessor, 2048},
        {cudaDevAttrComputeCapabilityMajor, SIMGPU_CAPABILITY_MAJOR},
        {cudaDevAttrComputeCapabilityMinor, SIMGPU_CAPABILITY_MINOR},
        {cudaDevAttrMemoryPoolsSupported, 1},
        {cudaDevAttrCooperativeLaunch, 0},
        {cudaDevAttrClockRate, 1000000},
        {cudaDevAttrMemoryClockRate, 1000000},
        {cudaDevAttrGlobalMemoryBusWidth, 1024},
        {cudaDevAttrL2CacheSize, 4 << 20},
    };
    BEGIN(cudaDeviceGetAttribute, 5000, NULL);
    bool there = device >= 0 && device < simgpu_devices();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].attribute == attribute && there) {
            *value = known[i].value;
            END(cudart_usable());
        }
    END(there ? cudaErrorInvalidValue : cudaErrorInvalidDevice);
}

cudaError_t cudaDeviceSynchronize(void)
{
    BEGIN(cudaDeviceSynchronize, 3020, NULL);
    cudaError_t error = cudart_usable();
    END(error == cudaSuccess ? simgpu_device_wait() : error);
}
