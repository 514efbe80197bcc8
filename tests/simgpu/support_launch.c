/* Launches for the simulator's tests. */
#include "tests/simgpu/support_launch.h"

#include <stdlib.h>

#include <check.h>
#include <cuda_runtime_api.h>

float *device_floats(size_t count, float value)
{
    void *memory;
    float *image = malloc(count * sizeof *image);

    ck_assert_int_eq(cudaMalloc(&memory, count * sizeof(float)), cudaSuccess);
    for (size_t i = 0; i < count; i++)
        image[i] = value;
    copy_to_device(memory, image, count);
    free(image);
    return memory;
}

void copy_from_device(float *to, const float *from, size_t count)
{
    ck_assert_int_eq(cudaMemcpy(to, from, count * sizeof *to, cudaMemcpyDeviceToHost), cudaSuccess);
}

void copy_to_device(float *to, const float *from, size_t count)
{
    ck_assert_int_eq(cudaMemcpy(to, from, count * sizeof *to, cudaMemcpyHostToDevice), cudaSuccess);
}

cudaError_t launch_kernel(const char *name, unsigned blocks, unsigned threads, const struct kernel_args *args)
{
    struct simgpu_stream *stream;
    const struct simt_kernel *kernel = simgpu_kernel(name);
    void *arguments[] = {(void *)args};

    ck_assert_msg(kernel, "no kernel %s", name);
    simgpu_start();
    ck_assert_int_eq(simgpu_stream_find(NULL, &stream), cudaSuccess);
    return simgpu_launch(stream, kernel, (struct simt_index){blocks, 1, 1}, (struct simt_index){threads, 1, 1}, 0, arguments);
}

cudaError_t run_kernel(const char *name, unsigned blocks, unsigned threads, const struct kernel_args *args)
{
    cudaError_t error = launch_kernel(name, blocks, threads, args);
    return error == cudaSuccess ? cudaDeviceSynchronize() : error;
}
