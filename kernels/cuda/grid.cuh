/* Launching kernels of one argument: grids that fill the device once and walk on (grid-stride). */
#ifndef KERNELS_CUDA_GRID_CUH
#define KERNELS_CUDA_GRID_CUH

#include "kernels/cuda/grid.h"

#define COMMA ,
#define GRID_BLOCKS_EACH 8 /* blocks of 256 threads that a multiprocessor holds at 2048 threads */

static inline unsigned grid_most(const struct launch_on *on)
{
    return static_cast<unsigned>(on->multiprocessors) * GRID_BLOCKS_EACH;
}

/* At most as many blocks as the device runs at once. */
template <typename A>
static cudaError_t launch_blocks(const struct launch_on *on, void (*kernel)(const A), int64_t blocks, int threads, const A &args)
{
    return cuda_launch(reinterpret_cast<const void *>(kernel), dim3(cuda_blocks(blocks, 1, grid_most(on))),
                       dim3(static_cast<unsigned>(threads)), &args, 0, on->stream);
}

/* One thread for each of `count` elements or vectors. */
template <typename A>
static cudaError_t launch_grid(const struct launch_on *on, void (*kernel)(const A), int64_t count, const A &args)
{
    return launch_blocks(on, kernel, (count + CUDA_BLOCK - 1) / CUDA_BLOCK, CUDA_BLOCK, args);
}

/* A grid of two dimensions, all of whose blocks are needed. */
template <typename A>
static cudaError_t launch_plane(const struct launch_on *on, void (*kernel)(const A), int64_t across, int64_t down, dim3 block,
                                const A &args)
{
    return cuda_launch(reinterpret_cast<const void *>(kernel), dim3(static_cast<unsigned>(across), static_cast<unsigned>(down)),
                       block, &args, 0, on->stream);
}

#endif
