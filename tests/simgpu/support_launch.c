/* Launches for the simulator's tests. */
#include "tests/simgpu/support_launch.h"

#include <stdlib.h>
#include <string.h>

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

void __cudaRegisterFunction(void **handle, const char *stub, char *name, const char *name_again, int thread_limit, uint3 *thread,
                            uint3 *block, dim3 *block_size, dim3 *grid, int *warp_size);

const void *kernel_stub(const char *name)
{
    static struct {
        char name[32];
    } stubs[16];
    int at = 0;

    while (at < 16 && stubs[at].name[0] && strcmp(stubs[at].name, name) != 0)
        at++;
    ck_assert_int_lt(at, 16);
    if (!stubs[at].name[0]) {
        strncpy(stubs[at].name, name, sizeof stubs[at].name - 1);
        __cudaRegisterFunction(NULL, stubs[at].name, stubs[at].name, name, -1, NULL, NULL, NULL, NULL, NULL);
    }
    return &stubs[at];
}

cudaError_t launch_stub(const char *name, unsigned blocks, unsigned threads, const struct kernel_args *args, cudaStream_t stream)
{
    void *arguments[] = {(void *)args};
    return cudaLaunchKernel(kernel_stub(name), (dim3){blocks, 1, 1}, (dim3){threads, 1, 1}, arguments, 0, stream);
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
