/* What the simulator's tests share: device memory with numbers in it, launches of the kernels of support_kernels.cu. */
#ifndef SIMGPU_SUPPORT_LAUNCH_H
#define SIMGPU_SUPPORT_LAUNCH_H

#include <stddef.h>

#include "tests/simgpu/driver/driver.h"
#include "tests/simgpu/support_kernels.h"

/* Device memory for so many floats, set to `value`. */
float *device_floats(size_t count, float value);
void copy_from_device(float *to, const float *from, size_t count);
void copy_to_device(float *to, const float *from, size_t count);

/* What cudaLaunchKernel wants of a kernel: the address that nvcc's host code would have registered for it. */
const void *kernel_stub(const char *name);
/* Through cudaLaunchKernel, of which CUPTI is told. */
cudaError_t launch_stub(const char *name, unsigned blocks, unsigned threads, const struct kernel_args *args, cudaStream_t stream);

/* Launches in the default stream. */
cudaError_t launch_kernel(const char *name, unsigned blocks, unsigned threads, const struct kernel_args *args);
/* And waits. */
cudaError_t run_kernel(const char *name, unsigned blocks, unsigned threads, const struct kernel_args *args);

#endif
