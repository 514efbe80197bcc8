/*
 * Somebody else's CUDA program, for `clprof run --cupti` on tests/simgpu: kernels one by one, the same as a graph that is launched
 * several times, copies within and between devices, memory in the order of a stream. What it runs is known to the piece (foreign.sh).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cuda_runtime_api.h>

#include "tests/simgpu/support_kernels.h"

#define COUNT 256
#define BYTES (COUNT * sizeof(float))
#define LAUNCHES 3 /* of the graph */

#define CHECK(call)                                                                \
    do {                                                                           \
        cudaError_t error_ = (call);                                               \
        if (error_ != cudaSuccess) {                                               \
            fprintf(stderr, "%s: %s\n", #call, cudaGetErrorName(error_));          \
            exit(9);                                                               \
        }                                                                          \
    } while (0)

/* What nvcc's host code does for each kernel of a program. */
void __cudaRegisterFunction(void **handle, const char *stub, char *name, const char *name_again, int thread_limit, uint3 *thread,
                            uint3 *block, dim3 *block_size, dim3 *grid, int *warp_size);
static char sum_block[] = "sum_block", to_nhwc[] = "nchwToNhwcKernel";

static void launch(const char *kernel, const float *in, float *out, cudaStream_t stream)
{
    struct kernel_args args = {in, out, COUNT / 2};
    void *arguments[] = {&args};

    CHECK(cudaLaunchKernel(kernel, (dim3){1, 1, 1}, (dim3){COUNT, 1, 1}, arguments, 0, stream));
}

/* Two kernels, a fill between them. */
static void work(float *memory, float *other, cudaStream_t stream)
{
    launch(to_nhwc, memory, other, stream);
    CHECK(cudaMemsetAsync(memory, 0, BYTES, stream));
    launch(sum_block, other, memory, stream);
}

static void launch_graph(float *memory, float *other, cudaStream_t stream)
{
    cudaGraph_t graph;
    cudaGraphExec_t ready;

    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    work(memory, other, stream);
    CHECK(cudaStreamEndCapture(stream, &graph));
    CHECK(cudaGraphInstantiate(&ready, graph, 0));
    CHECK(cudaGraphDestroy(graph));
    for (int i = 0; i < LAUNCHES; i++)
        CHECK(cudaGraphLaunch(ready, stream));
    CHECK(cudaStreamSynchronize(stream));
    CHECK(cudaGraphExecDestroy(ready));
}

static void copy_to_peer(const float *memory, cudaStream_t stream)
{
    void *there;

    CHECK(cudaSetDevice(1));
    CHECK(cudaMalloc(&there, BYTES));
    CHECK(cudaSetDevice(0));
    CHECK(cudaDeviceEnablePeerAccess(1, 0));
    CHECK(cudaMemcpyPeerAsync(there, 1, memory, 0, BYTES, stream));
    CHECK(cudaStreamSynchronize(stream));
    CHECK(cudaFree(there));
}

int main(void)
{
    float host[COUNT] = {0};
    void *memory, *other, *pooled;
    cudaStream_t stream;
    int devices;

    __cudaRegisterFunction(NULL, sum_block, sum_block, sum_block, -1, NULL, NULL, NULL, NULL, NULL);
    __cudaRegisterFunction(NULL, to_nhwc, to_nhwc, to_nhwc, -1, NULL, NULL, NULL, NULL, NULL);
    CHECK(cudaMalloc(&memory, BYTES));
    CHECK(cudaMalloc(&other, BYTES));
    CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CHECK(cudaMemcpy(memory, host, BYTES, cudaMemcpyHostToDevice));
    work(memory, other, stream);
    launch_graph(memory, other, stream);
    CHECK(cudaMallocAsync(&pooled, BYTES, stream));
    CHECK(cudaMemcpyAsync(pooled, memory, BYTES, cudaMemcpyDeviceToDevice, stream));
    CHECK(cudaFreeAsync(pooled, stream));
    CHECK(cudaStreamSynchronize(stream));
    CHECK(cudaGetDeviceCount(&devices));
    if (devices > 1)
        copy_to_peer(memory, stream);
    CHECK(cudaStreamDestroy(stream));
    CHECK(cudaFree(memory));
    CHECK(cudaFree(other));
    return 0;
}
