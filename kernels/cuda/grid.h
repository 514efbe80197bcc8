/* Where a kernel is started: what own kernels' launchers (extern "C", in .cu files) take beside their arguments. */
#ifndef KERNELS_CUDA_GRID_H
#define KERNELS_CUDA_GRID_H

#include "kernels/cuda/launch.h"

struct launch_on {
    cudaStream_t stream;
    int multiprocessors; /* grids fill the device once and walk on */
};

#endif
