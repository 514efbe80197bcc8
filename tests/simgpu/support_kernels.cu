/* Kernels of the simulator's own tests; a number to look at goes into out. */
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "tests/simgpu/support_kernels.h"

__global__ void sum_block(struct kernel_args a)
{
    __shared__ float cells[256];
    unsigned i = threadIdx.x;
    cells[i] = a.in[blockIdx.x * blockDim.x + i];
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (i < half)
            cells[i] += cells[i + half];
        __syncthreads();
    }
    if (i == 0)
        a.out[blockIdx.x] = cells[0];
}

/* Counts on zeros in shared memory: the first launch may find them, a later one not. */
__global__ void shared_unset(struct kernel_args a)
{
    __shared__ float cell;
    a.out[a.number] = cell;
    cell = 1;
}

/* The same without the barriers: right only when threads happen to run in a good order. */
__global__ void sum_block_racing(struct kernel_args a)
{
    __shared__ float cells[256];
    unsigned i = threadIdx.x;
    cells[i] = a.in[i];
    if (i == 0) {
        float sum = 0;
        for (unsigned k = 0; k < blockDim.x; k++)
            sum += cells[k];
        a.out[0] = sum;
    }
}

__global__ void shuffles(struct kernel_args a)
{
    int lane = static_cast<int>(threadIdx.x % 32);
    float value = static_cast<float>(lane);
    float *out = a.out + threadIdx.x * 6;
    out[0] = __shfl_xor_sync(0xffffffffu, value, 5);
    out[1] = __shfl_up_sync(0xffffffffu, value, 3);
    out[2] = __shfl_down_sync(0xffffffffu, value, 3, 8);
    out[3] = __shfl_sync(0xffffffffu, value, 2, 8);
    out[4] = static_cast<float>(__popc(__ballot_sync(0xffffffffu, lane % 3 == 0)));
    out[5] = lane < 16 ? __shfl_xor_sync(0x0000ffffu, value, 1) : -1; /* a part of the warp among itself */
}

__global__ void votes(struct kernel_args a)
{
    int count = __syncthreads_count(threadIdx.x < 7);
    int any = __syncthreads_or(threadIdx.x == 40), all = __syncthreads_and(threadIdx.x != 40);
    a.out[threadIdx.x] = static_cast<float>(100 * count + 10 * any + all);
}

__global__ void atomics(struct kernel_args a)
{
    atomicAdd(&a.out[0], 1.0f);
    atomicMax(reinterpret_cast<int *>(&a.out[1]), static_cast<int>(threadIdx.x));
    atomicCAS(reinterpret_cast<int *>(&a.out[2]), 0, 7);
}

__global__ void halves(struct kernel_args a)
{
    a.out[0] = __half2float(__float2half_rn(a.in[0]));
    a.out[1] = __bfloat162float(__float2bfloat16_rn(a.in[0]));
    a.out[2] = __half2float(__float2half_rn(65520.0f));
    a.out[3] = __half2float(__float2half_rn(1) + __float2half_rn(2));
}

__global__ void index_sum(struct kernel_args a)
{
    unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    a.out[block * blockDim.x * blockDim.y * blockDim.z + thread] += 1;
}

__global__ void barrier_missed(struct kernel_args a)
{
    if (threadIdx.x == 5)
        return;
    __syncthreads();
    a.out[threadIdx.x] = 1;
}

__global__ void shuffle_left(struct kernel_args a)
{
    if (threadIdx.x >= 16)
        return;
    a.out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1.0f, 1);
}

__global__ void shuffle_outside(struct kernel_args a)
{
    if (threadIdx.x < 16)
        a.out[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, 1.0f, 16);
}

__global__ void shuffle_unmasked(struct kernel_args a)
{
    a.out[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, 1.0f, 1);
}

/* Half of a warp at the barrier, half at a shuffle of all. */
__global__ void mixed(struct kernel_args a)
{
    if (threadIdx.x < 16)
        __syncthreads();
    else
        a.out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1.0f, 1);
}

__global__ void trapped(struct kernel_args a)
{
    if (a.number == 3 && threadIdx.x == 9)
        __trap();
}

__global__ void write_at(struct kernel_args a)
{
    if (threadIdx.x == 0)
        a.out[a.number] = 1;
}

__global__ void read_at(struct kernel_args a)
{
    if (threadIdx.x == 0)
        a.out[0] = a.in[a.number];
}

/* (2, n) to (n, 2), under a name that tells of a change of layout. */
__global__ void nchwToNhwcKernel(struct kernel_args a)
{
    int64_t i = threadIdx.x, half = a.number;
    if (i < 2 * half)
        a.out[i % half * 2 + i / half] = a.in[i];
}

static __attribute__((noinline)) float recursive(int depth)
{
    volatile float room[1024];
    room[depth % 1024] = static_cast<float>(depth);
    return depth == 0 ? room[0] : recursive(depth - 1) + room[depth % 1024];
}

__global__ void deep(struct kernel_args a)
{
    a.out[0] = recursive(static_cast<int>(a.number));
}

#define KERNEL(name) SIMT_KERNEL(#name, name)
KERNEL(sum_block)
KERNEL(sum_block_racing)
KERNEL(shared_unset)
KERNEL(shuffles)
KERNEL(votes)
KERNEL(atomics)
KERNEL(halves)
KERNEL(index_sum)
KERNEL(barrier_missed)
KERNEL(shuffle_left)
KERNEL(shuffle_outside)
KERNEL(shuffle_unmasked)
KERNEL(mixed)
KERNEL(trapped)
KERNEL(write_at)
KERNEL(read_at)
KERNEL(nchwToNhwcKernel)
KERNEL(deep)
