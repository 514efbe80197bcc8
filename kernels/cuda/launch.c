/* Starting a kernel. */
#include "kernels/cuda/launch.h"

/* What every device has without asking (CUDA C++ Programming Guide, shared memory). */
#define SHARED_FREE_BYTES (48u << 10)

cudaError_t cuda_launch(const void *kernel, dim3 grid, dim3 block, const void *args, size_t shared_bytes, cudaStream_t stream)
{
    void *arguments[] = {(void *)args};

    if (grid.x == 0 || grid.y == 0 || grid.z == 0)
        return cudaSuccess;
    if (shared_bytes > SHARED_FREE_BYTES) {
        cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared_bytes);
        if (error != cudaSuccess)
            return error;
    }
    return cudaLaunchKernel(kernel, grid, block, arguments, shared_bytes, stream);
}
