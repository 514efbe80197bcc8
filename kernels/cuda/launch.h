/*
 * Starting kernels. A .cu file has __global__ kernels, each taking one struct by value, and extern "C" launchers, which take that
 * struct (declared in a header that C can read) and a stream, choose grid and block and call cuda_launch. A .c file beside it has
 * the op_impl: its run() brackets each launcher with CUDA_KERNEL.
 *
 * Both compilers read this header; no <<< >>>, since tests/simgpu compiles the same .cu files with the host's compiler.
 */
#ifndef KERNELS_CUDA_LAUNCH_H
#define KERNELS_CUDA_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CUDA_BLOCK 256 /* threads of a block where nothing speaks for another number */

/* Blocks of `threads` that cover `count` elements, at most `most` of them (the kernel's loop takes the rest); 0 for none. */
static inline unsigned cuda_blocks(int64_t count, int threads, unsigned most)
{
    int64_t blocks = (count + threads - 1) / threads;
    return blocks < (int64_t)most ? (unsigned)blocks : most;
}

/*
 * kernel<<<grid, block, shared_bytes, stream>>>(*args); an empty grid starts nothing. `kernel`: the address of a __global__ function
 * whose one parameter is the struct that args points to, copied before this returns. More than 48 KiB of shared memory are asked for.
 */
cudaError_t cuda_launch(const void *kernel, dim3 grid, dim3 block, const void *args, size_t shared_bytes, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
